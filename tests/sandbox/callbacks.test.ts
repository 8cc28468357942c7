/** Alipay's notices, and shops that take none. */
import { describe, expect, it } from "vitest";
import * as alipay from "./alipay-client.ts";
import { openSimulatorAndShop } from "./simulator.ts";
import { call, nativeOrder } from "./wechat-client.ts";

const MINUTE = 60;
const HOUR = 3600;
const ALIPAY_GAPS = [4 * MINUTE, 10 * MINUTE, 10 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR, 15 * HOUR];

const { env, control, shop } = await openSimulatorAndShop();

const payAlipay = async (no: string, amount = "8.00") => {
  const order = { out_trade_no: no, total_amount: amount, subject: "茶 + 100%" };
  await alipay.ask(env, "alipay.trade.precreate", order, { parameters: { notify_url: `${shop.url}/a` } });
  await control.post(`/trades/alipay/${no}/pay`);
  await control.advance(0);
};
const refundAlipay = async (no: string, request: string, amount: string) => {
  await alipay.ask(env, "alipay.trade.refund", { out_trade_no: no, out_request_no: request, refund_amount: amount });
  await control.advance(0);
};
const only = <T>(items: readonly T[]): T => {
  const [item] = items;
  if (items.length !== 1 || item === undefined) throw new Error(`expected one, got ${items.length}`);
  return item;
};

describe("Alipay", () => {
  it("tells of a payment in a signed form that survives plus signs and percent signs", async () => {
    await payAlipay("t_paid");
    const callback = only(shop.callbacks);
    expect(callback.headers["content-type"]).toContain("application/x-www-form-urlencoded");
    expect(alipay.noticeFields(env, callback.body)).toMatchObject({
      notify_type: "trade_status_sync",
      trade_status: "TRADE_SUCCESS",
      app_id: env.ALIPAY_APP_ID,
      out_trade_no: "t_paid",
      total_amount: "8.00",
      subject: "茶 + 100%",
    });
  });

  it("tells of partial refunds, but not when the last of a face-to-face trade's money goes back", async () => {
    await payAlipay("t_refund");
    await refundAlipay("t_refund", "r1", "3.00");
    await refundAlipay("t_refund", "r2", "2.00");
    await refundAlipay("t_refund", "r3", "3.00");
    const refunds = shop.callbacks.slice(1).map((callback) => alipay.noticeFields(env, callback.body));
    expect(refunds).toMatchObject([
      { trade_status: "TRADE_SUCCESS", out_biz_no: "r1", refund_fee: "3.00" },
      { trade_status: "TRADE_SUCCESS", out_biz_no: "r2", refund_fee: "5.00" },
    ]);
    expect(refunds[0]?.gmt_refund).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/);
  });

  it("comes again until the body is exactly success, eight times in all, with the same notify_id", async () => {
    shop.answer = { status: 200, body: "success\n" };
    await payAlipay("t_retry");
    for (const [index, gap] of ALIPAY_GAPS.entries()) {
      await control.advance(gap - 1);
      expect(shop.callbacks).toHaveLength(index + 1);
      await control.advance(1);
      expect(shop.callbacks).toHaveLength(index + 2);
    }
    await control.advance(48 * HOUR);
    expect(shop.callbacks).toHaveLength(8);
    const ids = shop.callbacks.map((callback) => alipay.noticeFields(env, callback.body).notify_id);
    expect(new Set(ids).size).toBe(1);
    expect(only(await control.deliveries("t_retry"))).toMatchObject({ state: "given_up" });
  });
});

describe("a shop that can't be reached", () => {
  it("is written down with the reason", async () => {
    const order = nativeOrder(env, "order-nobody", "http://127.0.0.1:1/n");
    await call(env, "POST", "/v3/pay/transactions/native", order);
    await control.post("/trades/wechat/order-nobody/pay");
    await control.advance(0);
    const delivery = only(await control.deliveries("order-nobody"));
    expect(delivery).toMatchObject({ state: "pending", attempts: 1, lastAnswer: { error: expect.any(String) } });
  });
});
