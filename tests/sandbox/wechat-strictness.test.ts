import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import { controlOf } from "./control.ts";
import type { Received } from "./http.ts";
import { call, type Env, nativeOrder, type Oddities } from "./wechat-client.ts";

const NATIVE = "/v3/pay/transactions/native";
const NOTIFY = "https://shop.example/notify";
let sandbox: Sandbox;
let env: Env;

beforeAll(async () => {
  sandbox = await startSandbox({ notify: "pull" });
  env = sandbox.env;
});
afterAll(() => sandbox.close());

const outcome = (answer: Received) => [answer.status, answer.json().code];
const unsigned = (answer: Received) => answer.headers["wechatpay-signature"] === undefined;
const create = (order: object, odd?: Oddities) => call(env, "POST", NATIVE, order, odd);

describe("who calls", () => {
  const order = () => nativeOrder(env, "order-auth", NOTIFY);
  const now = () => Math.floor(Date.now() / 1000);

  it("must carry an Authorization of the scheme, or gets an unsigned 401", async () => {
    for (const authorization of ["", "Bearer x", 'WECHATPAY2-SHA256-RSA2048 mchid="1"']) {
      const answer = await create(order(), { authorization });
      expect(outcome(answer)).toEqual([401, "SIGN_ERROR"]);
      expect(unsigned(answer)).toBe(true);
    }
  });

  it("must have a clock within five minutes, which is checked before the signature", async () => {
    for (const timestamp of [now() - 310, now() + 310, Date.now()]) {
      const answer = await create(order(), { timestamp, signedBody: "something else" });
      expect(outcome(answer)).toEqual([401, "SIGN_ERROR"]);
      expect(answer.json().message).toContain("5分钟");
    }
    expect((await create(order(), { timestamp: now() - 290 })).status).toBe(200);
  });

  it("must sign the exact bytes sent", async () => {
    const answer = await create(order(), { signedBody: JSON.stringify(order(), null, 1) });
    expect(outcome(answer)).toEqual([401, "SIGN_ERROR"]);
    expect(answer.json().detail).toMatchObject({ sign_information: { method: "POST", url: NATIVE } });
  });

  it("must be the merchant, with its certificate's serial", async () => {
    expect(outcome(await create(order(), { mchid: "1999999999" }))).toEqual([400, "MCH_NOT_EXISTS"]);
    expect(outcome(await create(order(), { serial: "0".repeat(40) }))).toEqual([401, "SIGN_ERROR"]);
  });

  it("must name a key that exists, if any", async () => {
    const answer = await create(order(), { headers: { "Wechatpay-Serial": "PUB_KEY_ID_0000" } });
    expect(outcome(answer)).toEqual([400, "PARAM_ERROR"]);
  });

  it("must send Accept and User-Agent to certificates and refunds, but not to payments", async () => {
    for (const name of ["Accept", "User-Agent"]) {
      const bare = { headers: { [name]: "" } };
      expect(outcome(await call(env, "GET", "/v3/certificates", undefined, bare))).toEqual([400, "INVALID_REQUEST"]);
      const refund = "/v3/refund/domestic/refunds/x";
      expect(outcome(await call(env, "GET", refund, undefined, bare))).toEqual([400, "INVALID_REQUEST"]);
      expect((await create(order(), bare)).status).toBe(200);
    }
  });

  it("is judged by the shifted wall clock when a test sets it", async () => {
    const control = controlOf(sandbox.url);
    await control.post("/clock", { wallSeconds: 3600 });
    expect(outcome(await create(order()))).toEqual([401, "SIGN_ERROR"]);
    const answer = await create(order(), { timestamp: now() + 3600 });
    expect(Number(answer.headers["wechatpay-timestamp"])).toBeGreaterThan(now() + 3500);
    await control.post("/clock", { wallSeconds: 0 });
  });
});

describe("a create request", () => {
  const changed: [string, object][] = [
    ["appid missing", { appid: undefined }],
    ["description empty", { description: "" }],
    ["description of 128 characters", { description: "茶".repeat(128) }],
    ["description with an emoji", { description: "茶🍵" }],
    ["a member that is null", { attach: null }],
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
    ["time_expire with fractions", { time_expire: "2026-12-01T10:00:00.000Z" }],
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
