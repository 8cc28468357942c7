/** Refunds that their providers don't confirm: asked about less and less often, sent again by one, never forgotten. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { refundRecords } from "../../db/schema/payments.ts";
import { anomalies } from "../../db/schema/records.ts";
import { synchroniseRefunds } from "../../src/jobs/synchronise.ts";
import { catchUp, letPass, runJobsToTheEnd, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { deliver, deliverAll, misbehave, sandbox, signedCallback } from "./support/controls.ts";
import { interleave } from "./support/interleave.ts";
import { type Channel, newPaidOrder, type Purchase, subjectsOf } from "./support/purchases.ts";
import { refundedAtProvider, refundsOf } from "./support/records.ts";
import { OPERATOR, openShop, type Shop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const CHANNELS = ["wechat", "alipay"] as const;
const HOUR = 3600;
const MANY = 1000;

interface Scene extends Purchase {
  readonly channel: Channel;
  readonly outTradeNo: string;
  readonly refundId: string;
}

async function refundOf(shop: Shop, channel: Channel): Promise<Scene> {
  const purchase = await newPaidOrder(shop, channel);
  const request = { provider: channel, orderId: purchase.orderId, reason: "退货" };
  const { refundId } = await shop.manager.refund(OPERATOR, request, unique("refund"));
  return { ...purchase, channel, refundId };
}

/** A refund that its provider never got. None that is sent from now on reaches it. */
async function unansweredRefund(shop: Shop, channel: Channel): Promise<Scene> {
  await misbehave({ kind: "drop_before", operation: "refund", times: MANY });
  const scene = await refundOf(shop, channel);
  expect(await sends(channel)).toBe(1);
  return scene;
}

/** How often a call is sent by itself that finds its connection broken. */
const SENDS_OF_A_CALL: Readonly<Record<Channel, number>> = { wechat: 1, alipay: 2 };

/** How many refund calls set out for a provider and were turned back on the way. */
async function sends(channel: Channel): Promise<number> {
  const [fault] = await sandbox<{ times: number }[]>("GET", "faults");
  return (MANY - (fault?.times ?? MANY)) / SENDS_OF_A_CALL[channel];
}

async function expectToEndWell(shop: Shop, scene: Scene): Promise<void> {
  await sandbox("DELETE", "faults");
  await runJobsToTheEnd(shop);
  await deliverAll(shop, scene.channel, scene.outTradeNo);
  expect(await refundsOf(shop, scene.outTradeNo)).toMatchObject([{ state: "SUCCESS" }]);
  expect(await refundedAtProvider(scene.outTradeNo)).toBe(scene.amount);
  await expectBooksInOrder(shop, subjectsOf(scene));
}

function anomaliesOfRefund(shop: Shop, { refundId }: Scene) {
  const { kind, state, seen } = anomalies;
  return shop.db.select({ kind, state, seen }).from(anomalies).where(eq(anomalies.refundId, refundId));
}

async function checksOf(shop: Shop, { outTradeNo }: Scene): Promise<number> {
  return (await refundsOf(shop, outTradeNo))[0]?.checks ?? 0;
}

type Asker = (shop: Shop, scene: Scene) => Promise<unknown>;
const job: Asker = (shop) => synchroniseRefunds(shop.ctx, 50);
const operator: Asker = (shop, { channel, refundId }) => shop.manager.queryRefund(OPERATOR, channel, refundId);

describe.each(CHANNELS)("a %s refund whose first send got no answer", (channel) => {
  it("is sent again by nobody while that send may still be under way", async () => {
    const shop = openShop();
    const scene = await unansweredRefund(shop, channel);
    const before = await checksOf(shop, scene);
    for (const seconds of [20, 35]) {
      await letPass(shop, seconds);
      await job(shop, scene);
      await operator(shop, scene);
    }
    expect(await checksOf(shop, scene)).toBe(before + 2);
    expect(await sends(channel)).toBe(1);
    await letPass(shop, 10);
    await operator(shop, scene);
    expect(await sends(channel)).toBe(2);
    await expectToEndWell(shop, scene);
  });

  it.each([
    ["two operators", operator, operator],
    ["an operator and the job", operator, job],
    ["the job and an operator", job, operator],
    ["two runs of the job", job, job],
  ])("is sent again once when %s ask at the same time", async (_, one, other) => {
    const [shop, elsewhere] = [openShop(), openShop()];
    const scene = await unansweredRefund(shop, channel);
    await letPass(shop, 65);
    catchUp(elsewhere);
    // Both ask the provider before either claims the refund by moving the time of the next look.
    const stop = { when: "before", match: "set `refund_records`.`next_check_at` =" } as const;
    const results = await interleave(
      stop,
      () => one(shop, scene),
      () => other(elsewhere, scene),
    );
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
    expect(await sends(channel)).toBe(2);
    await expectToEndWell(shop, scene);
  });

  it("is an operator's to look at after six hours, as one anomaly", async () => {
    const shop = openShop();
    const scene = await unansweredRefund(shop, channel);
    await letPass(shop, 5.8 * HOUR);
    await job(shop, scene);
    expect(await anomaliesOfRefund(shop, scene)).toEqual([]);
    for (const seen of [1, 2]) {
      await letPass(shop, HOUR);
      await job(shop, scene);
      expect(await anomaliesOfRefund(shop, scene)).toEqual([{ kind: "REFUND_IN_DOUBT", state: "OPEN", seen }]);
    }
    await expectToEndWell(shop, scene);
    expect(await anomaliesOfRefund(shop, scene)).toMatchObject([{ kind: "REFUND_IN_DOUBT", state: "RESOLVED" }]);
  });
});

