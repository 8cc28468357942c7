import { describe, expect, it } from "vitest";
import { COMBINE, combinedOrder, createCombined, queryCombined, subOrder } from "./combine-client.ts";
import type { Received } from "./http.ts";
import { openSimulator } from "./simulator.ts";
import { call } from "./wechat-client.ts";

const SCENE = { payer_client_ip: "192.0.2.1" };
const { env, control } = await openSimulator();

const outcome = (answer: Received) => [answer.status, answer.json().code];
const create = (change: object, product = "native") =>
  createCombined(env, product, { ...combinedOrder(env, "co-rules"), ...change });
const orders = (count: number) => Array.from({ length: count }, (_, index) => subOrder(env, `co-rules-${index}`, 1));

describe("a combined order", () => {
  const changed: [string, object, string][] = [
    ["combine_out_trade_no of 5 characters", { combine_out_trade_no: "abcde" }, "/combine_out_trade_no"],
    ["another merchant", { combine_mchid: "1999999999" }, "/combine_mchid"],
    ["notify_url missing", { notify_url: undefined }, "/notify_url"],
    ["notify_url with a query", { notify_url: "https://shop.example/n?x=1" }, "/notify_url"],
    ["time_expire beyond seven days", { time_expire: "2999-12-01T10:00:00+08:00" }, "/time_expire"],
    ["scene_info without an address", { scene_info: {} }, "/scene_info/payer_client_ip"],
  ];
  it.each(changed)("is refused with %s", async (_, change, field) => {
    const answer = await create(change);
    expect(outcome(answer)).toEqual([400, "PARAM_ERROR"]);
    expect(answer.json().detail).toMatchObject({ location: "body", field });
  });

  it("has two to ten orders", async () => {
    for (const count of [0, 1, 11]) {
      const answer = await create({ sub_orders: orders(count) });
      expect(outcome(answer)).toEqual([400, "PARAM_ERROR"]);
      expect(answer.json().detail).toMatchObject({ field: "/sub_orders" });
    }
    const most = { combine_out_trade_no: "co-most", sub_orders: orders(10) };
    expect((await create(most)).status).toBe(200);
  });

  const wrong: [string, object, string][] = [
    ["attach missing", { attach: undefined }, "attach"],
    ["attach of 129 characters", { attach: "a".repeat(129) }, "attach"],
    ["description of 128 characters", { description: "茶".repeat(128) }, "description"],
    ["an amount of nothing", { amount: { total_amount: 0, currency: "CNY" } }, "amount/total_amount"],
    ["no currency", { amount: { total_amount: 1 } }, "amount/currency"],
    ["out_trade_no with a slash", { out_trade_no: "co/rules" }, "out_trade_no"],
    ["detail that is no text", { detail: { goods: 1 } }, "detail"],
    ["another merchant", { mchid: "1999999999" }, "mchid"],
    ["a number twice", { out_trade_no: "co-rules-a" }, "out_trade_no"],
  ];
  it.each(wrong)("has no order with %s", async (_, change, field) => {
    const sub_orders = [subOrder(env, "co-rules-a", 1), subOrder(env, "co-rules-b", 1, change)];
    const answer = await create({ sub_orders });
    expect(outcome(answer)).toEqual([400, "PARAM_ERROR"]);
    expect(answer.json().detail).toMatchObject({ field: `/sub_orders/1/${field}` });
    expect(outcome(await queryCombined(env, "co-rules"))).toEqual([404, "ORDER_NOT_EXIST"]);
  });

  it("belongs to an application that the product can be used with", async () => {
    const foreign = { combine_appid: "wx0000000000000000" };
    expect(outcome(await create(foreign))).toEqual([400, "APPID_MCHID_NOT_MATCH"]);
    expect(outcome(await create({}, "app"))).toEqual([400, "APPID_MCHID_NOT_MATCH"]);
  });
});

