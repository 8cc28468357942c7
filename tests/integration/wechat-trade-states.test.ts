/** Every state that WeChat Pay may say a trade is in, heard by a query, by the job and by a callback: one truth in the books. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { notifications } from "../../db/schema/records.ts";
import { synchroniseAttempts } from "../../src/jobs/synchronise.ts";
import { getOrder } from "../../src/payments/orders/read-order.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { allAtOnce, expectedOf } from "./support/at-once.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { deliver, deliverAll, payAt, sandbox, signedCallback } from "./support/controls.ts";
import { newOrder, newPaidOrder, type Purchase, startPayment, subjectsOf } from "./support/purchases.ts";
import { anomaliesOf, attemptOf } from "./support/records.ts";
import { OPERATOR, openShop, type Shop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const show = (tradeState: string) => (outTradeNo: string) =>
  sandbox("POST", `trades/wechat/${outTradeNo}/show`, { tradeState });
const pay = (outTradeNo: string) => payAt("wechat", outTradeNo);
const giveBack = (amount: number) => async (outTradeNo: string) => {
  await pay(outTradeNo);
  await sandbox("POST", "refunds/external", { provider: "wechat", outTradeNo, amount });
};

/** What becomes of an open payment: what a query answers, how a callback is put on record, and the books. */
const UNCHANGED = {
  query: "PENDING",
  callback: [200, "IGNORED"],
  books: { order: "PENDING", attempt: "PENDING", money: [null, null, 0], anomalies: [] },
};
const NONSENSE = { ...UNCHANGED, query: "PROVIDER_UNINTELLIGIBLE", callback: [401] };
const CLOSED = {
  query: "CLOSED",
  callback: [200, "APPLIED"],
  books: { ...UNCHANGED.books, attempt: "CLOSED" },
};
const PAID = {
  query: "SUCCESS",
  callback: [200, "APPLIED"],
  books: { order: "PAID", attempt: "SUCCESS", money: ["APPLIED", null, 3000], anomalies: [] },
};
const HELD = {
  query: "SUCCESS",
  callback: [200, "ANOMALY"],
  books: { order: "PENDING", attempt: "SUCCESS", money: ["GONE_BACK", "HOLD", 3000], anomalies: ["MONEY_GONE_BACK"] },
};

/** States, how a trade comes to be called so, and what follows. */
const STATES = [
  { name: "NOTPAY", stage: async () => {}, outcome: UNCHANGED },
  { name: "USERPAYING", stage: show("USERPAYING"), outcome: UNCHANGED },
  { name: "PAYERROR", stage: show("PAYERROR"), outcome: UNCHANGED },
  { name: "CLOSED", stage: show("CLOSED"), outcome: CLOSED },
  { name: "REVOKED", stage: show("REVOKED"), outcome: CLOSED },
  { name: "SUCCESS", stage: pay, outcome: PAID },
  { name: "REFUND of all", stage: giveBack(3000), outcome: HELD },
  { name: "REFUND of a fen", stage: giveBack(1), outcome: HELD },
  { name: "SUCCESS without a receipt", stage: show("SUCCESS"), outcome: NONSENSE },
  { name: "REFUND without a receipt", stage: show("REFUND"), outcome: NONSENSE },
  { name: "a state of tomorrow", stage: show("ACCEPTED"), outcome: NONSENSE },
];
type Row = (typeof STATES)[number];

type Scene = Purchase & { readonly outTradeNo: string };

/** A payment that has come to such a state without the shop having heard of it. */
async function staged(shop: Shop, { stage }: Row): Promise<Scene> {
  const purchase = await newOrder(shop);
  const outTradeNo = await startPayment(shop, purchase, "wechat");
  await stage(outTradeNo);
  return { ...purchase, outTradeNo };
}

