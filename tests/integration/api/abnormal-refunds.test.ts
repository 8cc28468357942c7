/** Refunds that find no way to their buyer's account: an operator sends the money elsewhere. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { refundRecords } from "../../../db/schema/payments.ts";
import { getOrder } from "../../../src/payments/orders/read-order.ts";
import { letPass, startAfresh } from "../support/afresh.ts";
import { expectAllWell } from "../support/all-well.ts";
import { deliver, deliverAll, misbehave, signedCallback } from "../support/controls.ts";
import { newPaidOrder } from "../support/purchases.ts";
import { actionsOn } from "../support/receipts.ts";
import { anomaliesOf } from "../support/records.ts";
import { OPERATOR, openShop, type Shop, unique } from "../support/shop.ts";
import { openApi } from "./support.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const TO_MERCHANT = { type: "MERCHANT_BANK_CARD" };
const ACCOUNT = "6225880137012345";
const NAME = "张三丰";
const TO_BUYER = { type: "USER_BANK_CARD", bankType: "CMB_DEBIT", bankAccount: ACCOUNT, realName: NAME };

/** A refund of all of a paid order's money, told to be ABNORMAL. */
async function stuckRefund() {
  const shop = openShop();
  const paid = await newPaidOrder(shop, "wechat");
  await misbehave({ kind: "refund_abnormal", outTradeNo: paid.outTradeNo });
  const request = { provider: "wechat", orderId: paid.orderId, reason: "退货" } as const;
  const { refundId } = await shop.manager.refund(OPERATOR, request, unique("refund"));
  await letPass(shop, 60);
  await deliverAll(shop, "wechat", paid.outTradeNo);
  expect(await stateOf(shop, refundId)).toBe("ABNORMAL");
  return { shop, paid, refundId };
}

async function stateOf(shop: Shop, refundId: string) {
  const [refund] = await shop.db.select().from(refundRecords).where(eq(refundRecords.id, refundId));
  return refund?.state;
}

const resolve = (refundId: string, body: object, provider = "wechat", api = openApi()) =>
  api.call("POST", `/payments/${provider}/refund/${refundId}/abnormal`, { as: OPERATOR, body });

it.each([
  ["the merchant's own card", TO_MERCHANT],
  ["another card of the buyer's", TO_BUYER],
])("goes on by %s, and ends as any other refund", async (_, target) => {
  const { shop, paid, refundId } = await stuckRefund();
  const { status, body } = await resolve(refundId, target);
  expect([status, body]).toMatchObject([200, { refundId, status: "PROCESSING", amount: "30.00" }]);
  await letPass(shop, 60);
  await deliverAll(shop, "wechat", paid.outTradeNo);
  expect(await stateOf(shop, refundId)).toBe("SUCCESS");
  expect(await getOrder(shop.ctx, OPERATOR, paid.orderId)).toMatchObject({ refundState: "FULL" });
  expect(await anomaliesOf(shop, paid.outTradeNo)).toEqual(["REFUND_ABNORMAL"]);
  await expectAllWell(shop, paid);
});

it("puts the operator's own words into the trail, and never those that the refund was asked for with", async () => {
  const { shop, refundId } = await stuckRefund();
  const reason = "the buyer's card has lapsed";
  expect((await resolve(refundId, { ...TO_MERCHANT, reason })).status).toBe(200);
  expect((await actionsOn(shop, refundId)).at(-1)).toBe(`refunds.resolve_abnormal: ${reason}`);
});

it("keeps nothing of the account, and who decided it is in the log", async () => {
  const { shop, refundId } = await stuckRefund();
  const api = openApi();
  await resolve(refundId, TO_BUYER, "wechat", api);
  await resolve(refundId, { ...TO_BUYER, bankAccount: `${ACCOUNT}x` }, "wechat", api);
  const [row] = await shop.db.select().from(refundRecords).where(eq(refundRecords.id, refundId));
  const kept = JSON.stringify(row) + api.lines.join("\n");
  for (const secret of [ACCOUNT, NAME, "CMB"]) expect(kept).not.toContain(secret);
  const audit = api.lines.map((line) => JSON.parse(line)).filter(({ event }) => event === "refund.abnormal.resolved");
  expect(audit).toMatchObject([{ refund: refundId, by: OPERATOR.id, target: "USER_BANK_CARD", outcome: "ok" }]);
});

