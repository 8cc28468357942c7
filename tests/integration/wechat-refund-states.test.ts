/** Every status of a refund, heard by a reply, by a query, by the job and by callbacks in whatever order they come. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { synchroniseRefunds } from "../../src/jobs/synchronise.ts";
import { getOrder } from "../../src/payments/orders/read-order.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { allAtOnce, expectedOf } from "./support/at-once.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { deliver, deliverAll, misbehave, sandbox, signedCallback } from "./support/controls.ts";
import { newPaidOrder, type Purchase, subjectsOf } from "./support/purchases.ts";
import { anomaliesOf, refundsOf } from "./support/records.ts";
import { OPERATOR, openShop, type Shop, unique } from "./support/shop.ts";
import { openWechat, refundOf, tradeOf } from "./support/wechat-merchant.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

/** How much of the payment is on its way back, how much has gone back, and what an operator hears of. */
const STATUSES = [
  { name: "PROCESSING", books: { sums: [3000, 0], anomalies: [] } },
  { name: "SUCCESS", books: { sums: [0, 3000], anomalies: [] } },
  { name: "CLOSED", books: { sums: [0, 0], anomalies: ["REFUND_FAILED"] } },
  { name: "ABNORMAL", books: { sums: [3000, 0], anomalies: ["REFUND_ABNORMAL"] } },
] as const;
/** Those that WeChat Pay tells of by itself. */
const TOLD = STATUSES.filter(({ name }) => name !== "PROCESSING");
type Status = (typeof STATUSES)[number]["name"];

interface Scene extends Purchase {
  readonly outTradeNo: string;
  readonly refundId: string;
}

/** A refund of all of an order's money, which has come to a status at WeChat Pay without the shop having heard of it. */
async function staged(shop: Shop, status: Status): Promise<Scene> {
  const paid = await newPaidOrder(shop, "wechat");
  const { refundId } = await askFor(shop, paid);
  if (status !== "PROCESSING") await endAt(refundId, status);
  return { ...paid, refundId };
}

const askFor = (shop: Shop, { orderId }: Purchase) =>
  shop.manager.refund(OPERATOR, { provider: "wechat", orderId, reason: "退货" }, unique("refund"));
const endAt = (refundId: string, status: Status) => sandbox("POST", `refunds/wechat/${refundId}`, { status });

/** What the books say of all scenes, which must agree with one another and with the simulator's. */
async function expectBooks(shop: Shop, scenes: Readonly<Record<string, Scene>>): Promise<void> {
  const rows = Object.entries(scenes).map(([name, scene]) => ({ name, scene }));
  const found = await allAtOnce(rows, ({ scene }) => booksOf(shop, scene));
  const told = STATUSES.filter(({ name }) => name in scenes);
  expect(found).toEqual(expectedOf(told, ({ name, books }) => ({ states: [name], ...books, order: "PAID" })));
  await expectBooksInOrder(shop, subjectsOf(...Object.values(scenes)));
}

async function booksOf(shop: Shop, { orderId, outTradeNo }: Scene) {
  const order = await getOrder(shop.ctx, OPERATOR, orderId);
  return {
    states: (await refundsOf(shop, outTradeNo)).map(({ state }) => state),
    sums: [order.refundingAmount, order.refundedAmount],
    anomalies: await anomaliesOf(shop, outTradeNo),
    order: order.status,
  };
}

describe("what WeChat Pay says of a refund counts the same", () => {
  it("when an operator asks", async () => {
    const shop = openShop();
    const scenes = await allAtOnce(STATUSES, async ({ name }) => {
      const scene = await staged(shop, name);
      const asked = await shop.manager.queryRefund(OPERATOR, "wechat", scene.refundId);
      expect(asked).toMatchObject({ status: name, amount: 3000 });
      return scene;
    });
    await expectBooks(shop, scenes);
  });

  it("when the job asks", async () => {
    const shop = openShop();
    const scenes = await allAtOnce(TOLD, ({ name }) => staged(shop, name));
    await letPass(shop, 60);
    await synchroniseRefunds(shop.ctx, 50);
    await expectBooks(shop, scenes);
  });

  it("when its callback says so, as often as it comes", async () => {
    const shop = openShop();
    const scenes = await allAtOnce(TOLD, async ({ name }) => {
      const scene = await staged(shop, name);
      expect(await deliverAll(shop, "wechat", scene.outTradeNo)).toMatchObject([{ status: 200 }]);
      for (const _copy of [1, 2]) await tell(shop, scene);
      return scene;
    });
    await expectBooks(shop, scenes);
  });

  // The reply to the first send got lost, and the query misses what is there: so it is sent again.
  it("when the reply to a repeat says so", async () => {
    const shop = openShop();
    const scenes = await allAtOnce(TOLD, async ({ name }) => {
      const paid = await newPaidOrder(shop, "wechat");
      await misbehave({ kind: "unsigned", operation: "refund", outTradeNo: paid.outTradeNo, times: 2 });
      const { refundId } = await askFor(shop, paid);
      await endAt(refundId, name);
      return { ...paid, refundId };
    });
    await letPass(shop, 65);
    const missed = { operation: "refund_query", code: "RESOURCE_NOT_EXISTS", status: 404 };
    for (const { outTradeNo } of Object.values(scenes)) await misbehave({ kind: "refuse", ...missed, outTradeNo });
    await synchroniseRefunds(shop.ctx, 50);
    expect(await sandbox("GET", "faults")).toEqual([]);
    await expectBooks(shop, scenes);
  });
});