it("gives a refund that the provider has confirmed seven days before it becomes an operator's", async () => {
  const shop = openShop();
  const scene = await refundOf(shop, "wechat");
  await misbehave({ kind: "http_500", operation: "refund_query", times: MANY });
  for (const [hours, found] of [
    [6 * 24, 0],
    [23, 0],
    [2, 1],
  ] as const) {
    await letPass(shop, hours * HOUR);
    await job(shop, scene);
    expect(await refundsOf(shop, scene.outTradeNo)).toMatchObject([{ state: "PROCESSING" }]);
    expect(await anomaliesOfRefund(shop, scene)).toHaveLength(found);
  }
  expect(await anomaliesOfRefund(shop, scene)).toEqual([{ kind: "REFUND_IN_DOUBT", state: "OPEN", seen: 1 }]);
  await expectToEndWell(shop, scene);
});

/** Alipay answers "not done yet" for a refund that it does not have, too: so this one is on its way for ever. */
async function processingRefund(shop: Shop): Promise<Scene> {
  const scene = await unansweredRefund(shop, "alipay");
  await shop.db.update(refundRecords).set({ state: "PROCESSING" }).where(eq(refundRecords.id, scene.refundId));
  return scene;
}

it("sends an alipay refund again that is PROCESSING and was never carried out, and its money moves once", async () => {
  const shop = openShop();
  const scene = await processingRefund(shop);
  await letPass(shop, HOUR);
  await job(shop, scene);
  expect(await sends("alipay")).toBe(2);
  // Its next look is a while off: nobody who reads sends it before.
  await letPass(shop, 10);
  await operator(shop, scene);
  expect(await sends("alipay")).toBe(2);
  await sandbox("DELETE", "faults");
  await letPass(shop, HOUR);
  await job(shop, scene);
  expect(await refundsOf(shop, scene.outTradeNo)).toMatchObject([{ state: "SUCCESS" }]);
  await expectToEndWell(shop, scene);
});

it("does not send a wechat refund again that is PROCESSING: its provider would say if it had none", async () => {
  const shop = openShop();
  const scene = await refundOf(shop, "wechat");
  await misbehave({ kind: "drop_before", operation: "refund", times: MANY });
  expect(await refundsOf(shop, scene.outTradeNo)).toMatchObject([{ state: "PROCESSING" }]);
  // Time passes for the shop, and not for the bank.
  shop.advance(65);
  await sandbox("POST", "clock", { wallSeconds: 65 });
  const before = await checksOf(shop, scene);
  await job(shop, scene);
  expect(await refundsOf(shop, scene.outTradeNo)).toMatchObject([{ state: "PROCESSING", checks: before + 1 }]);
  expect(await sends("wechat")).toBe(0);
  await expectToEndWell(shop, scene);
});

async function abnormalRefund(shop: Shop): Promise<Scene> {
  await misbehave({ kind: "refund_abnormal" });
  const scene = await refundOf(shop, "wechat");
  await letPass(shop, 60);
  return scene;
}

it("stays ABNORMAL when a notice from before that comes late: only a provider that is asked says that it goes on", async () => {
  const shop = openShop();
  const scene = await abnormalRefund(shop);
  await job(shop, scene);
  const { outTradeNo, refundId } = scene;
  const fields = { out_refund_no: refundId, refund_status: "PROCESSING" };
  const late = await signedCallback({ provider: "wechat", callback: "refund", outTradeNo, fields });
  expect((await deliver(shop, "wechat", late)).status).toBe(200);
  expect(await refundsOf(shop, outTradeNo)).toMatchObject([{ state: "ABNORMAL" }]);
});

it.each([
  ["PROCESSING", processingRefund],
  ["ABNORMAL", abnormalRefund],
])("asks less and less often about a refund that stays %s", async (state, prepare) => {
  const shop = openShop();
  const scene = await prepare(shop);
  const pauses: number[] = [];
  for (let look = 0; look < 5; look++) {
    await letPass(shop, HOUR);
    const checks = await checksOf(shop, scene);
    await job(shop, scene);
    const [refund] = await refundsOf(shop, scene.outTradeNo);
    expect(refund).toMatchObject({ state });
    expect(refund?.checks).toBeGreaterThan(checks);
    pauses.push(Math.round(((refund?.nextCheckAt?.getTime() ?? 0) - shop.ctx.now()) / 1000));
  }
  expect(pauses.at(-1)).toBeGreaterThan(200);
  expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
});