describe("each way to pay", () => {
  const order = (no: string, more: object) => combinedOrder(env, no, more);

  it("gives the client what it gives for single orders", async () => {
    const payer = { combine_payer_info: { openid: "oOfcl_buyer" } };
    const jsapi = await createCombined(env, "jsapi", order("co-jsapi", payer));
    expect(jsapi.json()).toEqual({ prepay_id: expect.stringMatching(/^wx\w+$/) });
    const app = await createCombined(env, "app", order("co-app", { combine_appid: env.WECHAT_MOBILE_APP_ID }));
    expect(app.json()).toEqual({ prepay_id: expect.stringMatching(/^wx\w+$/) });
    const scene_info = { ...SCENE, device_id: "till 1", h5_info: { type: "iOS" } };
    const h5 = await createCombined(env, "h5", order("co-on-h5", { scene_info }));
    expect(h5.json()).toEqual({ h5_url: expect.stringContaining("prepay_id=") });
    await control.post("/trades/wechat/co-on-h5/pay");
    expect((await queryCombined(env, "co-on-h5")).json()).toMatchObject({
      scene_info: { device_id: "till 1" },
      sub_orders: [{ trade_type: "MWEB" }, { trade_type: "MWEB" }],
    });
  });

  it("needs what it needs for single orders", async () => {
    expect((await createCombined(env, "jsapi", order("co-need", {}))).json().detail).toMatchObject({
      field: "/combine_payer_info",
    });
    expect((await createCombined(env, "h5", order("co-need", { scene_info: SCENE }))).json().detail).toMatchObject({
      field: "/scene_info/h5_info",
    });
    const other = { combine_payer_info: { openid: "oMini_buyer" } };
    expect(outcome(await createCombined(env, "jsapi", order("co-need", other)))).toEqual([500, "OPENID_MISMATCH"]);
    const nobody = { combine_payer_info: { openid: "nobody" } };
    expect((await createCombined(env, "jsapi", order("co-need", nobody))).json().detail).toMatchObject({
      field: "/combine_payer_info/openid",
    });
    expect(outcome(await queryCombined(env, "co-need"))).toEqual([404, "ORDER_NOT_EXIST"]);
  });
});

describe("closing and asking", () => {
  it("need the numbers in their form and the application that the order was made for", async () => {
    await createCombined(env, "native", combinedOrder(env, "co-form"));
    const sub_orders = ["co-form-a", "co-form-b"].map((out_trade_no) => ({ mchid: env.WECHAT_MCH_ID, out_trade_no }));
    const close = (body: object) => call(env, "POST", `${COMBINE}/out-trade-no/co-form/close`, body);
    const wrong = [
      { sub_orders },
      { combine_appid: env.WECHAT_MINI_APP_ID, sub_orders },
      { combine_appid: env.WECHAT_APP_ID, sub_orders: [] },
      { combine_appid: env.WECHAT_APP_ID, sub_orders: sub_orders.map((order) => ({ ...order, mchid: "1999999999" })) },
    ];
    for (const body of wrong) expect(outcome(await close(body))).toEqual([400, "PARAM_ERROR"]);
    expect(outcome(await queryCombined(env, "co%2Fform"))).toEqual([400, "PARAM_ERROR"]);
    expect(outcome(await call(env, "GET", `${COMBINE}/id/4200000000`))).toEqual([404, "ORDER_NOT_EXIST"]);
  });

  it("fail on request like any other call, by the number of the whole", async () => {
    await control.fault({ kind: "http_500", operation: "combine_create", outTradeNo: "co-fault" });
    await control.fault({ kind: "http_500", operation: "combine_query", outTradeNo: "co-fault" });
    expect((await createCombined(env, "native", combinedOrder(env, "co-other"))).status).toBe(200);
    expect((await createCombined(env, "native", combinedOrder(env, "co-fault"))).status).toBe(500);
    expect((await createCombined(env, "native", combinedOrder(env, "co-fault"))).status).toBe(200);
    expect((await queryCombined(env, "co-fault")).status).toBe(500);
    expect((await queryCombined(env, "co-fault")).status).toBe(200);
  });
});
