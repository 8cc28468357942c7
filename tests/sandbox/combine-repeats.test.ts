import { describe, expect, it } from "vitest";
import { closeCombined, combinedOrder, createCombined, queryCombined } from "./combine-client.ts";
import { type Received, send } from "./http.ts";
import { openSimulator } from "./simulator.ts";
import { call, nativeOrder, verified } from "./wechat-client.ts";

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
const look = async (url: unknown) => (await send({ method: "GET", url: String(url) })).body;

describe("repeating a combined create", () => {
  it("gives the same for the same request, and a fresh code after two hours", async () => {
    const first = await created("co-twice");
    expect(await created("co-twice")).toEqual(first);
    await control.advance(7201);
    expect(await look(first.code_url)).toContain("二维码已过期");
    expect(await created("co-twice")).not.toEqual(first);
    await pay("co-twice");
    expect(outcome(await createCombined(env, "native", combinedOrder(env, "co-twice")))).toEqual([400, "ORDERPAID"]);
  });

  it("is refused when anything has changed, by another endpoint, and after closing", async () => {
    await created("co-changed");
    const order = combinedOrder(env, "co-changed");
    for (const change of [
      { notify_url: "https://shop.example/other" },
      { sub_orders: [...order.sub_orders].reverse() },
    ]) {
      const answer = await createCombined(env, "native", { ...order, ...change });
      expect(outcome(answer)).toEqual([403, "OUT_TRADE_NO_USED"]);
    }
    const both = combinedOrder(env, "co-both", { combine_payer_info: { openid: "oOfcl_buyer" } });
    expect((await createCombined(env, "jsapi", both)).status).toBe(200);
    expect(outcome(await createCombined(env, "native", both))).toEqual([403, "OUT_TRADE_NO_USED"]);
    await closeCombined(env, "co-changed");
    expect(outcome(await createCombined(env, "native", order))).toEqual([400, "ORDER_CLOSED"]);
  });

  it("shares the numbers of its orders with all other orders", async () => {
    await call(env, "POST", "/v3/pay/transactions/native", nativeOrder(env, "co-single-a", "https://shop.example/n"));
    const taken = await createCombined(env, "native", combinedOrder(env, "co-single"));
    expect(outcome(taken)).toEqual([403, "OUT_TRADE_NO_USED"]);
    expect(outcome(await queryCombined(env, "co-single"))).toEqual([404, "ORDER_NOT_EXIST"]);
    await created("co-first");
    const { sub_orders } = combinedOrder(env, "co-first");
    const again = await createCombined(env, "native", combinedOrder(env, "co-second", { sub_orders }));
    expect(outcome(again)).toEqual([403, "OUT_TRADE_NO_USED"]);
    const single = nativeOrder(env, "co-first-a", "https://shop.example/n");
    const alone = await call(env, "POST", "/v3/pay/transactions/native", single);
    expect(outcome(alone)).toEqual([403, "OUT_TRADE_NO_USED"]);
  });
});

describe("closing a combined payment", () => {
  it("closes all of its orders, and answers the same for closed and for unknown numbers", async () => {
    await created("co-close");
    for (const no of ["co-close", "co-close", "co-never"]) {
      const closed = await closeCombined(env, no);
      expect([closed.status, closed.body]).toEqual([204, ""]);
      expect(verified(env, closed.headers, "")).toBe(true);
    }
    expect(await states("co-close")).toEqual(["CLOSED", "CLOSED"]);
    await expect(pay("co-close")).rejects.toThrow("409");
  });

  it("must name exactly all of its orders", async () => {
    await created("co-part");
    for (const numbers of [
      ["co-part-a"],
      ["co-part-a", "co-part-a"],
      ["co-part-a", "co-part-c"],
      ["co-part-a", "co-part-b", "co-part-c"],
    ]) {
      expect(outcome(await closeCombined(env, "co-part", numbers))).toEqual([400, "INVALID_REQUEST"]);
    }
    expect(await states("co-part")).toEqual(["NOTPAY", "NOTPAY"]);
    expect((await closeCombined(env, "co-part", ["co-part-b", "co-part-a"])).status).toBe(204);
  });

  it("is refused once paid", async () => {
    await created("co-over");
    await pay("co-over");
    expect(outcome(await closeCombined(env, "co-over"))).toEqual([400, "ORDERPAID"]);
  });
});

describe("the calls for single orders", () => {
  it("don't apply to the orders of a combined payment", async () => {
    await created("co-apart");
    const path = "/v3/pay/transactions/out-trade-no/co-apart-a";
    const asks = () => call(env, "GET", `${path}?mchid=${env.WECHAT_MCH_ID}`);
    expect(outcome(await asks())).toEqual([400, "INVALID_REQUEST"]);
    const close = await call(env, "POST", `${path}/close`, { mchid: env.WECHAT_MCH_ID });
    expect(outcome(close)).toEqual([400, "INVALID_REQUEST"]);
    expect(await states("co-apart")).toEqual(["NOTPAY", "NOTPAY"]);
    await pay("co-apart");
    const { providerTradeNo } = await control.trade("wechat", "co-apart-a");
    const byId = await call(env, "GET", `/v3/pay/transactions/id/${providerTradeNo}?mchid=${env.WECHAT_MCH_ID}`);
    expect(outcome(byId)).toEqual([400, "INVALID_REQUEST"]);
    expect(outcome(await asks())).toEqual([400, "INVALID_REQUEST"]);
  });
});
