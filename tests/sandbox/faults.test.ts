import { afterEach, describe, expect, it } from "vitest";
import * as alipay from "./alipay-client.ts";
import { send } from "./http.ts";
import { openSimulator } from "./simulator.ts";
import { call, nativeOrder, type Oddities, refundOrder, verified } from "./wechat-client.ts";

const IMPATIENT = { timeout: 150 };
const { sandbox, env, control } = await openSimulator();

afterEach(async () => {
  await send({ method: "DELETE", url: `${sandbox.url}/_sandbox/faults` });
});

const create = (no: string, odd?: Oddities) =>
  call(env, "POST", "/v3/pay/transactions/native", nativeOrder(env, no, "https://shop.example/n"), odd);
const query = (no: string) => call(env, "GET", `/v3/pay/transactions/out-trade-no/${no}?mchid=${env.WECHAT_MCH_ID}`);
const precreate = (no: string, odd?: alipay.Oddities) =>
  alipay.call(env, "alipay.trade.precreate", { out_trade_no: no, total_amount: "1.00", subject: "茶" }, odd);
const exists = async (provider: string, no: string) =>
  control.trade(provider, no).then(
    () => true,
    () => false,
  );
const pay = (no: string) => control.post(`/trades/wechat/${no}/pay`);

describe("silence and broken connections", () => {
  it.each([
    ["timeout_before", "timeout", false],
    ["timeout_after", "timeout", true],
    ["drop_before", "hang up", false],
    ["drop_after", "hang up", true],
  ])("%s: WeChat Pay and Alipay leave the caller in the dark", async (kind, message, effect) => {
    const no = `order_${kind}`;
    await control.fault({ kind, operation: "create", outTradeNo: no, times: 2 });
    await expect(create(no, IMPATIENT)).rejects.toThrow(message);
    await expect(precreate(no, IMPATIENT)).rejects.toThrow(message);
    expect([await exists("wechat", no), await exists("alipay", no)]).toEqual([effect, effect]);
    expect((await create(no)).status).toBe(200);
  });
});

describe("a fault", () => {
  it("strikes only what it is meant for, as often as told", async () => {
    await create("order-other");
    await create("order-meant");
    await control.fault({
      kind: "http_500",
      provider: "wechat",
      operation: "query",
      outTradeNo: "order-meant",
      times: 2,
    });
    expect((await query("order-other")).status).toBe(200);
    expect((await create("order-meant")).status).toBe(200);
    expect([(await query("order-meant")).status, (await query("order-meant")).status]).toEqual([500, 500]);
    expect((await query("order-meant")).status).toBe(200);
  });

  it("finds a refund's trade by the refund's number", async () => {
    await create("order-by-refund");
    await pay("order-by-refund");
    await call(env, "POST", "/v3/refund/domestic/refunds", refundOrder("order-by-refund", "by-1", 1));
    await control.fault({ kind: "http_429", operation: "refund_query", outTradeNo: "order-by-refund" });
    const answer = await call(env, "GET", "/v3/refund/domestic/refunds/by-1");
    expect([answer.status, answer.json().code]).toEqual([429, "FREQUENCY_LIMITED"]);
  });

  it("is not used up by a request that would have been refused anyway", async () => {
    await control.fault({ kind: "http_500", operation: "create", outTradeNo: "order-kept" });
    expect((await create("order-kept", { mchid: "1" })).status).toBe(400);
    expect((await create("order-kept")).status).toBe(500);
  });

  it("is refused when its kind is unknown", async () => {
    await expect(control.fault({ kind: "earthquake" })).rejects.toThrow("400");
  });
});

