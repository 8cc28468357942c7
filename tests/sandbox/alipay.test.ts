import { describe, expect, it } from "vitest";
import { ask, call } from "./alipay-client.ts";
import { send } from "./http.ts";
import { openSimulator } from "./simulator.ts";

const NOTIFY = { parameters: { notify_url: "https://shop.example/alipay" } };
const { env, control } = await openSimulator();

const order = (no: string, amount = "88.80") => ({ out_trade_no: no, total_amount: amount, subject: "龙井茶 250 克" });
const precreate = (no: string, amount?: string) => ask(env, "alipay.trade.precreate", order(no, amount), NOTIFY);
const query = (no: string) => ask(env, "alipay.trade.query", { out_trade_no: no });
const close = (no: string) => ask(env, "alipay.trade.close", { out_trade_no: no });
const cancel = (no: string) => ask(env, "alipay.trade.cancel", { out_trade_no: no });
const refund = (no: string, request: string, amount: string) =>
  ask(env, "alipay.trade.refund", { out_trade_no: no, out_request_no: request, refund_amount: amount });
const queryRefund = (no: string, request: string) =>
  ask(env, "alipay.trade.fastpay.refund.query", { out_trade_no: no, out_request_no: request });
const pay = (no: string, body?: object) => control.post(`/trades/alipay/${no}/pay`, body);
const opened = async (no: string, amount?: string) => {
  await precreate(no, amount);
  await control.post(`/trades/alipay/${no}/open`);
};
const paid = async (no: string, amount?: string) => {
  await precreate(no, amount);
  await pay(no);
};