async function booksOf(shop: Shop, { orderId, outTradeNo }: Scene) {
  const [order, attempt] = await Promise.all([getOrder(shop.ctx, OPERATOR, orderId), attemptOf(shop, outTradeNo)]);
  return {
    order: order.status,
    attempt: attempt?.state,
    money: [attempt?.unappliedReason ?? attempt?.disposition, attempt?.policy, attempt?.received],
    anomalies: await anomaliesOf(shop, outTradeNo),
  };
}

describe("what WeChat Pay says of an open trade counts the same", () => {
  it("when the buyer asks", async () => {
    const shop = openShop();
    const heard = await allAtOnce(STATES, async (row) => {
      const scene = await staged(shop, row);
      const asked = shop.manager.query(scene.customer, "wechat", scene.orderId);
      const query = await asked.then(
        ({ status }) => status,
        ({ code }) => code,
      );
      return { query, books: await booksOf(shop, scene) };
    });
    expect(heard).toEqual(expectedOf(STATES, ({ outcome: { query, books } }) => ({ query, books })));
  });

  it("when the job asks", async () => {
    const shop = openShop();
    const scenes = await allAtOnce(STATES, (row) => staged(shop, row));
    await letPass(shop, 60);
    await synchroniseAttempts(shop.ctx, 50);
    const heard = Object.entries(scenes).map(async ([name, scene]) => [name, await booksOf(shop, scene)] as const);
    expect(Object.fromEntries(await Promise.all(heard))).toEqual(expectedOf(STATES, (row) => row.outcome.books));
  });

  it("when a callback says so", async () => {
    const shop = openShop();
    const heard = await allAtOnce(STATES, async (row) => {
      const scene = await staged(shop, row);
      const { outTradeNo } = scene;
      const told = await deliver(shop, "wechat", await tradeCallback(outTradeNo));
      await shop.idle();
      const found = await shop.db.select().from(notifications).where(eq(notifications.outTradeNo, outTradeNo));
      const callback = [told.status, ...found.map(({ outcome }) => outcome)];
      return { callback, books: await booksOf(shop, scene) };
    });
    expect(heard).toEqual(expectedOf(STATES, ({ outcome: { callback, books } }) => ({ callback, books })));
  });
});

const tradeCallback = (outTradeNo: string) => signedCallback({ provider: "wechat", callback: "trade", outTradeNo });

describe("a trade that is PAID in the books and REFUND at WeChat Pay", () => {
  const tell = async (shop: Shop, outTradeNo: string) => {
    expect((await deliver(shop, "wechat", await tradeCallback(outTradeNo))).status).toBe(200);
  };

  it("by a refund of ours is no news", async () => {
    const shop = openShop();
    const purchase = await newPaidOrder(shop, "wechat");
    await shop.manager.refund(OPERATOR, { provider: "wechat", orderId: purchase.orderId, reason: "退货" }, unique("r"));
    await tell(shop, purchase.outTradeNo);
    await letPass(shop, 60);
    await deliverAll(shop, "wechat", purchase.outTradeNo);
    await tell(shop, purchase.outTradeNo);
    expect(await anomaliesOf(shop, purchase.outTradeNo)).toEqual([]);
    await expectBooksInOrder(shop, subjectsOf(purchase));
  });

  it("by somebody else's is put before an operator, once, and stays PAID", async () => {
    const shop = openShop();
    const { orderId, outTradeNo } = await newPaidOrder(shop, "wechat");
    await sandbox("POST", "refunds/external", { provider: "wechat", outTradeNo, amount: 500 });
    for (const _copy of [1, 2]) await tell(shop, outTradeNo);
    expect(await anomaliesOf(shop, outTradeNo)).toEqual(["MONEY_GONE_BACK"]);
    expect(await attemptOf(shop, outTradeNo)).toMatchObject({ disposition: "APPLIED", refunded: 0, refunding: 0 });
    expect(await getOrder(shop.ctx, OPERATOR, orderId)).toMatchObject({ status: "PAID", refundState: "NONE" });
  });
});