describe("WeChat Pay's trouble with it", () => {
  it.each([
    [{ kind: "refuse", code: "NO_AUTH", status: 403 }, 422, { code: "PROVIDER_REFUSED", providerCode: "NO_AUTH" }],
    [{ kind: "drop_before" }, 504, { code: "PROVIDER_SILENT" }],
    [{ kind: "http_429" }, 429, { code: "PROVIDER_BUSY" }],
  ])("(%j) is told, and it can be tried again", async (fault, status, answer) => {
    const { shop, refundId } = await stuckRefund();
    await misbehave({ ...fault, operation: "abnormal_refund" });
    const troubled = await resolve(refundId, TO_MERCHANT);
    expect([troubled.status, troubled.body]).toMatchObject([status, answer]);
    expect(await stateOf(shop, refundId)).toBe("ABNORMAL");
    expect((await resolve(refundId, TO_MERCHANT)).body).toMatchObject({ status: "PROCESSING" });
  });

  it("that hid its answer is made up for by a query", async () => {
    const { shop, refundId } = await stuckRefund();
    await misbehave({ kind: "drop_after", operation: "abnormal_refund" });
    const { status, body } = await resolve(refundId, TO_MERCHANT);
    expect([status, body]).toMatchObject([200, { refundId, status: "PROCESSING" }]);
    expect(await shop.manager.queryRefund(OPERATOR, "wechat", refundId)).toMatchObject({ status: "PROCESSING" });
  });
});

it("stays stuck when only a callback from before says that it is on its way", async () => {
  const { shop, paid, refundId } = await stuckRefund();
  const fields = { refund_status: "PROCESSING", success_time: null };
  const order = { provider: "wechat", callback: "refund", outTradeNo: paid.outTradeNo, outRefundNo: refundId, fields };
  expect((await deliver(shop, "wechat", await signedCallback(order))).status).toBe(200);
  expect(await stateOf(shop, refundId)).toBe("ABNORMAL");
});

describe("there is nothing to resolve", () => {
  it.each([
    ["on its way", async (shop: Shop, orderId: string) => await refundOf(shop, "wechat", orderId)],
    [
      "done",
      async (shop: Shop, orderId: string) => {
        const refundId = await refundOf(shop, "wechat", orderId);
        await letPass(shop, 60);
        await shop.manager.queryRefund(OPERATOR, "wechat", refundId);
        return refundId;
      },
    ],
  ])("about a refund that is %s", async (_, make) => {
    const shop = openShop();
    const { orderId } = await newPaidOrder(shop, "wechat");
    const { status, body } = await resolve(await make(shop, orderId), TO_MERCHANT);
    expect([status, body.code]).toEqual([409, "REFUND_NOT_ABNORMAL"]);
  });

  it("about one that nobody knows, or of another provider", async () => {
    const shop = openShop();
    const { orderId } = await newPaidOrder(shop, "alipay");
    const refundId = await refundOf(shop, "alipay", orderId);
    expect((await resolve("NOTHING", TO_MERCHANT)).body.code).toBe("REFUND_NOT_FOUND");
    expect((await resolve(refundId, TO_MERCHANT)).body.code).toBe("REFUND_NOT_FOUND");
    for (const provider of ["alipay", "points"]) {
      const refused = await resolve(refundId, TO_MERCHANT, provider);
      expect([refused.status, refused.body.code]).toEqual([400, "METHOD_UNAVAILABLE"]);
    }
  });

  it.each([
    [{}, "type"],
    [{ type: "BALANCE" }, "type"],
    [{ ...TO_MERCHANT, bankType: "CMB_DEBIT" }, "bankType"],
    [{ ...TO_BUYER, bankType: "HSBC_DEBIT" }, "bankType"],
    [{ ...TO_BUYER, bankAccount: "12 34" }, "bankAccount"],
    [{ ...TO_BUYER, realName: undefined }, "realName"],
  ])("in %j: the field at fault is named, and nothing else said", async (body, path) => {
    const refused = await resolve("NOTHING", body);
    expect([refused.status, refused.body.issues?.[0]?.path]).toEqual([400, path]);
    expect(refused.text).not.toContain(ACCOUNT);
  });
});

async function refundOf(shop: Shop, provider: "wechat" | "alipay", orderId: string): Promise<string> {
  const request = { provider, orderId, reason: "退货" };
  return (await shop.manager.refund(OPERATOR, request, unique("refund"))).refundId;
}
