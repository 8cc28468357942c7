/** Misbehaviour that is WeChat Pay's own: its probes, its status codes, callbacks that mislead or overtake. */
import { afterEach, describe, expect, it } from "vitest";
import { startSandbox } from "../../sandbox/server.ts";
import { told } from "./callbacks-client.ts";
import { controlOf } from "./control.ts";
import { startShop } from "./http.ts";
import { openSimulator } from "./simulator.ts";
import { call, type Env, nativeOrder, refundOrder, value, verified } from "./wechat-client.ts";

const BASE64 = /^(?:[0-9A-Za-z+/]{4})*(?:[0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?$/;
const { env, control } = await openSimulator();

afterEach(() => control.post("/reset"));

const create = (no: string, at: Env = env, notifyUrl = "https://shop.example/n") =>
  call(at, "POST", "/v3/pay/transactions/native", nativeOrder(at, no, notifyUrl));
const query = (no: string, at: Env = env) =>
  call(at, "GET", `/v3/pay/transactions/out-trade-no/${no}?mchid=${at.WECHAT_MCH_ID}`);
const paid = async (no: string) => {
  await create(no);
  await control.post(`/trades/wechat/${no}/pay`);
};

describe("answers", () => {
  it.each([
    ["http_429", {}, 429, "FREQUENCY_LIMITED"],
    ["http_429", { code: "RATELIMIT_EXCEEDED" }, 429, "RATELIMIT_EXCEEDED"],
    ["http_500", {}, 500, "SYSTEM_ERROR"],
    ["http_501", {}, 501, "NOT_IMPLEMENTED"],
    ["http_503", {}, 503, "SERVICE_UNAVAILABLE"],
    ["old_order_limit", {}, 429, "FREQUENCY_LIMITED"],
    ["refuse", { code: "USERPAYING", status: 202 }, 202, "USERPAYING"],
    ["refuse", { code: "BANKERROR", status: 500 }, 500, "BANKERROR"],
  ])("%s %j", async (kind, more, status, code) => {
    await control.fault({ kind, ...more });
    const answer = await create("order-answers");
    expect([answer.status, answer.json().code]).toEqual([status, code]);
    expect(answer.headers["wechatpay-signature"]).toBeUndefined();
    expect((await query("order-answers")).status).toBe(404);
  });

  it("http_502 is no JSON, and may hide an order that was made", async () => {
    await control.fault({ kind: "http_502", effect: true });
    const answer = await create("order-502");
    expect([answer.status, answer.headers["content-type"]]).toEqual([502, "text/html"]);
    expect((await query("order-502")).status).toBe(200);
  });

  it("carry probes, decodable or not, once", async () => {
    for (const [kind, decodable] of [
      ["sigtest", true],
      ["sigtest_undecodable", false],
    ] as const) {
      await control.fault({ kind, operation: "create" });
      const probe = await create(`order-${kind}`);
      const signature = String(probe.headers["wechatpay-signature"]);
      expect(signature.startsWith("WECHATPAY/SIGNTEST/")).toBe(true);
      expect(BASE64.test(signature)).toBe(decodable);
      expect(verified(env, probe.headers, probe.body)).toBe(false);
      const again = await create(`order-${kind}`);
      expect(verified(env, again.headers, again.body)).toBe(true);
      expect(again.body).toBe(probe.body);
    }
  });

  it("name a certificate that nobody has, or another algorithm", async () => {
    await control.fault({ kind: "unknown_serial" });
    const unknown = await create("order-serial");
    expect(unknown.headers["wechatpay-serial"]).toMatch(/^[0-9A-F]{40}$/);
    expect(unknown.headers["wechatpay-serial"]).not.toBe((await control.settings()).wechat.platformSerial);
    await control.fault({ kind: "other_algorithm" });
    expect((await create("order-sm2")).headers["wechatpay-signature-type"]).toBe("WECHATPAY2-SM2-WITH-SM3");
  });
});

describe("a fault", () => {
  it("can last for a while instead of for a number of calls", async () => {
    await control.fault({ kind: "http_500", operation: "query", forSeconds: 60 });
    await create("order-while");
    for (let ask = 0; ask < 3; ask += 1) expect((await query("order-while")).status).toBe(500);
    await control.advance(61);
    expect((await query("order-while")).status).toBe(200);
  });

  it("can be meant for one of two domains", async () => {
    const main = new URL(value(env, "WECHAT_API_BASE_URL"));
    const backup = { ...env, WECHAT_API_BASE_URL: `http://localhost:${main.port}` };
    await control.fault({ kind: "drop_before", host: main.host, times: 2 });
    await expect(create("order-domain")).rejects.toThrow();
    expect((await create("order-domain", backup)).status).toBe(200);
    await expect(query("order-domain")).rejects.toThrow();
  });
});

describe("callbacks", () => {
  it("can say another amount than the books", async () => {
    await control.fault({ kind: "callback_wrong_amount", outTradeNo: "order-amount", amount: 1 });
    await paid("order-amount");
    const [callback] = await told(env, control, "order-amount");
    expect(callback?.plaintext).toMatchObject({ amount: { total: 1 } });
    expect((await query("order-amount")).json()).toMatchObject({ amount: { total: 100 } });
    await control.fault({ kind: "callback_wrong_amount", amount: 7 });
    await call(env, "POST", "/v3/refund/domestic/refunds", refundOrder("order-amount", "amount-1", 100));
    await control.advance(2);
    const [, refund] = await told(env, control, "order-amount");
    expect(refund?.plaintext).toMatchObject({ out_refund_no: "amount-1", amount: { refund: 7 } });
  });

  it("can be overtaken by a later one of the same trade", async () => {
    await control.fault({ kind: "callback_reordered", outTradeNo: "order-overtaken", seconds: 600 });
    await paid("order-overtaken");
    expect(await control.take({ outTradeNo: "order-overtaken" })).toEqual([]);
    await call(env, "POST", "/v3/refund/domestic/refunds", refundOrder("order-overtaken", "overtaken-1", 100));
    await control.advance(2);
    const [refund, ...others] = await control.take({ outTradeNo: "order-overtaken" });
    expect(others).toEqual([]);
    await control.post(`/deliveries/${refund?.id}/answer`, { status: 200 });
    const events = (await told(env, control, "order-overtaken")).map((callback) => callback.event);
    expect(events).toEqual(["TRANSACTION.SUCCESS"]);
  });

  it("that wait for a later one don't wait for ever", async () => {
    await control.fault({ kind: "callback_reordered", seconds: 600 });
    await paid("order-alone");
    await control.advance(599);
    expect(await control.take({ outTradeNo: "order-alone" })).toEqual([]);
    await control.advance(1);
    expect(await control.take({ outTradeNo: "order-alone" })).toHaveLength(1);
  });

  it("come in the other order by themselves when the simulator posts them, and again on schedule", async () => {
    const shop = await startShop();
    shop.answer = { status: 500, body: "" };
    const pushing = await startSandbox({ notify: "push" });
    const hand = controlOf(pushing.url);
    await hand.fault({ kind: "callback_reordered", outTradeNo: "order-pushed", seconds: 600 });
    await create("order-pushed", pushing.env, `${shop.url}/n`);
    await hand.post("/trades/wechat/order-pushed/pay");
    const refund = { ...refundOrder("order-pushed", "pushed-1", 100), notify_url: `${shop.url}/r` };
    await call(pushing.env, "POST", "/v3/refund/domestic/refunds", refund);
    await hand.advance(3);
    expect(shop.callbacks.map((callback) => callback.path)).toEqual(["/r", "/n"]);
    // 15 s, 15 s, 30 s, 3 min and 10 min later.
    await hand.advance(900);
    expect(shop.callbacks.filter((callback) => callback.path === "/n")).toHaveLength(6);
    await pushing.close();
    shop.close();
  });
});
