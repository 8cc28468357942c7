import { describe, expect, test } from "vitest";
import { answerNotice } from "../../../../src/providers/alipay/notify.ts";
import { AlipayPayProvider } from "../../../../src/providers/alipay/provider.ts";
import { ALIPAY_METHODS } from "../../../../src/providers/methods.ts";
import { alipayConfig, noticeBody, PAYMENT_NOTICE } from "../support/alipay.ts";
import { receive } from "../support/alipay-notices.ts";
import { NOW } from "../support/calls.ts";

const TRADE_NO = "2026112222001400000000000001";
const RECEIPT = { providerTradeNo: TRADE_NO, amount: 10_050, paidAt: new Date("2026-11-22T01:59:30Z") };
const REFUND_NOTICE = {
  ...PAYMENT_NOTICE,
  out_biz_no: "01JD8ZC4Q6V0X5T2R9N7M3K1B8A1R1",
  refund_fee: "75.00",
  gmt_refund: "2026-11-22 10:05:00.123",
};

const without = (name: string) => Object.fromEntries(Object.entries(PAYMENT_NOTICE).filter(([key]) => key !== name));

describe("what notices say", () => {
  test("a payment", async () => {
    expect(await receive(PAYMENT_NOTICE)).toEqual({
      verified: true,
      event: {
        kind: "trade",
        methods: [...ALIPAY_METHODS],
        notifyId: PAYMENT_NOTICE.notify_id,
        event: "TRADE_SUCCESS",
        outTradeNo: PAYMENT_NOTICE.out_trade_no,
        trade: { status: "paid", receipt: RECEIPT },
      },
    });
  });

  test.each([
    [{ trade_status: "TRADE_FINISHED" }, { status: "paid", receipt: RECEIPT }],
    [{ refund_fee: "0.00" }, { status: "paid", receipt: RECEIPT }],
    [{ out_biz_no: "" }, { status: "paid", receipt: RECEIPT }],
    [
      { out_biz_no: "R1", refund_fee: "0.00" },
      { status: "paid", receipt: RECEIPT },
    ],
    [
      { a_field_of_tomorrow: "{}", passback_params: "a%3D1%26b%3D2" },
      { status: "paid", receipt: RECEIPT },
    ],
    [{ trade_status: "WAIT_BUYER_PAY", gmt_payment: "" }, { status: "pending" }],
    [{ trade_status: "TRADE_CLOSED", gmt_payment: "" }, { status: "closed" }],
    [{ trade_status: "TRADE_CLOSED" }, { status: "refunded", receipt: RECEIPT, goneBack: 10_050 }],
    [
      { trade_status: "TRADE_FINISHED", refund_fee: "50.00" },
      { status: "refunded", receipt: RECEIPT, goneBack: 5_000 },
    ],
  ])("%j is %j", async (changes, trade) => {
    expect(await receive({ ...PAYMENT_NOTICE, ...changes })).toMatchObject({ verified: true, event: { trade } });
  });

  test.each(["TRADE_SUCCESS", "TRADE_CLOSED"])("a refund that leaves the trade %s", async (trade_status) => {
    expect(await receive({ ...REFUND_NOTICE, trade_status })).toEqual({
      verified: true,
      event: {
        kind: "refund",
        notifyId: PAYMENT_NOTICE.notify_id,
        event: trade_status,
        outTradeNo: PAYMENT_NOTICE.out_trade_no,
        outRefundNo: REFUND_NOTICE.out_biz_no,
        providerTradeNo: TRADE_NO,
        refund: {
          status: "success",
          providerRefundNo: null,
          amount: null,
          succeededAt: new Date("2026-11-22T02:05:00Z"),
        },
        goneBack: 7_500,
      },
    });
  });

  test("a refund that was given no number goes by the trade's", async () => {
    const verdict = await receive({ ...REFUND_NOTICE, out_biz_no: TRADE_NO });
    expect(verdict).toMatchObject({ event: { kind: "refund", outRefundNo: PAYMENT_NOTICE.out_trade_no } });
  });

  test.each([
    { notify_type: "servicemarket_order_notify" },
    { notify_type: "servicemarket_order_notify", seller_id: "" },
    { notify_type: "servicemarket_order_notify", seller_id: "2088000000000002" },
    { notify_type: "fund_auth_unfreeze", seller_id: "", payee_user_id: "2088000000000001" },
    { trade_status: "SOMETHING_NEW" },
  ])("nothing of consequence: %j", async (changes) => {
    expect(await receive({ ...PAYMENT_NOTICE, ...changes })).toMatchObject({
      verified: true,
      event: { kind: "other" },
    });
  });

  test("a release of frozen money, which names no seller", async () => {
    const fields = { ...without("seller_id"), notify_type: "fund_auth_unfreeze" };
    const notifyId = PAYMENT_NOTICE.notify_id;
    const event = { kind: "other", notifyId, event: "fund_auth_unfreeze" };
    expect(await receive(fields)).toEqual({ verified: true, event });
    expect(await receive({ ...fields, app_id: "2021000000000002" })).toMatchObject({ reason: "foreign_application" });
  });

  test.each(["fund_auth_unfreeze", "fund_auth_pay", "fund_auth_freeze"])("a hint at a freeze: %s", async (type) => {
    const said = {
      ...without("seller_id"),
      notify_type: type,
      out_order_no: "A1",
      out_request_no: "U1",
      amount: "1.00",
    };
    const event = { kind: "freeze_hint", notifyId: PAYMENT_NOTICE.notify_id, event: type, outOrderNo: "A1" };
    expect(await receive({ ...said, status: "SUCCESS", auth_no: "1" })).toEqual({ verified: true, event });
  });

  test.each([
    [{ app_id: "2021000000000002" }, "foreign_application"],
    [{ seller_id: "2088000000000002" }, "foreign_merchant"],
    [{ seller_id: "" }, "foreign_merchant"],
    [{ notify_type: "fund_auth_unfreeze", app_id: "2021000000000002" }, "foreign_application"],
    [{ notify_type: "", seller_id: "2088000000000002" }, "foreign_merchant"],
    [{ total_amount: "100.505" }, "malformed"],
    [{ total_amount: "" }, "malformed"],
    [{ gmt_payment: "yesterday" }, "malformed"],
    [{ out_trade_no: "" }, "malformed"],
    [{ charset: "utf-7" }, "malformed"],
  ])("%j is refused as %s", async (changes, reason) => {
    expect(await receive({ ...PAYMENT_NOTICE, ...changes })).toMatchObject({ verified: false, reason });
  });

  test("without a configured seller, any of the application's counts", async () => {
    const { sellerId: _, ...config } = await alipayConfig();
    const open = new AlipayPayProvider(config, { fetch: () => Promise.reject(new Error("no network")) });
    const body = await noticeBody(without("seller_id"));
    expect(await open.verifyCallback({ headers: new Headers(), body }, NOW)).toMatchObject({ verified: true });
  });
});

test("Alipay is answered in its own words", () => {
  expect(answerNotice("accepted")).toMatchObject({ status: 200, body: "success" });
  expect(answerNotice("unverified")).toMatchObject({ status: 401, body: "failure" });
  expect(answerNotice("failed")).toMatchObject({ status: 500, body: "failure" });
});
