/** WeChat Pay wants a minute between two refunds of one payment, Alipay three seconds: what is reserved sooner waits for its turn here. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { synchroniseAttempts, synchroniseRefunds } from "../../src/jobs/synchronise.ts";
import { fen } from "../../src/money.ts";
import { approveRefund } from "../../src/payments/refunds/decide-refund.ts";
import { openApi } from "./api/support.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { expectAllWell } from "./support/all-well.ts";
import { clearFaults, deliverAll, misbehave, payAt, providerTrades, sandbox, setFaults } from "./support/controls.ts";
import { interleave, STATEMENTS } from "./support/interleave.ts";
import { changePayment, type Paid, partOf, partsAtProvider } from "./support/parts.ts";
import { newOrder, newPaidOrder, startPayment } from "./support/purchases.ts";
import { anomaliesOf, attemptOf, closeInTheBooks, refundedAtProvider, refundsOf } from "./support/records.ts";
import { OPERATOR, openShop, type Shop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

/** The states and sums of what was asked for, in the order in which it was. */
const statesOf = async (shop: Shop, { outTradeNo }: Paid) =>
  (await refundsOf(shop, outTradeNo))
    .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
    .map(({ state, sentAt }) => (state === "CREATED" && sentAt === null ? "waiting" : state));

