import { describe, expect, it } from "vitest";
import { askTradeBill, billText, nextDay, parsed } from "./bills-client.ts";
import { opened, told } from "./callbacks-client.ts";
import { COMBINE, combinedOrder, createCombined, queryCombined } from "./combine-client.ts";
import type { TakenDelivery } from "./control.ts";
import { type Received, send } from "./http.ts";
import { openSimulator } from "./simulator.ts";
import { call, refundOrder, verified } from "./wechat-client.ts";

const { env, control } = await openSimulator();

const outcome = (answer: Received) => [answer.status, answer.json().code];
const created = async (no: string, more: object = {}) => {
  const answer = await createCombined(env, "native", combinedOrder(env, no, more));
  expect(answer.status).toBe(200);
  return answer.json();
};
const pay = (no: string, body?: object) => control.post(`/trades/wechat/${no}/pay`, body);
const states = async (no: string) => {
  const { sub_orders } = (await queryCombined(env, no)).json();
  return (sub_orders as { trade_state: string }[]).map((order) => order.trade_state);
};
const refund = (no: string, outRefundNo: string, part: number, total: number) =>
  call(env, "POST", "/v3/refund/domestic/refunds", refundOrder(no, outRefundNo, part, total));
const look = async (url: unknown) => (await send({ method: "GET", url: String(url) })).body;

