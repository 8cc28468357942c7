import { describe, expect, expectTypeOf, test } from "vitest";
import { Alipay, fen } from "../../../../src/providers/alipay/alipay.ts";
import { alipayConfig, businessError, nodeReply, noticeBody, PAYMENT_NOTICE, success } from "../support/alipay.ts";
import { NOW, recordingFetch, type SentRequest } from "../support/calls.ts";

const at = { now: () => NOW };
const TRADE = {
  outTradeNo: "ORDER_20261122_1",
  subject: "新年礼盒 🎁",
  amount: fen(10_050),
  expiresAt: new Date(NOW + 30 * 60_000),
};
const NUMBERS = { out_trade_no: TRADE.outTradeNo, trade_no: "2026112222001400000000000001" };
const PAID = { trade_status: "TRADE_SUCCESS", total_amount: "100.50", send_pay_date: "2026-11-22 10:00:01" };

const contentOf = ({ body }: SentRequest) => JSON.parse(new URLSearchParams(body).get("biz_content") ?? "null");
const methodOf = ({ url }: SentRequest) => url.searchParams.get("method") ?? "";

/** The class, with every call answered by a success with these members, or by this node. */
async function alipayOf(node: Readonly<Record<string, unknown>>) {
  const reply = "code" in node ? node : success({ ...NUMBERS, ...node });
  const { fetch, sent } = recordingFetch((request) => nodeReply(methodOf(request), reply));
  return { alipay: new Alipay(await alipayConfig(), { fetch }), sent };
}