async function tell(shop: Shop, { outTradeNo, refundId: outRefundNo }: Scene, status?: string): Promise<void> {
  const time = status === "SUCCESS" ? { success_time: "2026-11-22T18:00:00+08:00" } : {};
  const said = status === undefined ? {} : { event: `REFUND.${status}`, fields: { refund_status: status, ...time } };
  const callback = await signedCallback({ provider: "wechat", callback: "refund", outTradeNo, outRefundNo, ...said });
  expect((await deliver(shop, "wechat", callback)).status).toBe(200);
}

describe("callbacks about one refund", () => {
  const ALL = ["PROCESSING", "ABNORMAL", "SUCCESS"];
  const ORDERS = ALL.flatMap((first) =>
    ALL.filter((each) => each !== first).map((second) => {
      const order = [first, second, ...ALL.filter((each) => each !== first && each !== second)];
      return { name: order.join(", "), order };
    }),
  );

  it("in any order say in the end that the money has gone back", async () => {
    const shop = openShop();
    const states = await allAtOnce(ORDERS, async ({ order }) => {
      const scene = await staged(shop, "PROCESSING");
      for (const status of order) await tell(shop, scene, status);
      return await booksOf(shop, scene);
    });
    expect(Object.keys(states)).toHaveLength(6);
    const expected = expectedOf(ORDERS, ({ order }) => {
      const wasStuck = order.indexOf("ABNORMAL") < order.indexOf("SUCCESS");
      const anomalies = wasStuck ? ["REFUND_ABNORMAL"] : [];
      return { states: ["SUCCESS"], sums: [0, 3000], anomalies, order: "PAID" };
    });
    expect(states).toEqual(expected);
  });

  it("that it was CLOSED free its money once, and one of a status of tomorrow changes nothing", async () => {
    const shop = openShop();
    const scene = await staged(shop, "PROCESSING");
    const before = await booksOf(shop, scene);
    await tell(shop, scene, "PAUSED");
    expect(await booksOf(shop, scene)).toEqual(before);
    for (const status of ["CLOSED", "PROCESSING", "CLOSED", "ABNORMAL"]) await tell(shop, scene, status);
    expect(await booksOf(shop, scene)).toMatchObject({ sums: [0, 0], anomalies: ["REFUND_FAILED"] });
  });
});

it("is the same in the reply to a repeat and in a query, by every status", async () => {
  const wechat = openWechat();
  const heard = await allAtOnce(STATUSES, async ({ name }) => {
    const [outTradeNo, refundNo] = [`states-${name}`, `states-${name}-1`];
    await wechat.createNative(tradeOf(outTradeNo));
    await sandbox("POST", `trades/wechat/${outTradeNo}/pay`, {});
    await wechat.refund(refundOf(outTradeNo, refundNo));
    if (name !== "PROCESSING") await endAt(refundNo, name);
    const reply = await wechat.refund(refundOf(outTradeNo, refundNo), { firstSend: false });
    const query = await wechat.queryRefund(refundNo);
    return [reply, query];
  });
  const expected = expectedOf(STATUSES, ({ name }) => {
    const facts = { amount: 40, providerRefundNo: expect.stringMatching(/^\d+$/) };
    const succeededAt = name === "SUCCESS" ? expect.any(Date) : null;
    const refund = { status: name.toLowerCase(), ...facts, succeededAt };
    return [
      { kind: "ok", value: refund },
      { kind: "ok", value: { outTradeNo: `states-${name}`, refund } },
    ];
  });
  expect(heard).toMatchObject(expected);
});