describe("a combined payment", () => {
  it("is opened, paid on one page and found by both numbers, every answer signed", async () => {
    const answer = await createCombined(env, "native", combinedOrder(env, "co-paid"));
    expect(verified(env, answer.headers, answer.body)).toBe(true);
    expect((await queryCombined(env, "co-paid")).json()).toEqual({
      combine_appid: env.WECHAT_APP_ID,
      combine_mchid: env.WECHAT_MCH_ID,
      combine_out_trade_no: "co-paid",
      sub_orders: [sub("co-paid-a", 100, { trade_state: "NOTPAY" }), sub("co-paid-b", 250, { trade_state: "NOTPAY" })],
    });
    const url = answer.json().code_url;
    const page = await look(url);
    for (const text of ["¥3.50", "商品 co-paid-a", "¥1.00", "商品 co-paid-b", "¥2.50"]) expect(page).toContain(text);
    await send({ method: "POST", url: `${url}/confirm` });
    expect(await look(url)).toContain("支付成功");

    const paid = await queryCombined(env, "co-paid");
    expect(verified(env, paid.headers, paid.body)).toBe(true);
    const receipt = {
      trade_state: "SUCCESS",
      trade_type: "NATIVE",
      bank_type: "OTHERS",
      transaction_id: expect.stringMatching(/^\d{28}$/),
      success_time: expect.stringMatching(/\+08:00$/),
    };
    expect(paid.json()).toEqual({
      combine_appid: env.WECHAT_APP_ID,
      combine_mchid: env.WECHAT_MCH_ID,
      combine_out_trade_no: "co-paid",
      combine_transaction_id: expect.stringMatching(/^\d{28}$/),
      combine_payer_info: { openid: expect.any(String) },
      sub_orders: [
        sub("co-paid-a", 100, receipt, { payer_amount: 100, payer_currency: "CNY" }),
        sub("co-paid-b", 250, receipt, { payer_amount: 250, payer_currency: "CNY" }),
      ],
    });
    const ids = (paid.json().sub_orders as { transaction_id: string }[]).map((order) => order.transaction_id);
    const whole = paid.json().combine_transaction_id;
    expect(new Set([...ids, whole]).size).toBe(3);
    expect((await call(env, "GET", `${COMBINE}/id/${whole}`)).json()).toEqual(paid.json());
  });

  it("tells of all its orders in one callback", async () => {
    await created("co-told");
    await pay("co-told-b");
    const callbacks = await told(env, control, "co-told");
    expect(callbacks).toEqual([
      {
        event: "TRANSACTION.SUCCESS",
        originalType: "transaction",
        associatedData: "transaction",
        plaintext: (await queryCombined(env, "co-told")).json(),
      },
    ]);
    for (const no of ["co-told-a", "co-told-b"]) {
      expect(await told(env, control, no)).toEqual([]);
      expect(await control.trade("wechat", no)).toMatchObject({ state: "paid", combineOutTradeNo: "co-told" });
    }
  });

  it("can be told of with other members", async () => {
    await created("co-forged");
    const order = { provider: "wechat", callback: "combined", outTradeNo: "co-forged", fields: { combine_mchid: "1" } };
    const { plaintext } = opened(env, (await control.post("/sign", order)) as TakenDelivery);
    expect(plaintext).toEqual({ ...(await queryCombined(env, "co-forged")).json(), combine_mchid: "1" });
  });

  it("is paid by the number of the whole, too, and one order's amount may come out wrong", async () => {
    await created("co-whole");
    await pay("co-whole");
    await expect(pay("co-whole-a")).rejects.toThrow("409");
    await created("co-wrong");
    await pay("co-wrong-b", { amount: 249 });
    const [callback] = await told(env, control, "co-wrong");
    expect(callback?.plaintext).toMatchObject({
      sub_orders: [{ amount: { total_amount: 100 } }, { amount: { total_amount: 249 } }],
    });
    await created("co-lied");
    await control.fault({ kind: "callback_wrong_amount", outTradeNo: "co-lied-a", amount: 7 });
    await pay("co-lied");
    const [lie] = await told(env, control, "co-lied");
    expect(lie?.plaintext).toMatchObject({
      sub_orders: [{ amount: { total_amount: 7 } }, { amount: { total_amount: 250 } }],
    });
    expect(await control.trade("wechat", "co-lied-a")).toMatchObject({ amount: 100 });
  });

  it("is refunded order by order", async () => {
    await created("co-refund");
    await pay("co-refund");
    expect(outcome(await refund("co-refund", "co-refund-r0", 1, 350))).toEqual([404, "RESOURCE_NOT_EXISTS"]);
    expect((await refund("co-refund-b", "co-refund-r1", 250, 250)).json()).toMatchObject({
      out_trade_no: "co-refund-b",
      amount: { refund: 250, total: 250 },
    });
    expect(outcome(await refund("co-refund-a", "co-refund-r2", 101, 100))).toEqual([400, "INVALID_REQUEST"]);
    expect(await states("co-refund")).toEqual(["SUCCESS", "REFUND"]);
  });

  it("stands in the bill order by order", async () => {
    await nextDay(control, { hour: 8 });
    await created("co-bill");
    await pay("co-bill");
    const day = await nextDay(control, { hour: 10 });
    const { rows } = parsed(await billText(env, await askTradeBill(env, `bill_date=${day}`)));
    expect(rows.map((row) => [row.商户订单号, row.订单金额, row.商户数据包])).toEqual([
      ["co-bill-a", "1.00", "order of co-bill-a"],
      ["co-bill-b", "2.50", "order of co-bill-b"],
    ]);
  });

  it("can't be paid after time_expire, and closes by itself after seven days", async () => {
    await created("co-late", { time_expire: "2000-01-01T00:00:00+08:00" });
    await control.advance(61);
    await expect(pay("co-late")).rejects.toThrow("409");
    expect(await states("co-late")).toEqual(["NOTPAY", "NOTPAY"]);
    await control.advance(7 * 86_400);
    const late = combinedOrder(env, "co-late", { time_expire: "2000-01-01T00:00:00+08:00" });
    expect(outcome(await createCombined(env, "native", late))).toEqual([400, "ORDER_CLOSED"]);
    expect(await states("co-late")).toEqual(["CLOSED", "CLOSED"]);
    await created("co-expired");
    await control.post("/trades/wechat/co-expired-b/expire");
    await expect(pay("co-expired-a")).rejects.toThrow("409");
    const expired = await createCombined(env, "native", combinedOrder(env, "co-expired"));
    expect(outcome(expired)).toEqual([400, "ORDER_CLOSED"]);
  });
});

/** A sub order as queries show it. */
const sub = (no: string, total: number, more: object, amount: object = {}) => ({
  mchid: env.WECHAT_MCH_ID,
  out_trade_no: no,
  attach: `order of ${no}`,
  amount: { total_amount: total, currency: "CNY", ...amount },
  ...more,
});
