/** WeChat Pay's ends of refunding, held before WeChat Pay refuses: 50 parts of one payment, 365 days after it. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { fen } from "../../src/money.ts";
import { approveRefund } from "../../src/payments/refunds/decide-refund.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { expectAllWell } from "./support/all-well.ts";
import { deliverAll, misbehave } from "./support/controls.ts";
import { interleave, STATEMENTS } from "./support/interleave.ts";
import { changePayment, partOf, partsAtProvider } from "./support/parts.ts";
import { newPaidOrder } from "./support/purchases.ts";
import { attemptOf, refundsOf } from "./support/records.ts";
import { OPERATOR, openShop, type Shop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

/** Time for fifty refunds on a busy machine. */
const FIFTY_REFUNDS_MS = 30_000;

describe("the fiftieth part of a payment", () => {
  it(
    "is the last; a part that its provider gave up comes free",
    async () => {
      const shop = openShop();
      const paid = await newPaidOrder(shop, "wechat");
      const part = () => partOf(shop, paid, unique("refund"), OPERATOR, 1);
      for (let parts = 0; parts < 49; parts++) {
        await part();
        await letPass(shop, 60);
      }
      await misbehave({ kind: "refund_closed", outTradeNo: paid.outTradeNo });
      await part();
      await letPass(shop, 60);
      await expect(part()).rejects.toMatchObject({ code: "REFUND_PARTS_USED_UP" });
      expect(await partsAtProvider(paid)).toBe(50);
      await deliverAll(shop, "wechat", paid.outTradeNo);
      expect(await attemptOf(shop, paid.outTradeNo)).toMatchObject({ refunded: 49, refunding: 0, refundParts: 49 });
      expect(await part()).toMatchObject({ status: "PROCESSING" });
      await letPass(shop, 60);
      await expect(part()).rejects.toMatchObject({ code: "REFUND_PARTS_USED_UP" });
      await expectAllWell(shop, paid);
    },
    FIFTY_REFUNDS_MS,
  );

  it.each(["before", "after"] as const)("is taken by one of two that set out together (%s)", async (when) => {
    const [shop, elsewhere] = [openShop(), openShop()];
    const paid = await newPaidOrder(shop, "wechat");
    await changePayment(shop, paid, { refundParts: 49 });
    const match = when === "before" ? STATEMENTS.reserveRefund : "insert into `refund_records`";
    const [one, other] = await interleave(
      { when, match },
      () => partOf(shop, paid),
      () => partOf(elsewhere, paid),
    );
    expect(other).toMatchObject({ status: "fulfilled", value: { status: "PROCESSING" } });
    expect(one).toMatchObject({ status: "rejected", reason: { code: "REFUND_PARTS_USED_UP" } });
    expect(await attemptOf(shop, paid.outTradeNo)).toMatchObject({ refunding: 100, refundParts: 50 });
    expect(await partsAtProvider(paid)).toBe(1);
    expect((await refundsOf(shop, paid.outTradeNo)).map(({ failureCode }) => failureCode).sort()).toEqual([
      "REFUND_PARTS_USED_UP",
      null,
    ]);
  });

  it("comes free when WeChat Pay refuses", async () => {
    const shop = openShop();
    const paid = await newPaidOrder(shop, "wechat");
    await misbehave({ kind: "refuse", operation: "refund", code: "USER_ACCOUNT_ABNORMAL", status: 403 });
    await expect(partOf(shop, paid)).rejects.toMatchObject({ code: "PROVIDER_REFUSED" });
    expect(await attemptOf(shop, paid.outTradeNo)).toMatchObject({ refunding: 0, refundParts: 0 });
  });

  it("once taken leaves nothing written of another one, and lets a customer ask all the same", async () => {
    const shop = openShop();
    const paid = await newPaidOrder(shop, "wechat");
    await changePayment(shop, paid, { refundParts: 50 });
    await expect(partOf(shop, paid)).rejects.toMatchObject({ code: "REFUND_PARTS_USED_UP" });
    expect(await refundsOf(shop, paid.outTradeNo)).toEqual([]);
    const { status, refundId } = await partOf(shop, paid, unique("refund"), paid.customer);
    expect(status).toBe("REQUESTED");
    await expect(approveRefund(shop.ctx, OPERATOR, refundId)).rejects.toMatchObject({ code: "REFUND_PARTS_USED_UP" });
    expect(await refundsOf(shop, paid.outTradeNo)).toMatchObject([{ state: "CLOSED" }]);
    expect(await partsAtProvider(paid)).toBe(0);
  });
});

describe("365 days after a payment", () => {
  const DAYS_MS = 365 * 86_400_000;
  const paidAgo = async (shop: Shop, milliseconds: number) => {
    const paid = await newPaidOrder(shop, "wechat");
    await changePayment(shop, paid, { paidAt: new Date(shop.ctx.now() - milliseconds) });
    return paid;
  };

  it("nothing goes back any more, and nothing of it is written, whoever asks", async () => {
    const shop = openShop();
    const paid = await paidAgo(shop, DAYS_MS + 1000);
    for (const actor of [OPERATOR, paid.customer]) {
      await expect(partOf(shop, paid, unique("refund"), actor)).rejects.toMatchObject({ code: "REFUND_WINDOW_OVER" });
    }
    expect(await refundsOf(shop, paid.outTradeNo)).toEqual([]);
    expect(await partsAtProvider(paid)).toBe(0);
  });

  it("a request from before can't be granted, and says why ever after", async () => {
    const shop = openShop();
    const paid = await paidAgo(shop, DAYS_MS - 30_000);
    const { refundId } = await partOf(shop, paid, unique("refund"), paid.customer);
    await letPass(shop, 40);
    await expect(approveRefund(shop.ctx, OPERATOR, refundId)).rejects.toMatchObject({ code: "REFUND_WINDOW_OVER" });
    expect(await refundsOf(shop, paid.outTradeNo)).toMatchObject([
      { state: "CLOSED", failureCode: "REFUND_WINDOW_OVER" },
    ]);
  });

  it("is not over a moment earlier", async () => {
    const shop = openShop();
    const paid = await paidAgo(shop, DAYS_MS - 30_000);
    expect(await partOf(shop, paid)).toMatchObject({ status: "PROCESSING" });
  });
});

it("a payment that has less left than its order says so, and not that others are in the way", async () => {
  const shop = openShop();
  const paid = await newPaidOrder(shop, "wechat");
  // As a refund of it leaves it that came true when it had been given up, before its money was applied.
  await changePayment(shop, paid, { refunded: fen(2950) });
  await expect(partOf(shop, paid)).rejects.toMatchObject({ code: "REFUND_EXCEEDS_PAYMENT" });
  expect(await partsAtProvider(paid)).toBe(0);
});
