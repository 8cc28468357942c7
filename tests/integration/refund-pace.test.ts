/** WeChat Pay wants a minute between two refunds of one payment, Alipay three seconds: it is waited for here, with nothing reserved meanwhile. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { synchroniseAttempts, synchroniseRefunds } from "../../src/jobs/synchronise.ts";
import { fen } from "../../src/money.ts";
import { approveRefund } from "../../src/payments/refunds/decide-refund.ts";
import { openApi } from "./api/support.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { expectAllWell } from "./support/all-well.ts";
import { deliverAll, misbehave, payAt, sandbox } from "./support/controls.ts";
import { interleave, STATEMENTS } from "./support/interleave.ts";
import { changePayment, partOf, partsAtProvider } from "./support/parts.ts";
import { newOrder, newPaidOrder, startPayment } from "./support/purchases.ts";
import { attemptOf, closeInTheBooks, refundedAtProvider, refundsOf } from "./support/records.ts";
import { OPERATOR, openShop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

describe("less than a minute after a refund", () => {
  it("another one is told when to come again, and nothing of it is written", async () => {
    const shop = openShop();
    const paid = await newPaidOrder(shop, "wechat");
    await partOf(shop, paid);
    await letPass(shop, 20);
    const [first] = await refundsOf(shop, paid.outTradeNo);
    const key = unique("refund");
    for (const _repeat of [1, 2]) {
      const refused = await partOf(shop, paid, key).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: "REFUND_TOO_SOON", details: { retryAfter: expect.any(Number) } });
    }
    const { details } = await partOf(shop, paid, key).catch((error) => error);
    expect(details.retryAfter).toBeGreaterThan(35);
    expect(details.retryAfter).toBeLessThanOrEqual(40);
    expect(await refundsOf(shop, paid.outTradeNo)).toEqual([first]);
    await letPass(shop, details.retryAfter);
    expect(await partOf(shop, paid, key)).toMatchObject({ status: "PROCESSING" });
    expect(await partsAtProvider(paid)).toBe(2);
    await expectAllWell(shop, paid);
  });

  it.each(["before", "after"] as const)(
    "one of two that set out together goes; the other waits with nothing reserved (%s)",
    async (when) => {
      const [shop, elsewhere] = [openShop(), openShop()];
      const paid = await newPaidOrder(shop, "wechat");
      const key = unique("refund");
      // Neither sees the other in the payment's row: the first is stopped before it reserves, or before that shows.
      const match = when === "before" ? STATEMENTS.reserveRefund : "insert into `refund_records`";
      const [one, other] = await interleave(
        { when, match },
        () => partOf(shop, paid, key),
        () => partOf(elsewhere, paid),
      );
      expect(other).toMatchObject({ status: "fulfilled", value: { status: "PROCESSING" } });
      expect(one).toMatchObject({ status: "rejected", reason: { code: "REFUND_TOO_SOON" } });
      const states = (await refundsOf(shop, paid.outTradeNo)).map(({ state }) => state).sort();
      expect(states).toEqual(["PROCESSING", "REQUESTED"]);
      expect(await attemptOf(shop, paid.outTradeNo)).toMatchObject({ refunding: 100, refundParts: 1 });
      expect(await partsAtProvider(paid)).toBe(1);
      await letPass(shop, 60);
      expect(await partOf(shop, paid, key)).toMatchObject({ status: "PROCESSING" });
      expect(await refundsOf(shop, paid.outTradeNo)).toHaveLength(2);
      await expectAllWell(shop, paid);
    },
  );

  it("a customer's request can't be granted yet, and stays", async () => {
    const shop = openShop();
    const paid = await newPaidOrder(shop, "wechat");
    const { refundId } = await partOf(shop, paid, unique("refund"), paid.customer);
    await partOf(shop, paid);
    const approve = () => approveRefund(shop.ctx, OPERATOR, refundId);
    await expect(approve()).rejects.toMatchObject({ code: "REFUND_TOO_SOON" });
    expect((await refundsOf(shop, paid.outTradeNo)).map(({ state }) => state).sort()).toEqual([
      "PROCESSING",
      "REQUESTED",
    ]);
    // A request is no refund: it may be made any time.
    expect(await partOf(shop, paid, unique("refund"), paid.customer)).toMatchObject({ status: "REQUESTED" });
    await letPass(shop, 60);
    expect(await approve()).toMatchObject({ status: "PROCESSING" });
    await expectAllWell(shop, paid);
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
    expect(looks[0]).toEqual(["CLOSED", "REQUESTED"]);
    expect(looks.at(-1)).toEqual(["CLOSED", "SUCCESS"]);
    expect(shop.lines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
    await expectAllWell(shop, purchase);
    expect(await refundedAtProvider(outTradeNo)).toBe(purchase.amount);
  });
});

it("is answered over REST with the seconds to wait", async () => {
  const paid = await newPaidOrder(openShop(), "wechat");
  const api = openApi();
  const part = () =>
    api.call("POST", "/payments/wechat/refund", {
      as: OPERATOR,
      headers: { "Idempotency-Key": unique("refund") },
      body: { orderId: paid.orderId, amount: "1.00", reason: "部分退款" },
    });
  expect((await part()).status).toBe(201);
  const { status, body, headers } = await part();
  expect([status, body.code]).toEqual([429, "REFUND_TOO_SOON"]);
  expect(Number(headers.get("Retry-After"))).toBeGreaterThan(50);
  expect(Number(headers.get("Retry-After"))).toBeLessThanOrEqual(60);
});

it("Alipay wants three seconds, and neither a number of parts nor an age ends it", async () => {
  const shop = openShop();
  const paid = await newPaidOrder(shop, "alipay");
  await changePayment(shop, paid, { refundParts: 50, paidAt: new Date("2001-01-01") });
  const request = { provider: "alipay", orderId: paid.orderId, amount: fen(100), reason: "部分退款" } as const;
  const refund = () => shop.manager.refund(OPERATOR, request, unique("refund"));
  expect(await refund()).toMatchObject({ status: "SUCCESS" });
  await expect(refund()).rejects.toMatchObject({ code: "REFUND_TOO_SOON", details: { retryAfter: 3 } });
  await letPass(shop, 3);
  expect(await refund()).toMatchObject({ status: "SUCCESS" });
});
