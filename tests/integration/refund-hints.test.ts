/** Refund notices of WeChat Pay's V2 protocol: nobody signs them, so each is a hint to ask, and answered in its own form. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, expect, it } from "vitest";
import { notifications } from "../../db/schema/records.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { expectAllWell } from "./support/all-well.ts";
import { deliver, misbehave, sandbox, signedCallback } from "./support/controls.ts";
import { newPaidOrder } from "./support/purchases.ts";
import { anomaliesOf, attemptOf, refundsOf } from "./support/records.ts";
import { OPERATOR, openShop, type Shop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const words = (code: string, message: string) =>
  `<xml><return_code><![CDATA[${code}]]></return_code><return_msg><![CDATA[${message}]]></return_msg></xml>`;
const ACCEPTED = [200, words("SUCCESS", "OK")];
const UNVERIFIED = [401, words("FAIL", "签名失败")];
const COME_AGAIN = [500, words("FAIL", "处理失败")];

/** Hands a shop the notice of a refund, and says what it answered. */
async function notice(shop: Shop, members: Readonly<Record<string, unknown>>) {
  const callback = await signedCallback({ provider: "wechat", callback: "refund_v2", ...members });
  const { status, body } = await deliver(shop, "wechat", callback);
  await shop.idle();
  return [status, body];
}

async function refundUnderWay() {
  const shop = openShop();
  const paid = await newPaidOrder(shop, "wechat");
  const request = { provider: "wechat", orderId: paid.orderId, reason: "退货" } as const;
  const { outRefundNo } = await shop.manager.refund(OPERATOR, request, unique("refund"));
  return { shop, paid, outTradeNo: paid.outTradeNo, outRefundNo };
}

it("is no proof: what it says counts only once WeChat Pay says so too", async () => {
  const { shop, paid, outTradeNo, outRefundNo } = await refundUnderWay();
  const fields = { refund_status: "SUCCESS" };
  expect(await notice(shop, { outTradeNo, outRefundNo, fields })).toEqual(ACCEPTED);
  expect(await refundsOf(shop, outTradeNo)).toMatchObject([{ state: "PROCESSING" }]);
  await letPass(shop, 60);
  expect(await notice(shop, { outTradeNo, outRefundNo, fields: { refund_status: "REFUNDCLOSE" } })).toEqual(ACCEPTED);
  expect(await refundsOf(shop, outTradeNo)).toMatchObject([{ state: "SUCCESS" }]);
  expect(await notice(shop, { outTradeNo, outRefundNo })).toEqual(ACCEPTED);
  await expectAllWell(shop, paid);
});

it("has to come again while WeChat Pay can't be asked", async () => {
  const { shop, outTradeNo, outRefundNo } = await refundUnderWay();
  await letPass(shop, 60);
  await misbehave({ kind: "drop_before", operation: "refund_query" });
  expect(await notice(shop, { outTradeNo, outRefundNo })).toEqual(COME_AGAIN);
  expect(await refundsOf(shop, outTradeNo)).toMatchObject([{ state: "PROCESSING" }]);
  expect(await notice(shop, { outTradeNo, outRefundNo })).toEqual(ACCEPTED);
  expect(await refundsOf(shop, outTradeNo)).toMatchObject([{ state: "SUCCESS" }]);
});

it("of a refund that somebody made at WeChat Pay puts it on record, once", async () => {
  const shop = openShop();
  const { outTradeNo } = await newPaidOrder(shop, "wechat");
  const byHand = { provider: "wechat", outTradeNo, amount: 500 };
  const { outRefundNo } = await sandbox<{ outRefundNo: string }>("POST", "refunds/external", byHand);
  await letPass(shop, 60);
  for (const _copy of [1, 2]) expect(await notice(shop, { outTradeNo, outRefundNo })).toEqual(ACCEPTED);
  expect(await refundsOf(shop, outTradeNo)).toMatchObject([
    { outRefundNo, origin: "EXTERNAL", state: "SUCCESS", amount: 500, applied: false },
  ]);
  expect(await attemptOf(shop, outTradeNo)).toMatchObject({ refunding: 0, refunded: 0, refundParts: 0 });
  expect(await anomaliesOf(shop, outTradeNo)).toEqual(["UNKNOWN_REFUND"]);
});

it("of a refund that WeChat Pay does not have changes nothing, and is on record as ignored", async () => {
  const shop = openShop();
  const { outTradeNo } = await newPaidOrder(shop, "wechat");
  expect(await notice(shop, { outTradeNo, outRefundNo: unique("invented") })).toEqual(ACCEPTED);
  expect(await refundsOf(shop, outTradeNo)).toEqual([]);
  expect(await anomaliesOf(shop, outTradeNo)).toEqual([]);
  const found = await shop.db.select().from(notifications).where(eq(notifications.outTradeNo, outTradeNo));
  expect(found.map(({ outcome }) => outcome).sort()).toEqual(["APPLIED", "IGNORED"]);
});

it.each([
  ["sealed with another key", { signer: "foreign" }],
  ["of another merchant", { envelope: { mch_id: "1880000002" } }],
  ["without a sealed part", { envelope: { req_info: "" } }],
  ["of nonsense", { plaintext: "<root>" }],
])("%s does not count", async (_, members) => {
  const { shop, outTradeNo, outRefundNo } = await refundUnderWay();
  await letPass(shop, 60);
  expect(await notice(shop, { outTradeNo, outRefundNo, ...members })).toEqual(UNVERIFIED);
  expect(await refundsOf(shop, outTradeNo)).toMatchObject([{ state: "PROCESSING" }]);
});
