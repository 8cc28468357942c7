import { describe, expect, it } from "vitest";
import type { Received } from "./http.ts";
import { openSimulator } from "./simulator.ts";
import { call, nativeOrder, type Oddities } from "./wechat-client.ts";

const NATIVE = "/v3/pay/transactions/native";
const NOTIFY = "https://shop.example/notify";
const { env } = await openSimulator();

const outcome = (answer: Received) => [answer.status, answer.json().code];
const create = (order: object, odd?: Oddities) => call(env, "POST", NATIVE, order, odd);

describe("a create request", () => {
  const changed: [string, object][] = [
    ["appid missing", { appid: undefined }],
    ["description empty", { description: "" }],
    ["description of 128 characters", { description: "茶".repeat(128) }],
    ["description with an emoji", { description: "茶🍵" }],
    ["a member that is null", { attach: null }],
    ["an emoji in a member's name", { "茶🍵": 1 }],
    ["out_trade_no of 5 characters", { out_trade_no: "abcde" }],
    ["out_trade_no of 33 characters", { out_trade_no: "a".repeat(33) }],
    ["out_trade_no with a slash", { out_trade_no: "order/1" }],
    ["out_trade_no with an @", { out_trade_no: "order@1" }],
    ["an amount of nothing", { amount: { total: 0 } }],
    ["an amount in text", { amount: { total: "100" } }],
    ["an amount with a fraction", { amount: { total: 1.5 } }],
    ["dollars", { amount: { total: 100, currency: "USD" } }],
    ["notify_url over http", { notify_url: "http://shop.example/notify" }],
    ["notify_url with a query", { notify_url: "https://shop.example/notify?order=1" }],
    ["notify_url of 256 characters", { notify_url: `https://shop.example/${"n".repeat(235)}` }],
    ["time_expire without an offset", { time_expire: "2026-12-01T10:00:00" }],
    ["time_expire with a fraction of nothing", { time_expire: "2026-12-01T10:00:00.Z" }],
    ["time_expire beyond seven days", { time_expire: "2999-12-01T10:00:00+08:00" }],
    ["attach of 129 characters", { attach: "a".repeat(129) }],
    ["scene_info without an address", { scene_info: {} }],
    ["another merchant", { mchid: "1999999999" }],
  ];

  it.each(changed)("is refused with %s", async (_, change) => {
    const answer = await create({ ...nativeOrder(env, "order-rules", NOTIFY), ...change });
    expect(outcome(answer)).toEqual([400, "PARAM_ERROR"]);
    expect(answer.json().detail).toMatchObject({ location: "body", field: expect.stringMatching(/^\//) });
  });

  it("is refused with another application's id", async () => {
    const answer = await create({ ...nativeOrder(env, "order-rules", NOTIFY), appid: "wx0000000000000000" });
    expect(outcome(answer)).toEqual([400, "APPID_MCHID_NOT_MATCH"]);
  });

  it("may use the longest values, plain http to this machine, and whole seconds with an offset", async () => {
    const longest = {
      ...nativeOrder(env, "L".repeat(32), "http://127.0.0.1:8787/notify"),
      description: "茶".repeat(127),
      attach: "备".repeat(128),
      time_expire: new Date(Date.now() + 3600_000).toISOString().replace(/\.\d+Z$/, "Z"),
    };
    expect((await create(longest)).status).toBe(200);
  });

  it("must be JSON, in UTF-8, and say so", async () => {
    const plain = { headers: { "Content-Type": "text/plain" } };
    expect(outcome(await create(nativeOrder(env, "order-rules", NOTIFY), plain))).toEqual([400, "INVALID_REQUEST"]);
    expect(outcome(await call(env, "POST", NATIVE, "{"))).toEqual([400, "PARAM_ERROR"]);
    expect(outcome(await call(env, "POST", NATIVE, "[]"))).toEqual([400, "PARAM_ERROR"]);
  });
});

describe("query, close and refund", () => {
  it("want mchid in the query here and in the body there", async () => {
    const target = "/v3/pay/transactions/out-trade-no/order-none";
    expect(outcome(await call(env, "GET", target))).toEqual([400, "PARAM_ERROR"]);
    expect(outcome(await call(env, "GET", `${target}?mchid=1999999999`))).toEqual([400, "INVALID_REQUEST"]);
    expect(outcome(await call(env, "GET", `${target}?mchid=${env.WECHAT_MCH_ID}`))).toEqual([404, "ORDER_NOT_EXIST"]);
    const inQuery = await call(env, "POST", `${target}/close?mchid=${env.WECHAT_MCH_ID}`, {});
    expect(outcome(inQuery)).toEqual([400, "PARAM_ERROR"]);
    const misnamed = await call(env, "POST", `${target}/close`, { mch_id: env.WECHAT_MCH_ID });
    expect(outcome(misnamed)).toEqual([400, "PARAM_ERROR"]);
    expect(misnamed.json()).toMatchObject({ message: expect.stringContaining("模板"), detail: { location: "url" } });
    const foreign = await call(env, "GET", `${target}?mchid=1999999999`);
    expect(foreign.json().message).toBe("商户号和订单信息不匹配");
  });

  it("want a refund's currency, one of the trade's numbers, and a proper number of its own", async () => {
    const amount = { refund: 1, total: 1, currency: "CNY" };
    const wrong = [
      { out_trade_no: "order-1", out_refund_no: "r", amount: { refund: 1, total: 1 } },
      { out_refund_no: "r", amount },
      { out_trade_no: "order-1", out_refund_no: "r 1", amount },
      { out_trade_no: "order-1", out_refund_no: "r".repeat(65), amount },
      { out_trade_no: "order-1", out_refund_no: "r", amount, reason: "因".repeat(81) },
      { out_trade_no: "order-1", out_refund_no: "r", amount: { ...amount, refund: 0 } },
    ];
    for (const body of wrong) {
      expect(outcome(await call(env, "POST", "/v3/refund/domestic/refunds", body))).toEqual([400, "PARAM_ERROR"]);
    }
  });

  it("answer unknown paths with 404 and wrong methods with 405, both empty", async () => {
    const unknown = await call(env, "GET", "/v3/nothing/here");
    expect([unknown.status, unknown.body]).toEqual([404, ""]);
    const wrong = await call(env, "PUT", NATIVE, {});
    expect([wrong.status, wrong.body]).toEqual([405, ""]);
  });
});
