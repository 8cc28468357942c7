/** Refunds that failed, tried again by an operator; refunds in doubt, given up by one. */
import { and, eq, ne } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { events, operatorActions } from "../../db/schema/history.ts";
import { anomalies } from "../../db/schema/records.ts";
import { synchroniseRefunds } from "../../src/jobs/synchronise.ts";
import type { Actor } from "../../src/payments/context.ts";
import { approveRefund, declineRefund } from "../../src/payments/refunds/decide-refund.ts";
import { releaseRefund } from "../../src/payments/refunds/release-refund.ts";
import { retryRefund } from "../../src/payments/refunds/retry-refund.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { clearFaults, misbehave, SAYS_NOTHING, sandbox, setFaults } from "./support/controls.ts";
import { interleave, STATEMENTS } from "./support/interleave.ts";
import { type Paid, partOf, partsAtProvider } from "./support/parts.ts";
import { newPaidOrder, subjectsOf } from "./support/purchases.ts";
import { anomaliesOf, attemptOf, refundedAtProvider, refundsOf } from "./support/records.ts";
import { OPERATOR, openShop, type Shop, stockOf, unique } from "./support/shop.ts";
import { MIXED } from "./support/story.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const HOUR = 3600;
const SECOND_OPERATOR: Actor = { id: "operator-2", role: "operator" };

interface Scene {
  readonly shop: Shop;
  readonly paid: Paid;
  readonly refundId: string;
}

/** A refund of all that WeChat Pay refused: of 23.00, 700 points and two pieces. */
async function refusedRefund(): Promise<Scene> {
  const shop = openShop();
  const paid = await newPaidOrder(shop, "wechat", MIXED);
  await misbehave({ kind: "refuse", operation: "refund", code: "USER_ACCOUNT_ABNORMAL", status: 403 });
  const request = { provider: "wechat", orderId: paid.orderId, reason: "退货" } as const;
  const refused = shop.manager.refund(OPERATOR, request, unique("refund"));
  await expect(refused).rejects.toMatchObject({ code: "PROVIDER_REFUSED" });
  const [refund] = await refundsOf(shop, paid.outTradeNo);
  await letPass(shop, 61);
  return { shop, paid, refundId: refund?.id ?? "" };
}

const retry = ({ shop, refundId }: Scene, by: Actor = SECOND_OPERATOR) =>
  retryRefund(shop.ctx, by, { refundId, reason: "买家换了银行卡" });
const release = ({ shop, refundId }: Scene) => releaseRefund(shop.ctx, OPERATOR, { refundId, reason: "银行转账已退" });
const actionsOn = ({ shop, refundId }: Scene) =>
  shop.db
    .select()
    .from(operatorActions)
    .where(and(eq(operatorActions.subject, refundId), ne(operatorActions.action, "refunds.create")));

/** What is on its way arrives, and all books agree. */
async function expectDone({ shop, paid }: Scene): Promise<void> {
  for (const seconds of [61, 1801]) {
    await letPass(shop, seconds);
    await synchroniseRefunds(shop.ctx, 50);
  }
  await expectBooksInOrder(shop, subjectsOf(paid));
}