describe("a payment", () => {
  it("is precreated, exists once scanned, and is paid", async () => {
    const created = await precreate("t_paid");
    expect(created).toMatchObject({ code: "10000", msg: "Success", out_trade_no: "t_paid" });
    expect(await query("t_paid")).toMatchObject({ code: "40004", sub_code: "ACQ.TRADE_NOT_EXIST" });

    expect((await send({ method: "GET", url: created.qr_code ?? "" })).status).toBe(200);
    expect(await query("t_paid")).toMatchObject({
      code: "10000",
      trade_status: "WAIT_BUYER_PAY",
      total_amount: "88.80",
    });

    await pay("t_paid");
    const done = await query("t_paid");
    expect(done).toMatchObject({
      trade_status: "TRADE_SUCCESS",
      total_amount: "88.80",
      trade_no: expect.stringMatching(/^\d{28}$/),
      send_pay_date: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
    });
    const byNo = await ask(env, "alipay.trade.query", { trade_no: done.trade_no, out_trade_no: "ignored" });
    expect(byNo).toEqual(done);
  });

  it("answers with escaped slashes, which are part of what is signed", async () => {
    const answer = await call(env, "alipay.trade.precreate", order("t_slash"), NOTIFY);
    expect(answer.body).toContain('"qr_code":"http:\\/\\/');
    expect(answer.body).toMatch(/^\{"alipay_trade_precreate_response":\{"code":"10000"/);
  });

  it("times out three hours after the request unless told otherwise", async () => {
    await opened("t_default");
    await ask(env, "alipay.trade.precreate", { ...order("t_short"), timeout_express: "5m" }, NOTIFY);
    await control.post("/trades/alipay/t_short/open");
    await control.advance(301);
    expect(await query("t_short")).toMatchObject({ trade_status: "TRADE_CLOSED" });
    expect(await query("t_default")).toMatchObject({ trade_status: "WAIT_BUYER_PAY" });
    await control.advance(3 * 3600);
    expect(await query("t_default")).toMatchObject({ trade_status: "TRADE_CLOSED" });
    await expect(pay("t_default")).rejects.toThrow("409");
  });

  it("is finished after the refund window", async () => {
    await paid("t_finished");
    await control.advance(91 * 86_400);
    expect(await query("t_finished")).toMatchObject({ trade_status: "TRADE_FINISHED" });
    expect(await refund("t_finished", "r1", "1.00")).toMatchObject({ sub_code: "ACQ.TRADE_HAS_FINISHED" });
  });
});

describe("repeating a precreate", () => {
  it("gives the same code for the same request, a fresh one after two hours", async () => {
    const first = await precreate("t_twice");
    expect(await precreate("t_twice")).toEqual(first);
    await control.advance(7201);
    expect((await precreate("t_twice")).qr_code).not.toBe(first.qr_code);
  });

  it("is refused when anything has changed, when paid and when closed", async () => {
    await precreate("t_changed");
    expect(await precreate("t_changed", "88.81")).toMatchObject({
      code: "40004",
      sub_code: "ACQ.CONTEXT_INCONSISTENT",
    });
    await pay("t_changed");
    expect(await precreate("t_changed")).toMatchObject({ sub_code: "ACQ.TRADE_HAS_SUCCESS" });
    await opened("t_closed");
    await close("t_closed");
    expect(await precreate("t_closed")).toMatchObject({ sub_code: "ACQ.TRADE_HAS_CLOSE" });
  });
});

describe("closing and cancelling", () => {
  it("closes only a trade that waits for its buyer", async () => {
    await precreate("t_close");
    expect(await close("t_close")).toMatchObject({ sub_code: "ACQ.TRADE_NOT_EXIST" });
    await control.post("/trades/alipay/t_close/open");
    expect(await close("t_close")).toMatchObject({ code: "10000", out_trade_no: "t_close" });
    expect(await query("t_close")).toMatchObject({ trade_status: "TRADE_CLOSED" });
    expect(await close("t_close")).toMatchObject({ sub_code: "ACQ.TRADE_STATUS_ERROR" });
    await paid("t_close_paid");
    expect(await close("t_close_paid")).toMatchObject({ sub_code: "ACQ.TRADE_STATUS_ERROR" });
  });

  it("cancels by closing, by refunding, or without anything to do", async () => {
    expect(await cancel("t_nobody")).not.toHaveProperty("action");
    await opened("t_cancel");
    expect(await cancel("t_cancel")).toMatchObject({ code: "10000", action: "close", retry_flag: "N" });
    await paid("t_cancel_paid", "5.00");
    expect(await cancel("t_cancel_paid")).toMatchObject({ action: "refund" });
    expect(await cancel("t_cancel_paid")).toMatchObject({ action: "refund" });
    expect(await query("t_cancel_paid")).toMatchObject({ trade_status: "TRADE_CLOSED" });
    expect(await control.trade("alipay", "t_cancel_paid")).toMatchObject({ refunded: 500 });
  });
});

describe("a refund", () => {
  it("moves money at once; refund_fee adds up; the same number again moves nothing", async () => {
    await paid("t_refund", "10.00");
    expect(await refund("t_refund", "r1", "3.00")).toMatchObject({ fund_change: "Y", refund_fee: "3.00" });
    expect(await refund("t_refund", "r1", "3.00")).toMatchObject({ fund_change: "N", refund_fee: "3.00" });
    expect(await refund("t_refund", "r2", "4.00")).toMatchObject({ fund_change: "Y", refund_fee: "7.00" });
    expect(await refund("t_refund", "r2", "1.00")).toMatchObject({ sub_code: "ACQ.DISCORDANT_REPEAT_REQUEST" });
    expect(await refund("t_refund", "r3", "3.01")).toMatchObject({ sub_code: "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL" });
    expect(await query("t_refund")).toMatchObject({ trade_status: "TRADE_SUCCESS" });
    expect(await refund("t_refund", "r3", "3.00")).toMatchObject({ fund_change: "Y", refund_fee: "10.00" });
    expect(await query("t_refund")).toMatchObject({ trade_status: "TRADE_CLOSED", send_pay_date: expect.any(String) });
    expect(await refund("t_refund", "r3", "3.00")).toMatchObject({ code: "10000", fund_change: "N" });
    expect(await refund("t_refund", "r4", "0.01")).toMatchObject({ sub_code: "ACQ.TRADE_HAS_CLOSE" });
  });

  it("is found by its number; an unknown number gives success without a status", async () => {
    await paid("t_found", "10.00");
    await refund("t_found", "r1", "3.00");
    expect(await queryRefund("t_found", "r1")).toMatchObject({
      refund_status: "REFUND_SUCCESS",
      refund_amount: "3.00",
      total_amount: "10.00",
    });
    expect(await queryRefund("t_found", "r2")).toEqual({ code: "10000", msg: "Success" });
    expect(await queryRefund("t_nobody", "r1")).toMatchObject({ sub_code: "ACQ.TRADE_NOT_EXIST" });
  });

  it("of an unpaid trade is refused", async () => {
    await opened("t_unpaid");
    expect(await refund("t_unpaid", "r1", "1.00")).toMatchObject({ sub_code: "ACQ.TRADE_STATUS_ERROR" });
  });
});
