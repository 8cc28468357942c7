/** Every state of a combined payment's trades, heard by a query, by the job and by a callback: each order by itself. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { notifications } from "../../db/schema/records.ts";
import { runJobs } from "../../src/jobs/run.ts";
import { queryCombined } from "../../src/payments/combined/query-combined.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { allAtOnce, expectedOf } from "./support/at-once.ts";
import { numberOf, orderStatuses, startCombined, twoOrders } from "./support/combined.ts";
import { deliver, payAt, sandbox, signedCallback } from "./support/controls.ts";
import type { Purchase } from "./support/purchases.ts";
import { anomaliesOf, attemptOf } from "./support/records.ts";
import { openShop, type Shop } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

type Numbers = readonly [string, string];

const show =
  (...states: readonly string[]) =>
  async (numbers: Numbers) => {
    for (const [index, tradeState] of states.entries()) {
      await sandbox("POST", `trades/wechat/${numbers[index]}/show`, { tradeState });
    }
  };
const pay = async ([first]: Numbers) => {
  await payAt("wechat", first);
};
const giveBack = async (numbers: Numbers) => {
  await pay(numbers);
  await sandbox("POST", "refunds/external", { provider: "wechat", outTradeNo: numbers[0], amount: 3000 });
};

/** Of each of the two orders: its state, its attempt's, what its money is, and what an operator hears of. */
const OPEN = ["PENDING", "PENDING", null];
const CLOSED = ["PENDING", "CLOSED", null];
const PAID = ["PAID", "SUCCESS", "APPLIED"];
const HELD = ["PENDING", "SUCCESS", "UNAPPLIED", "MONEY_GONE_BACK"];

/** States of both trades, how they come about, and what follows: for the query, for the callback, for each order. */
const STATES = [
  { name: "NOTPAY", stage: show(), query: "PENDING", callback: [200, "IGNORED"], books: [OPEN, OPEN] },
  {
    name: "USERPAYING",
    stage: show("USERPAYING", "USERPAYING"),
    query: "PENDING",
    callback: [200, "IGNORED"],
    books: [OPEN, OPEN],
  },
  {
    name: "PAYERROR",
    stage: show("PAYERROR", "PAYERROR"),
    query: "PENDING",
    callback: [200, "IGNORED"],
    books: [OPEN, OPEN],
  },
  {
    name: "CLOSED",
    stage: show("CLOSED", "CLOSED"),
    query: "CLOSED",
    callback: [200, "APPLIED"],
    books: [CLOSED, CLOSED],
  },
  {
    name: "REVOKED",
    stage: show("REVOKED", "REVOKED"),
    query: "CLOSED",
    callback: [200, "APPLIED"],
    books: [CLOSED, CLOSED],
  },
  { name: "SUCCESS", stage: pay, query: "SUCCESS", callback: [200, "APPLIED"], books: [PAID, PAID] },
  { name: "REFUND of one", stage: giveBack, query: "SUCCESS", callback: [200, "ANOMALY"], books: [HELD, PAID] },
  {
    name: "one of tomorrow",
    stage: show("CLOSED", "ACCEPTED"),
    query: "PROVIDER_UNINTELLIGIBLE",
    callback: [401],
    books: [OPEN, OPEN],
  },
  {
    name: "one paid without a receipt",
    stage: show("CLOSED", "SUCCESS"),
    query: "PROVIDER_UNINTELLIGIBLE",
    callback: [401],
    books: [OPEN, OPEN],
  },
];

interface Scene {
  readonly purchases: readonly [Purchase, Purchase];
  readonly numbers: Numbers;
  readonly combineOutTradeNo: string;
}

async function staged(shop: Shop, { stage }: (typeof STATES)[number]): Promise<Scene> {
  const purchases = await twoOrders(shop);
  const answer = await startCombined(shop, purchases);
  const numbers = [numberOf(answer, purchases[0]), numberOf(answer, purchases[1])] as const;
  await stage(numbers);
  return { purchases, numbers, combineOutTradeNo: answer.payment.combineOutTradeNo };
}

async function booksOf(shop: Shop, { purchases, numbers }: Scene) {
  const orders = await orderStatuses(shop, purchases);
  const parts = numbers.map(async (number, index) => {
    const attempt = await attemptOf(shop, number);
    return [orders[index], attempt?.state, attempt?.disposition, ...(await anomaliesOf(shop, number))];
  });
  return await Promise.all(parts);
}

describe("what WeChat Pay says of a combined payment counts the same", () => {
  it("when the buyer asks", async () => {
    const shop = openShop();
    const heard = await allAtOnce(STATES, async (row) => {
      const scene = await staged(shop, row);
      const asked = queryCombined(shop.ctx, scene.purchases[0].customer, "wechat", scene.combineOutTradeNo);
      const query = await asked.then(
        ({ status }) => status,
        ({ code }) => code,
      );
      return { query, books: await booksOf(shop, scene) };
    });
    expect(heard).toEqual(expectedOf(STATES, ({ query, books }) => ({ query, books })));
  });

  it("when the job asks", async () => {
    const shop = openShop();
    const scenes = await allAtOnce(STATES, (row) => staged(shop, row));
    await letPass(shop, 60);
    await runJobs(shop.ctx);
    await shop.idle();
    const rows = Object.entries(scenes).map(([name, scene]) => ({ name, scene }));
    const heard = await allAtOnce(rows, ({ scene }) => booksOf(shop, scene));
    expect(heard).toEqual(expectedOf(STATES, ({ books }) => books));
  });

  it("when a callback says so", async () => {
    const shop = openShop();
    const heard = await allAtOnce(STATES, async (row) => {
      const scene = await staged(shop, row);
      const { combineOutTradeNo: outTradeNo } = scene;
      const told = await signedCallback({ provider: "wechat", callback: "combined", outTradeNo });
      const { status } = await deliver(shop, "wechat", told);
      await shop.idle();
      const found = await shop.db.select().from(notifications).where(eq(notifications.outTradeNo, outTradeNo));
      const callback = [status, ...found.map(({ outcome }) => outcome)];
      return { callback, books: await booksOf(shop, scene) };
    });
    expect(heard).toEqual(expectedOf(STATES, ({ callback, books }) => ({ callback, books })));
  });
});
