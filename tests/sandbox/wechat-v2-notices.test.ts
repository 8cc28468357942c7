/** Refund notices of the V2 protocol: when they come, what they say, what ends them. */
import { beforeEach, describe, expect, it } from "vitest";
import type { TakenDelivery } from "./control.ts";
import { openSimulatorAndShop } from "./simulator.ts";
import { call, nativeOrder, refundOrder } from "./wechat-client.ts";
import { openedV2, xmlMembers } from "./wechat-secrets.ts";

const { env, control, shop } = await openSimulatorAndShop();

const ACCEPTED = "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>";
beforeEach(() => {
  shop.answer = { status: 200, body: ACCEPTED };
});

const paid = async (no: string) => {
  shop.answer = { status: 200, body: "" };
  await call(env, "POST", "/v3/pay/transactions/native", nativeOrder(env, no, `${shop.url}/n`));
  await control.post(`/trades/wechat/${no}/pay`);
  await control.advance(0);
  shop.callbacks.length = 0;
  shop.answer = { status: 200, body: ACCEPTED };
};
const silentRefund = async (no: string, refundNo: string) => {
  const { notify_url: _, ...order } = refundOrder(no, refundNo, 40);
  const { refund_id } = (await call(env, "POST", "/v3/refund/domestic/refunds", order)).json();
  return String(refund_id);
};

describe("a refund that names no address", () => {
  it("is told at the merchant's address as XML that the V2 key opens", async () => {
    await paid("order-silent");
    const refundId = await silentRefund("order-silent", "silent-1");
    await control.advance(3);
    const [callback, ...others] = shop.callbacks;
    expect(others).toEqual([]);
    expect(callback?.headers["content-type"]).toBe("text/xml");
    expect(callback?.headers["wechatpay-signature"]).toBeUndefined();
    expect(callback?.path).toBe("/api/v1/payments/wechat/refund/notify");
    expect(xmlMembers(callback?.body ?? "")).toMatchObject({
      return_code: "SUCCESS",
      appid: env.WECHAT_APP_ID,
      mch_id: env.WECHAT_MCH_ID,
    });
    expect(openedV2(env, callback?.body ?? "")).toMatchObject({
      out_trade_no: "order-silent",
      out_refund_no: "silent-1",
      refund_id: refundId,
      refund_status: "SUCCESS",
      refund_fee: "40",
      total_fee: "100",
      refund_request_source: "API",
      success_time: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
    });
    expect((await control.deliveries("order-silent")).at(-1)).toMatchObject({ state: "accepted", attempts: 1 });
  });

  it.each([
    ["ABNORMAL", "CHANGE"],
    ["CLOSED", "REFUNDCLOSE"],
  ])("and is %s is told as %s", async (status, expected) => {
    await paid("order-end");
    await silentRefund("order-end", "end-1");
    await control.post("/refunds/wechat/end-1", { status });
    await control.advance(0);
    expect(openedV2(env, shop.callbacks[0]?.body ?? "")).toMatchObject({ refund_status: expected });
  });

  it("is told to nobody where the merchant has no address", async () => {
    await control.post("/wechat/merchant", { refundUrl: null });
    await paid("order-nobody");
    await silentRefund("order-nobody", "nobody-1");
    await control.advance(3);
    expect(shop.callbacks).toEqual([]);
  });
});

it("comes again until XML says SUCCESS: a bare 200 is not enough, nor JSON", async () => {
  await paid("order-again");
  await silentRefund("order-again", "again-1");
  const refusals = ["", '{"code":"SUCCESS"}', "<xml><return_code><![CDATA[FAIL]]></return_code></xml>"];
  for (const [index, body] of refusals.entries()) {
    shop.answer = { status: 200, body };
    await control.advance([3, 15, 15][index] ?? 0);
    expect(shop.callbacks).toHaveLength(index + 1);
  }
  shop.answer = { status: 200, body: ACCEPTED };
  await control.advance(30);
  await control.advance(86_400);
  expect(shop.callbacks).toHaveLength(4);
});

it("tells of a refund by hand", async () => {
  await paid("order-hand");
  await control.post("/trades/wechat/order-hand/console-refund", { amount: 100 });
  await control.advance(0);
  expect(openedV2(env, shop.callbacks[0]?.body ?? "")).toMatchObject({
    out_trade_no: "order-hand",
    refund_request_source: "VENDOR_PLATFORM",
    refund_status: "SUCCESS",
  });
  await expect(control.post("/trades/wechat/order-hand/console-refund", { amount: 1 })).rejects.toThrow("409");
});

it("comes in place of a V3 callback when a fault wants it so", async () => {
  await paid("order-fault");
  await control.fault({ kind: "refund_notice_v2", outTradeNo: "order-fault" });
  const order = { ...refundOrder("order-fault", "fault-1", 10), notify_url: `${shop.url}/own` };
  await call(env, "POST", "/v3/refund/domestic/refunds", order);
  await control.advance(3);
  expect(shop.callbacks[0]?.path).toBe("/own");
  expect(openedV2(env, shop.callbacks[0]?.body ?? "")).toMatchObject({ out_refund_no: "fault-1" });
});

it("is made to order with other members, inside and outside, or another key", async () => {
  const order = { provider: "wechat", callback: "refund_v2", outTradeNo: "x-order" };
  const sign = async (more: object) => {
    const taken = (await control.post("/sign", { ...order, ...more })) as TakenDelivery;
    return Buffer.from(taken.body, "base64").toString("utf8");
  };
  const odd = await sign({ fields: { refund_status: "CHANGE", refund_id: null }, envelope: { mch_id: "1999999999" } });
  expect(xmlMembers(odd)).toMatchObject({ mch_id: "1999999999" });
  expect(openedV2(env, odd)).toMatchObject({ out_trade_no: "x-order", refund_status: "CHANGE" });
  expect(openedV2(env, odd)).not.toHaveProperty("refund_id");
  const foreign = await sign({ signer: "foreign" });
  expect(openedOrNothing(env, foreign)).not.toHaveProperty("refund_id");
});

/** Another key mostly breaks the padding, and by chance it does not. */
function openedOrNothing(...notice: Parameters<typeof openedV2>) {
  try {
    return openedV2(...notice);
  } catch {
    return {};
  }
}