describe("a failed refund", () => {
  it("is tried again with all that belonged to it, under a new number, once", async () => {
    const scene = await refusedRefund();
    const { shop, paid, refundId } = scene;
    const again = await retry(scene);
    expect(again).toMatchObject({ status: "PROCESSING", amount: 2300, points: 700, retryOf: refundId });
    expect(again.outRefundNo).not.toBe(refundId);
    expect(await retry(scene)).toMatchObject({ refundId: again.refundId });
    expect(await partsAtProvider(paid)).toBe(1);
    await expectDone(scene);
    expect(await refundedAtProvider(paid.outTradeNo)).toBe(2300);
    expect(await stockOf(shop, paid.sku)).toEqual([10, 0]);
    const told = and(eq(events.kind, "refund.retried"), eq(events.orderId, paid.orderId));
    expect(await shop.db.select().from(events).where(told)).toHaveLength(1);
    expect(await actionsOn(scene)).toMatchObject([
      { action: "refunds.retry", actor: SECOND_OPERATOR.id, reason: "买家换了银行卡" },
    ]);
  });

  it.each([
    ["before", "insert into `refund_records`"],
    ["after", "insert into `refund_records`"],
    ["before", STATEMENTS.reserveRefund],
    ["after", STATEMENTS.reserveRefund],
  ] as const)("is tried again once by two operators at the same time (%s %s)", async (when, match) => {
    const scene = await refusedRefund();
    const results = await interleave(
      { when, match },
      () => retry(scene),
      () => retry(scene, OPERATOR),
    );
    const ids = results.map((result) => (result.status === "fulfilled" ? result.value.refundId : result.reason));
    expect(new Set(ids).size).toBe(1);
    expect(await partsAtProvider(scene.paid)).toBe(1);
    await expectDone(scene);
  });

  it("goes on where the first try broke off, at each of its statements", async () => {
    for (let at = 1, broken = true; broken; at++) {
      await startAfresh();
      const scene = await refusedRefund();
      await setFaults({ fail: [at, at + 1].map((n) => ({ at: n, match: "", when: "before", how: "drop" })) });
      broken = await retry(scene).then(
        () => false,
        () => true,
      );
      await clearFaults();
      expect(await retry(scene)).toMatchObject({ amount: 2300 });
      await expectDone(scene);
      expect(await refundsOf(scene.shop, scene.paid.outTradeNo)).toHaveLength(2);
      expect(await refundedAtProvider(scene.paid.outTradeNo)).toBe(2300);
      expect(at).toBeLessThan(30);
    }
  }, 60_000);

  it("is not tried again when its provider says that it went through: it is counted instead", async () => {
    const scene = await doubtfulRefund("drop_after");
    const { shop, paid } = scene;
    await release(scene);
    await expect(retry(scene)).rejects.toMatchObject({ code: "PROVIDER_UNINTELLIGIBLE" });
    await sandbox("DELETE", "faults");
    await expect(retry(scene)).rejects.toMatchObject({ code: "REFUND_NOT_FAILED" });
    expect(await refundsOf(shop, paid.outTradeNo)).toMatchObject([{ state: "SUCCESS" }]);
    expect(await refundedAtProvider(paid.outTradeNo)).toBe(100);
    expect(await partsAtProvider(paid)).toBe(1);
  });

  it("is nothing that an operator declined, or that is under way", async () => {
    const shop = openShop();
    const paid = await newPaidOrder(shop, "wechat");
    const wish = await partOf(shop, paid, unique("refund"), paid.customer);
    const { refundId } = await partOf(shop, paid);
    await declineRefund(shop.ctx, OPERATOR, wish.refundId);
    for (const id of [wish.refundId, refundId]) {
      await expect(retry({ shop, paid, refundId: id })).rejects.toMatchObject({ code: "REFUND_NOT_FAILED" });
    }
    await expect(retry({ shop, paid, refundId: "-" })).rejects.toMatchObject({ code: "REFUND_NOT_FOUND" });
    expect(await partsAtProvider(paid)).toBe(1);
  });
});

/** A refund that its provider may or may not have, hours ago. */
async function doubtfulRefund(kind: "drop_before" | "drop_after", hours = 7): Promise<Scene> {
  const shop = openShop();
  const paid = await newPaidOrder(shop, "wechat");
  await misbehave({ kind, operation: "refund", times: 1000 });
  await misbehave({ ...SAYS_NOTHING, operation: "refund_query", times: 1000 });
  const { refundId } = await partOf(shop, paid);
  await letPass(shop, hours * HOUR);
  await synchroniseRefunds(shop.ctx, 50);
  return { shop, paid, refundId };
}

const doubtOf = async ({ shop, refundId }: Scene) => {
  const isIt = and(eq(anomalies.refundId, refundId), eq(anomalies.kind, "REFUND_IN_DOUBT"));
  const [found] = await shop.db.select().from(anomalies).where(isIt);
  return found?.state;
};

