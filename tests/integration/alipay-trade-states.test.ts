/** Every state that Alipay may say a trade is in, heard by a query, by the job and by a notice: one truth in the books. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { notifications } from "../../db/schema/records.ts";
import { synchroniseAttempts } from "../../src/jobs/synchronise.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import {
  booksOf,
  expire,
  finish,
  giveBack,
  inTurn,
  type Move,
  newTrade,
  nothing,
  type Opening,
  pay,
  payLater,
  type Scene,
  type Standing,
  show,
  tradeNotice,
} from "./support/alipay-trades.ts";
import { allAtOnce, expectedOf } from "./support/at-once.ts";
import { deliver, deliverAll } from "./support/controls.ts";
import { openShop, type Shop } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

/** What becomes of an open payment: what a query answers, how a notice is put on record, and the books. */
interface Outcome {
  readonly query: string;
  readonly notice: readonly [status: number, outcome?: string];
  readonly books: Standing;
}

const UNCHANGED: Outcome = {
  query: "PENDING",
  notice: [200, "IGNORED"],
  books: ["PENDING", "PENDING", null, 0, []],
};
const CLOSED: Outcome = { query: "CLOSED", notice: [200, "APPLIED"], books: ["PENDING", "CLOSED", null, 0, []] };
const PAID: Outcome = { query: "SUCCESS", notice: [200, "APPLIED"], books: ["PAID", "SUCCESS", "APPLIED", 3000, []] };
const HELD: Outcome = {
  query: "SUCCESS",
  notice: [200, "ANOMALY"],
  books: ["PENDING", "SUCCESS", "GONE_BACK", 3000, ["MONEY_GONE_BACK"]],
};
/** On record without a number: nothing but the kind of a notice is read then. */
const UNHEARD_OF: Outcome = { ...UNCHANGED, query: "PROVIDER_UNINTELLIGIBLE", notice: [200] };

interface Row {
  readonly name: string;
  readonly stage: Move;
  readonly outcome: Outcome;
  readonly opening?: Opening;
  /** What a notice says that the simulator would not say by itself; null where nothing is ever told. */
  readonly said?: Readonly<Record<string, string>> | null;
}

const LATER = { credit_pay_mode: "creditAdvanceV2" };

/** States, how a trade comes to be called so, and what follows. */
const STATES: readonly Row[] = [
  { name: "TRADE_NOT_EXIST, for nobody has opened it", opening: "QR", stage: nothing, said: null, outcome: UNCHANGED },
  { name: "WAIT_BUYER_PAY", stage: nothing, outcome: UNCHANGED },
  { name: "TRADE_SUCCESS", stage: pay, outcome: PAID },
  { name: "TRADE_SUCCESS of a buyer who pays later", stage: payLater, said: LATER, outcome: UNCHANGED },
  { name: "TRADE_SUCCESS of which a fen has gone back", stage: inTurn(pay, giveBack(1)), outcome: PAID },
  { name: "TRADE_FINISHED", stage: inTurn(pay, finish), outcome: PAID },
  { name: "TRADE_CLOSED, unpaid", stage: expire, outcome: CLOSED },
  { name: "TRADE_CLOSED, given back", stage: inTurn(pay, giveBack(3000)), outcome: HELD },
  {
    name: "a state of tomorrow",
    stage: show("TRADE_PAUSED"),
    said: { trade_status: "TRADE_PAUSED" },
    outcome: UNHEARD_OF,
  },
];

/** A payment that has come to such a state without the shop having heard of it. */
async function staged(shop: Shop, { stage, opening }: Row): Promise<Scene> {
  const scene = await newTrade(shop, opening);
  await stage(scene.outTradeNo);
  return scene;
}

describe("what Alipay says of an open trade counts the same", () => {
  it("when the buyer asks", async () => {
    const shop = openShop();
    const heard = await allAtOnce(STATES, async (row) => {
      const scene = await staged(shop, row);
      const asked = shop.manager.query(scene.customer, "alipay", scene.orderId);
      const query = await asked.then(
        ({ status }) => status,
        ({ code }) => code,
      );
      return [query, await booksOf(shop, scene)];
    });
    expect(heard).toEqual(expectedOf(STATES, ({ outcome }) => [outcome.query, outcome.books]));
  });

  it("when the job asks", async () => {
    const shop = openShop();
    const scenes = await allAtOnce(STATES, (row) => staged(shop, row));
    await letPass(shop, 60);
    await synchroniseAttempts(shop.ctx, 50);
    const heard = await allAtOnce(STATES, async ({ name }) => {
      const scene = scenes[name];
      return scene && (await booksOf(shop, scene));
    });
    expect(heard).toEqual(expectedOf(STATES, ({ outcome }) => outcome.books));
  });

  it("when a notice says so", async () => {
    const shop = openShop();
    const told = STATES.filter(({ said }) => said !== null);
    const heard = await allAtOnce(told, async (row) => {
      const scene = await staged(shop, row);
      const { outTradeNo } = scene;
      const { status } = await deliver(shop, "alipay", await tradeNotice(outTradeNo, row.said ?? {}));
      await shop.idle();
      const found = await shop.db.select().from(notifications).where(eq(notifications.outTradeNo, outTradeNo));
      return [[status, ...found.map(({ outcome }) => outcome)], await booksOf(shop, scene)];
    });
    expect(heard).toEqual(expectedOf(told, ({ outcome }) => [outcome.notice, outcome.books]));
  });

  it("when Alipay tells of it by itself, of those states that it tells of", async () => {
    const shop = openShop();
    const heard = await allAtOnce(STATES, async (row) => {
      const scene = await staged(shop, row);
      return (await deliverAll(shop, "alipay", scene.outTradeNo)).map(({ status, body }) => `${status} ${body}`);
    });
    const once = ["200 success"];
    const twice = [...once, ...once];
    expect(Object.values(heard)).toEqual([[], [], once, once, twice, twice, once, twice, []]);
  });
});
