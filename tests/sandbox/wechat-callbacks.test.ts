/** WeChat Pay's callbacks: what they say, how they are signed, when they come again. */
import { describe, expect, it } from "vitest";
import { startSandbox } from "../../sandbox/server.ts";
import { controlOf } from "./control.ts";
import { openSimulatorAndShop } from "./simulator.ts";
import { call, nativeOrder, unsealed, verified } from "./wechat-client.ts";

const MINUTE = 60;
const HOUR = 3600;
const WECHAT_GAPS = [
  ...[15, 15, 30, 3 * MINUTE, 10 * MINUTE, 20 * MINUTE, 30 * MINUTE, 30 * MINUTE, 30 * MINUTE, HOUR],
  ...[3 * HOUR, 3 * HOUR, 3 * HOUR, 6 * HOUR, 6 * HOUR],
];

const { env, control, shop } = await openSimulatorAndShop();

const createWechat = (no: string) =>
  call(env, "POST", "/v3/pay/transactions/native", nativeOrder(env, no, `${shop.url}/n`));
const payWechat = async (no: string, body?: object) => {
  await createWechat(no);
  await control.post(`/trades/wechat/${no}/pay`, body);
  await control.advance(0);
};
const only = <T>(items: readonly T[]): T => {
  const [item] = items;
  if (items.length !== 1 || item === undefined) throw new Error(`expected one, got ${items.length}`);
  return item;
};
const opened = (body: string) => JSON.parse(unsealed(env, JSON.parse(body).resource));

describe("WeChat Pay", () => {
  it("tells of a payment, signed and encrypted, and is content with 204", async () => {
    shop.answer = { status: 204, body: "" };
    await payWechat("order-paid");
    const callback = only(shop.callbacks);
    expect(verified(env, callback.headers, callback.body)).toBe(true);
    expect(callback.headers["wechatpay-serial"]).toBe(env.WECHAT_PUBLIC_KEY_ID);
    expect(Math.abs(Number(callback.headers["wechatpay-timestamp"]) - Date.now() / 1000)).toBeLessThan(5);
    expect(JSON.parse(callback.body)).toMatchObject({
      id: expect.stringMatching(/^.{36}$/),
      event_type: "TRANSACTION.SUCCESS",
      resource_type: "encrypt-resource",
      resource: { algorithm: "AEAD_AES_256_GCM", original_type: "transaction", associated_data: "transaction" },
    });
    expect(opened(callback.body)).toMatchObject({
      mchid: env.WECHAT_MCH_ID,
      appid: env.WECHAT_APP_ID,
      out_trade_no: "order-paid",
      trade_state: "SUCCESS",
      amount: { total: 100 },
    });
    expect(only(await control.deliveries("order-paid"))).toMatchObject({
      state: "accepted",
      attempts: 1,
      nextAt: null,
    });
  });

  it("tells of a refund's end by the address that the refund named", async () => {
    await payWechat("order-refund");
    const amount = { refund: 40, total: 100, currency: "CNY" };
    const refund = { out_trade_no: "order-refund", out_refund_no: "r-1", notify_url: `${shop.url}/r`, amount };
    await call(env, "POST", "/v3/refund/domestic/refunds", refund);
    await control.post("/refunds/wechat/r-1", { status: "ABNORMAL" });
    await control.post("/refunds/wechat/r-1", { status: "SUCCESS" });
    await control.advance(10);
    const [, ...refunds] = shop.callbacks;
    expect(refunds.map((callback) => JSON.parse(callback.body).event_type).sort()).toEqual([
      "REFUND.ABNORMAL",
      "REFUND.SUCCESS",
    ]);
    const success = refunds.find((callback) => callback.body.includes("REFUND.SUCCESS"));
    expect(opened(success?.body ?? "")).toMatchObject({
      out_refund_no: "r-1",
      refund_status: "SUCCESS",
      amount: { refund: 40, total: 100 },
    });
    expect(opened(success?.body ?? "")).not.toHaveProperty("status");
    await expect(control.post("/refunds/wechat/r-1", { status: "CLOSED" })).rejects.toThrow("409");
  });

  it("keeps its schedule by the machine's clock, too", async () => {
    const quick = await startSandbox({ notify: "push", refundSeconds: 0.05 });
    const order = nativeOrder(quick.env, "order-quick", `${shop.url}/n`);
    await call(quick.env, "POST", "/v3/pay/transactions/native", order);
    await controlOf(quick.url).post("/trades/wechat/order-quick/pay");
    await expect.poll(() => shop.callbacks.length).toBe(1);
    const amount = { refund: 100, total: 100, currency: "CNY" };
    const refund = { out_trade_no: "order-quick", out_refund_no: "quick-1", notify_url: `${shop.url}/r`, amount };
    await call(quick.env, "POST", "/v3/refund/domestic/refunds", refund);
    await expect.poll(() => shop.callbacks.length).toBe(2);
    expect(shop.callbacks[1]?.body).toContain("REFUND.SUCCESS");
    await quick.close();
  });

  it("comes again after 15 s, 15 s, 30 s … until 24 h 4 min are over, with the same id and a new signature", async () => {
    shop.answer = { status: 500, body: '{"code":"FAIL"}' };
    await payWechat("order-retry");
    for (const [index, gap] of WECHAT_GAPS.entries()) {
      await control.advance(gap - 1);
      expect(shop.callbacks).toHaveLength(index + 1);
      await control.advance(1);
      expect(shop.callbacks).toHaveLength(index + 2);
    }
    await control.advance(48 * HOUR);
    expect(shop.callbacks).toHaveLength(16);
    expect(new Set(shop.callbacks.map((callback) => JSON.parse(callback.body).id)).size).toBe(1);
    expect(new Set(shop.callbacks.map((callback) => callback.headers["wechatpay-signature"])).size).toBe(16);
    expect(shop.callbacks.every((callback) => verified(env, callback.headers, callback.body))).toBe(true);
    expect(only(await control.deliveries("order-retry"))).toMatchObject({ state: "given_up", attempts: 16 });
  });

  it("plays a whole day at once just the same, and stops once accepted", async () => {
    shop.answer = { status: 401, body: "" };
    await payWechat("order-day");
    await control.advance(60);
    expect(shop.callbacks).toHaveLength(4);
    shop.answer = { status: 200, body: "" };
    await control.advance(25 * HOUR);
    expect(shop.callbacks).toHaveLength(5);
    expect(only(await control.deliveries("order-day"))).toMatchObject({ state: "accepted", attempts: 5 });
  });

  it("follows no redirect", async () => {
    shop.answer = { status: 302, body: "", headers: { Location: `${shop.url}/elsewhere` } };
    await payWechat("order-redirect");
    expect(shop.callbacks).toHaveLength(1);
    expect(only(await control.deliveries("order-redirect"))).toMatchObject({
      state: "pending",
      lastAnswer: { status: 302 },
    });
  });

  it("says whatever amount a test makes it say, and books the same", async () => {
    await payWechat("order-wrong", { amount: 99 });
    expect(opened(only(shop.callbacks).body)).toMatchObject({ amount: { total: 99 } });
    expect(await control.trade("wechat", "order-wrong")).toMatchObject({ amount: 99 });
  });
});