describe("less than a minute after a refund", () => {
  it("another one is promised and reserved at once, and sent by the job when the minute is over", async () => {
    const shop = openShop();
    const paid = await newPaidOrder(shop, "wechat");
    await partOf(shop, paid);
    const key = unique("refund");
    const promised = await partOf(shop, paid, key);
    expect(promised).toMatchObject({ status: "PROCESSING" });
    await expect(partOf(shop, paid, key)).rejects.toMatchObject({ code: "REQUEST_IN_PROGRESS" });
    expect(await attemptOf(shop, paid.outTradeNo)).toMatchObject({ refunding: 200, refundParts: 2 });
    for (const seconds of [20, 35]) {
      await letPass(shop, seconds);
      await synchroniseRefunds(shop.ctx, 50);
      expect(await partsAtProvider(paid)).toBe(1);
    }
    await letPass(shop, 10);
    await synchroniseRefunds(shop.ctx, 50);
    expect(await partsAtProvider(paid)).toBe(2);
    expect(await partOf(shop, paid, key)).toMatchObject({ refundId: promised.refundId });
    expect((await refundsOf(shop, paid.outTradeNo)).map(({ state }) => state)).not.toContain("CREATED");
    await expectAllWell(shop, paid);
    expect(await refundedAtProvider(paid.outTradeNo)).toBe(200);
  });

  it("several go in the order in which they were granted, none too soon for the provider", async () => {
    const shop = openShop();
    const paid = await newPaidOrder(shop, "wechat");
    const ids: string[] = [];
    for (const amount of [100, 200, 300, 400]) {
      ids.push((await partOf(shop, paid, unique("refund"), OPERATOR, amount)).refundId);
      await letPass(shop, 1);
    }
    expect(await statesOf(shop, paid)).toEqual(["PROCESSING", "waiting", "waiting", "waiting"]);
    for (const left of [2, 1, 0]) {
      await letPass(shop, 60);
      // Two runs of the job at once send one refund.
      await Promise.all([synchroniseRefunds(shop.ctx, 50), synchroniseRefunds(shop.ctx, 50)]);
      expect((await statesOf(shop, paid)).filter((state) => state === "waiting")).toHaveLength(left);
    }
    const trade = (await providerTrades()).find(({ outTradeNo }) => outTradeNo === paid.outTradeNo);
    expect(trade?.refunds.map(({ outRefundNo }) => outRefundNo)).toEqual(ids);
    expect(shop.lines.filter((line) => /"refund.(refused|unanswered)"/.test(line))).toEqual([]);
    await expectAllWell(shop, paid);
    expect(await refundedAtProvider(paid.outTradeNo)).toBe(1000);
  });

  it("a newcomer does not overtake what waits, whoever is late with looking", async () => {
    const shop = openShop();
    const paid = await newPaidOrder(shop, "wechat");
    await partOf(shop, paid);
    const { refundId } = await partOf(shop, paid);
    await letPass(shop, 61);
    const late = await partOf(shop, paid);
    expect(await partsAtProvider(paid)).toBe(1);
    // Whoever asks how it stands does the job's work.
    await shop.manager.queryRefund(OPERATOR, "wechat", late.refundId);
    expect(await partsAtProvider(paid)).toBe(1);
    expect(await shop.manager.queryRefund(OPERATOR, "wechat", refundId)).toMatchObject({ status: "PROCESSING" });
    expect(await partsAtProvider(paid)).toBe(2);
    await expectAllWell(shop, paid);
  });

  it.each(["before", "after"] as const)("of two that set out together one goes and one waits (%s)", async (when) => {
    const [shop, elsewhere] = [openShop(), openShop()];
    const paid = await newPaidOrder(shop, "wechat");
    // Both have seen that nobody is before them.
    const results = await interleave(
      { when, match: STATEMENTS.takeTurn },
      () => partOf(shop, paid),
      () => partOf(elsewhere, paid),
    );
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
    expect(await partsAtProvider(paid)).toBe(1);
    expect(await attemptOf(shop, paid.outTradeNo)).toMatchObject({ refunding: 200, refundParts: 2 });
    await expectAllWell(shop, paid);
    expect(await refundedAtProvider(paid.outTradeNo)).toBe(200);
  });

  it("what nobody could send any more because its Worker died goes with the job, and those behind it after it", async () => {
    const shop = openShop();
    const paid = await newPaidOrder(shop, "wechat");
    const lost = { match: STATEMENTS.takeTurn, when: "before", how: "drop" } as const;
    await setFaults({ fail: [1, 2].map((at) => ({ at, ...lost })) });
    await expect(partOf(shop, paid)).rejects.toMatchObject({ name: "DatabaseUnavailable" });
    await clearFaults();
    await partOf(shop, paid);
    expect(await statesOf(shop, paid)).toEqual(["waiting", "waiting"]);
    await expectAllWell(shop, paid);
    expect(await refundedAtProvider(paid.outTradeNo)).toBe(200);
  });

  it("a customer's request is granted, and waits", async () => {
    const shop = openShop();
    const paid = await newPaidOrder(shop, "wechat");
    const { refundId } = await partOf(shop, paid, unique("refund"), paid.customer);
    await partOf(shop, paid);
    expect(await approveRefund(shop.ctx, OPERATOR, refundId)).toMatchObject({ status: "PROCESSING" });
    expect(await partsAtProvider(paid)).toBe(1);
    await expectAllWell(shop, paid);
    expect(await refundedAtProvider(paid.outTradeNo)).toBe(200);
  });

  it("what the provider refuses when its turn has come is freed, and an operator hears of it", async () => {
    const shop = openShop();
    const paid = await newPaidOrder(shop, "wechat");
    await partOf(shop, paid);
    await partOf(shop, paid);
    await misbehave({ kind: "refuse", operation: "refund", code: "USER_ACCOUNT_ABNORMAL", status: 403 });
    await letPass(shop, 61);
    await synchroniseRefunds(shop.ctx, 50);
    expect((await statesOf(shop, paid)).sort()).toContain("CLOSED");
    expect(await anomaliesOf(shop, paid.outTradeNo)).toEqual(["REFUND_FAILED"]);
    await expectAllWell(shop, paid);
    expect(await refundedAtProvider(paid.outTradeNo)).toBe(100);
  });

  it("a refund that is sent again waits for one that went meanwhile", async () => {
    const shop = openShop();
    const paid = await newPaidOrder(shop, "wechat");
    await misbehave({ kind: "drop_before", operation: "refund" });
    const lost = await partOf(shop, paid);
    await letPass(shop, 61);
    await partOf(shop, paid);
    await letPass(shop, 10);
    const watch = { kind: "drop_before", operation: "refund", times: 1000 };
    await misbehave(watch);
    await synchroniseRefunds(shop.ctx, 50);
    expect(await sandbox("GET", "faults")).toMatchObject([watch]);
    await sandbox("DELETE", "faults");
    expect((await refundsOf(shop, paid.outTradeNo)).find(({ id }) => id === lost.refundId)).toMatchObject({
      state: "CREATED",
    });
    expect(await partsAtProvider(paid)).toBe(1);
    await expectAllWell(shop, paid);
    expect(await refundedAtProvider(paid.outTradeNo)).toBe(200);
  });

  it("money that is owed back waits for the job", async () => {
    const shop = openShop();
    const purchase = await newOrder(shop);
    const outTradeNo = await startPayment(shop, purchase, "wechat");
    await closeInTheBooks(shop, outTradeNo);
    const winner = await startPayment(shop, purchase, "alipay");
    await payAt("alipay", winner);
    await deliverAll(shop, "alipay", winner);
    await misbehave({ kind: "refund_closed", outTradeNo });
    await payAt("wechat", outTradeNo);
    await deliverAll(shop, "wechat", outTradeNo);
    await letPass(shop, 5);
    await deliverAll(shop, "wechat", outTradeNo);
    const looks: (readonly string[])[] = [];
    for (let look = 0; look < 6; look++) {
      await letPass(shop, 20);
      await synchroniseAttempts(shop.ctx, 50);
      looks.push((await refundsOf(shop, outTradeNo)).map(({ state }) => state));
    }
    expect(looks[0]).toEqual(["CLOSED", "CREATED"]);
    expect(looks.at(-1)).toEqual(["CLOSED", "SUCCESS"]);
    expect(shop.lines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
    await expectAllWell(shop, purchase);
    expect(await refundedAtProvider(outTradeNo)).toBe(purchase.amount);
  });
});

it("is answered over REST as any other refund", async () => {
  const paid = await newPaidOrder(openShop(), "wechat");
  const api = openApi();
  const part = () =>
    api.call("POST", "/payments/wechat/refund", {
      as: OPERATOR,
      headers: { "Idempotency-Key": unique("refund") },
      body: { orderId: paid.orderId, amount: "1.00", reason: "部分退款" },
    });
  expect((await part()).status).toBe(201);
  const { status, body } = await part();
  expect([status, body.status]).toEqual([201, "PROCESSING"]);
});

it("Alipay wants three seconds, and neither a number of parts nor an age ends it", async () => {
  const shop = openShop();
  const paid = await newPaidOrder(shop, "alipay");
  await changePayment(shop, paid, { refundParts: 50, paidAt: new Date("2001-01-01") });
  const request = { provider: "alipay", orderId: paid.orderId, amount: fen(100), reason: "部分退款" } as const;
  const refund = () => shop.manager.refund(OPERATOR, request, unique("refund"));
  expect(await refund()).toMatchObject({ status: "SUCCESS" });
  const { refundId, status } = await refund();
  expect(status).toBe("PROCESSING");
  await letPass(shop, 3);
  expect(await shop.manager.queryRefund(OPERATOR, "alipay", refundId)).toMatchObject({ status: "SUCCESS" });
});