describe("the standalone class", () => {
  test("creates trades by each method, with a credential of the method's own type", async () => {
    const { alipay, sent } = await alipayOf({ qr_code: "https://qr.alipay.com/bax1" });
    const web = await alipay.createWeb({ ...TRADE, returnUrl: "https://shop.example.com/paid" }, at);
    if (web.kind !== "ok") throw new Error(web.message);
    expectTypeOf(web.value.credential).toEqualTypeOf<{
      readonly method: "ALIPAY_WEB";
      readonly payUrl: string;
      readonly form: string;
    }>();
    expect(new URL(web.value.credential.payUrl).searchParams.get("return_url")).toBe("https://shop.example.com/paid");
    const others = await Promise.all([
      alipay.createWap({ ...TRADE, quitUrl: "https://shop.example.com/" }, at),
      alipay.createApp(TRADE, at),
      alipay.createQr(TRADE, at),
      alipay.createJsapi({ ...TRADE, buyerId: "2088101117955611" }, at),
    ]);
    expect(others).toMatchObject([
      { value: { credential: { form: expect.stringContaining("<form"), payUrl: expect.any(String) } } },
      { value: { credential: { orderString: expect.stringContaining("alipay.trade.app.pay") } } },
      { value: { credential: { qrCode: "https://qr.alipay.com/bax1" } } },
      { value: { credential: { tradeNo: NUMBERS.trade_no } } },
    ]);
    expect(sent.map(methodOf)).toEqual(["alipay.trade.precreate", "alipay.trade.create"]);
    expect(contentOf(sent[0] as SentRequest)).toMatchObject({ subject: "新年礼盒", total_amount: "100.50" });
  });

  test("takes payments by bar code, and says when it does not know", async () => {
    const trade = { ...TRADE, authCode: "286012345678901234" };
    const { alipay } = await alipayOf({ total_amount: "100.50", gmt_payment: "2026-11-22 10:00:01" });
    const receipt = { providerTradeNo: NUMBERS.trade_no, amount: 10_050, paidAt: new Date("2026-11-22T02:00:01Z") };
    expect(await alipay.payBarcode(trade, at)).toEqual({ kind: "ok", value: { status: "paid", receipt } });
    const { alipay: waiting } = await alipayOf({ code: "10003", ...NUMBERS });
    expect(await waiting.payBarcode(trade, at)).toEqual({ kind: "ok", value: { status: "pending" } });
    const { alipay: failing } = await alipayOf(businessError("ACQ.SYSTEM_ERROR"));
    expect(await failing.payBarcode(trade, at)).toMatchObject({ kind: "unknown" });
  });

  test("rejects input that Alipay would not take, naming the member", async () => {
    const { alipay, sent } = await alipayOf({});
    await expect(alipay.createQr({ ...TRADE, outTradeNo: "?" })).rejects.toThrow("out_trade_no: ");
    await expect(alipay.createWap(TRADE)).rejects.toThrow("quit_url: ");
    await expect(alipay.refund({ outRefundNo: "R1", amount: fen(1) })).rejects.toThrow("out_trade_no: ");
    await expect(alipay.queryRefund({ outRefundNo: "R1" })).rejects.toThrow("out_trade_no: ");
    expect(sent).toEqual([]);
  });

  test("queries by either number, with what was said about the trade", async () => {
    const { alipay, sent } = await alipayOf({ ...PAID, passback_params: encodeURIComponent("柜台 3&x=1") });
    const found = { kind: "ok", value: { outTradeNo: TRADE.outTradeNo, passbackParams: "柜台 3&x=1" } };
    expect(await alipay.queryByOutTradeNo(TRADE.outTradeNo, at)).toMatchObject(found);
    expect(await alipay.queryByTradeNo(NUMBERS.trade_no, at)).toMatchObject(found);
    expect(sent.map(contentOf)).toEqual([{ out_trade_no: TRADE.outTradeNo }, { trade_no: NUMBERS.trade_no }]);
    expect(await alipay.queryByTradeNo("2026112222001400000000000002", at)).toMatchObject({ cause: "unverified" });
    const { alipay: unknowing } = await alipayOf(businessError("ACQ.TRADE_NOT_EXIST"));
    const none = { kind: "ok", value: { status: "not_found" } };
    expect(await unknowing.queryByOutTradeNo(TRADE.outTradeNo, at)).toEqual(none);
  });

  test.each(["ACQ.TRADE_STATUS_ERROR", "ACQ.REASON_ILLEGAL_STATUS"])("takes no %s for a payment", async (code) => {
    const { alipay } = await alipayOf(businessError(code));
    expect(await alipay.close(TRADE.outTradeNo, at)).toEqual({ kind: "ok", value: "not_closable" });
  });

  test("closes, cancels and refunds", async () => {
    const { alipay, sent } = await alipayOf({ retry_flag: "N", action: "close", fund_change: "Y", refund_fee: "9.00" });
    expect(await alipay.close(TRADE.outTradeNo, at)).toEqual({ kind: "ok", value: "closed" });
    expect(await alipay.cancel(TRADE.outTradeNo, at)).toEqual({ kind: "ok", value: "closed" });
    const refund = { outRefundNo: "R1", tradeNo: NUMBERS.trade_no, amount: fen(500), reason: "尺码/颜色" };
    expect(await alipay.refund(refund, at)).toMatchObject({ kind: "ok", value: { status: "success", amount: 500 } });
    const asked = await alipay.queryRefund(refund, at);
    expect(asked).toMatchObject({ kind: "ok", value: { status: "processing" } });
    expect(sent.map((request) => [methodOf(request), contentOf(request)])).toEqual([
      ["alipay.trade.close", { out_trade_no: TRADE.outTradeNo }],
      ["alipay.trade.cancel", { out_trade_no: TRADE.outTradeNo }],
      [
        "alipay.trade.refund",
        { trade_no: NUMBERS.trade_no, refund_amount: "5.00", out_request_no: "R1", refund_reason: "尺码／颜色" },
      ],
      [
        "alipay.trade.fastpay.refund.query",
        { trade_no: NUMBERS.trade_no, out_request_no: "R1", query_options: ["gmt_refund_pay"] },
      ],
    ]);
  });

  test("reads notices and answers them", async () => {
    const { alipay } = await alipayOf({});
    const verdict = await alipay.readNotice({ body: await noticeBody(PAYMENT_NOTICE) }, NOW);
    expect(verdict).toMatchObject({ verified: true, event: { kind: "trade", trade: { status: "paid" } } });
    expect(alipay.answerNotice("accepted")).toMatchObject({ status: 200, body: "success" });
    expect(alipay.answerNotice("failed")).toMatchObject({ status: 500, body: "failure" });
  });
});