describe("answers that mislead", () => {
  it("are refusals by request, with or without effect", async () => {
    await control.fault({ kind: "refuse", operation: "create", code: "NO_AUTH", status: 403 });
    const refused = await create("order-refused");
    expect([refused.status, refused.json().code]).toEqual([403, "NO_AUTH"]);
    expect(await exists("wechat", "order-refused")).toBe(false);
    await control.fault({ kind: "http_500", operation: "create", effect: true });
    expect((await create("order-refused")).status).toBe(500);
    expect(await exists("wechat", "order-refused")).toBe(true);
  });

  it.each(["bad_signature", "sigtest", "unsigned"])("carry a %s though the trade is made", async (kind) => {
    await control.fault({ kind, provider: "wechat", operation: "create" });
    const answer = await create(`order-${kind}`);
    expect(answer.status).toBe(200);
    const signature = answer.headers["wechatpay-signature"];
    if (kind === "unsigned") expect(signature).toBeUndefined();
    else expect(verified(env, answer.headers, answer.body)).toBe(false);
    if (kind === "sigtest") expect(signature).toMatch(/^WECHATPAY\/SIGNTEST\//);
    expect(await exists("wechat", `order-${kind}`)).toBe(true);
    await control.fault({ kind, provider: "alipay", operation: "create" });
    const other = await precreate(`order_${kind}`);
    expect(() => alipay.node(env, "alipay.trade.precreate", other)).toThrow();
  });

  it("can be old: signed rightly, ten minutes ago", async () => {
    await control.fault({ kind: "stale_timestamp", operation: "create" });
    const answer = await create("order-stale");
    expect(verified(env, answer.headers, answer.body)).toBe(true);
    expect(Number(answer.headers["wechatpay-timestamp"])).toBeLessThan(Date.now() / 1000 - 300);
  });

  it("come from Alipay under the code that the sub_code belongs to", async () => {
    const asked = [
      [
        { kind: "refuse", code: "SELLER_BEEN_BLOCKED" },
        { code: "40004", sub_code: "ACQ.SELLER_BEEN_BLOCKED" },
      ],
      [
        { kind: "refuse", code: "aop.unknow-error" },
        { code: "20000", sub_code: "aop.unknow-error" },
      ],
      [{ kind: "http_429" }, { code: "40005", sub_code: "isv.app-call-limited" }],
    ] as const;
    for (const [fault, expected] of asked) {
      await control.fault({ ...fault, provider: "alipay" });
      const answer = await precreate("t_refused");
      expect(alipay.node(env, "alipay.trade.precreate", answer)).toMatchObject(expected);
    }
    await control.fault({ kind: "http_500", provider: "alipay" });
    expect((await precreate("t_refused")).status).toBe(500);
  });
});

describe("callbacks", () => {
  it("can be lost, doubled and late", async () => {
    for (const no of ["order-lost", "order-doubled", "order-late"]) await create(no);
    await control.fault({ kind: "callback_lost", outTradeNo: "order-lost" });
    await control.fault({ kind: "callback_doubled", outTradeNo: "order-doubled" });
    await control.fault({ kind: "callback_late", outTradeNo: "order-late", seconds: 90 });
    for (const no of ["order-lost", "order-doubled", "order-late"]) await pay(no);
    expect(await control.take({ outTradeNo: "order-lost", early: true })).toEqual([]);
    expect(await control.deliveries("order-lost")).toMatchObject([{ state: "lost" }]);
    const doubled = await control.take({ outTradeNo: "order-doubled" });
    expect(new Set(doubled.map((taken) => taken.body)).size).toBe(1);
    expect(new Set(doubled.map((taken) => taken.id)).size).toBe(2);
    expect(await control.take({ outTradeNo: "order-late" })).toEqual([]);
    await control.advance(90);
    expect(await control.take({ outTradeNo: "order-late" })).toHaveLength(1);
  });

  it("can carry WeChat Pay's probe signature once, and the right one after that", async () => {
    await create("order-probe");
    await pay("order-probe");
    await control.fault({ kind: "sigtest", operation: "callback", outTradeNo: "order-probe" });
    const signatures = [];
    for (let take = 0; take < 2; take += 1) {
      const [taken] = await control.take({ outTradeNo: "order-probe" });
      signatures.push(taken?.headers["Wechatpay-Signature"]);
    }
    expect(signatures[0]).toMatch(/^WECHATPAY\/SIGNTEST\//);
    expect(signatures[1]).not.toMatch(/SIGNTEST/);
  });
});