describe("a refund in doubt", () => {
  it("is given up with a reason; when its provider says that it never was, nobody doubts any more", async () => {
    const scene = await doubtfulRefund("drop_before");
    const { shop, paid } = scene;
    expect(await doubtOf(scene)).toBe("OPEN");
    const released = await release(scene);
    expect(released).toMatchObject({ status: "CLOSED", failureCode: "RELEASED_BY_OPERATOR" });
    expect(await release(scene)).toEqual(released);
    expect(await attemptOf(shop, paid.outTradeNo)).toMatchObject({ refunding: 0, refundParts: 0 });
    expect(await actionsOn(scene)).toMatchObject([{ action: "refunds.release", reason: "银行转账已退" }]);
    await letPass(shop, HOUR);
    await synchroniseRefunds(shop.ctx, 50);
    expect(await doubtOf(scene)).toBe("OPEN");
    await sandbox("DELETE", "faults");
    await letPass(shop, 24 * HOUR);
    await synchroniseRefunds(shop.ctx, 50);
    expect(await doubtOf(scene)).toBe("RESOLVED");
    expect(await refundsOf(shop, paid.outTradeNo)).toMatchObject([{ state: "CLOSED", nextCheckAt: null }]);
    expect(await partsAtProvider(paid)).toBe(0);
    await expectBooksInOrder(shop, subjectsOf(paid));
  });

  it("counts all the same when the money went back, and an operator hears of it", async () => {
    const scene = await doubtfulRefund("drop_after");
    const { shop, paid } = scene;
    await release(scene);
    await sandbox("DELETE", "faults");
    await letPass(shop, 24 * HOUR);
    await synchroniseRefunds(shop.ctx, 50);
    expect(await refundsOf(shop, paid.outTradeNo)).toMatchObject([{ state: "SUCCESS", nextCheckAt: null }]);
    expect(await attemptOf(shop, paid.outTradeNo)).toMatchObject({ refunded: 100, refunding: 0 });
    expect(await anomaliesOf(shop, paid.outTradeNo)).toEqual(["REFUND_AFTER_CLOSE", "REFUND_IN_DOUBT"]);
    expect(await doubtOf(scene)).toBe("OPEN");
  });

  it("is not given up once its provider says what became of it", async () => {
    const scene = await doubtfulRefund("drop_after");
    await sandbox("DELETE", "faults");
    expect(await release(scene)).toMatchObject({ status: "SUCCESS" });
    expect(await actionsOn(scene)).toEqual([]);
    await expectDone(scene);
  });

  it("is not given up while its provider can't be asked: it may have paid", async () => {
    const scene = await doubtfulRefund("drop_after");
    await sandbox("DELETE", "faults");
    await misbehave({ kind: "http_500", operation: "refund_query", times: 1000 });
    await expect(release(scene)).rejects.toMatchObject({ code: "PROVIDER_SILENT" });
    expect(await attemptOf(scene.shop, scene.paid.outTradeNo)).toMatchObject({ refunding: 100 });
    expect(await actionsOn(scene)).toEqual([]);
    await sandbox("DELETE", "faults");
    expect(await release(scene)).toMatchObject({ status: "SUCCESS" });
    await expectDone(scene);
  });

  it("is none before its time", async () => {
    const scene = await doubtfulRefund("drop_before", 5);
    await expect(release(scene)).rejects.toMatchObject({ code: "REFUND_NOT_IN_DOUBT" });
    expect(await attemptOf(scene.shop, scene.paid.outTradeNo)).toMatchObject({ refunding: 100 });
    const approved = approveRefund(scene.shop.ctx, OPERATOR, scene.refundId);
    expect(await approved).toMatchObject({ status: "PROCESSING" });
  });

  it("is not given up while somebody sends it again", async () => {
    const scene = await doubtfulRefund("drop_before");
    const { shop, paid, refundId } = scene;
    await letPass(shop, 61);
    await sandbox("DELETE", "faults");
    // The provider says that it has none; while the operator reads that, somebody else sends it.
    const [given, sent] = await interleave(
      { when: "before", match: STATEMENTS.releaseRefund },
      () => release(scene),
      () => shop.manager.queryRefund(OPERATOR, "wechat", refundId),
    );
    expect(sent).toMatchObject({ status: "fulfilled", value: { status: "PROCESSING" } });
    expect(given).toMatchObject({ status: "rejected", reason: { code: "REQUEST_IN_PROGRESS" } });
    await expectDone(scene);
    expect(await refundedAtProvider(paid.outTradeNo)).toBe(100);
  });
});
