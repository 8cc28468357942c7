/** One shop, told apart by its variables alone: with certificates, with the public key, and on the way from one to the other. */
import { afterAll, beforeEach, expect, it } from "vitest";
import { type Api, environment, openApi } from "./api/support.ts";
import { startAfresh } from "./support/afresh.ts";
import { misbehave, payAt, sandbox, takeDeliveries } from "./support/controls.ts";
import { newOrder } from "./support/purchases.ts";
import { OPERATOR, openShop, unique } from "./support/shop.ts";
import { signing } from "./support/wechat-keys.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const NO_PUBLIC_KEY = { WECHAT_PUBLIC_KEY_ID: undefined, WECHAT_PUBLIC_KEY: undefined };

const MODES = [
  ["certificates", NO_PUBLIC_KEY, { publicKeySwitch: false, publicKeyShare: 0 }],
  ["both, before the switch is on", {}, { publicKeySwitch: false, publicKeyShare: 0 }],
  ["both, half of the callbacks moved", {}, { publicKeySwitch: true, publicKeyShare: 50 }],
  ["the public key, and an empty list", {}, { certificateList: "empty" }],
  ["the public key, and no list", {}, { certificateList: "not_found" }],
] as const;

/** Posts every callback that is due for a number to where WeChat Pay was told to. */
async function tellAll(api: Api, outTradeNo: string): Promise<number[]> {
  const statuses: number[] = [];
  for (const { id, url, headers, body } of await takeDeliveries(outTradeNo)) {
    const { status } = await api.send(new Request(url, { method: "POST", headers, body }));
    await sandbox("POST", `deliveries/${id}/answer`, { status });
    statuses.push(status);
  }
  await api.idle();
  return statuses;
}

it.each(MODES)("with %s it sells, and gives money back", async (_, variables, policy) => {
  await signing(policy);
  const api = openApi(environment(variables));
  const { customer, orderId } = await newOrder(openShop());
  await misbehave({ kind: "sigtest_undecodable", operation: "create" });
  const order = { method: "WECHAT_NATIVE", orderId, amount: "30.00" };
  const { status, body } = await api.call("POST", "/payments/wechat/create", { as: customer, body: order });
  expect([status, body.method]).toEqual([201, "WECHAT_NATIVE"]);
  const outTradeNo = String(body.outTradeNo);
  await payAt("wechat", outTradeNo);
  expect(await tellAll(api, outTradeNo)).toEqual([200]);
  const path = `/orders/${orderId}`;
  expect((await api.call("GET", path, { as: customer })).body.status).toBe("PAID");
  const headers = { "Idempotency-Key": unique("refund") };
  const refund = { as: OPERATOR, body: { orderId, reason: "退货" }, headers };
  const asked = await api.call("POST", "/payments/wechat/refund", refund);
  expect([asked.status, asked.body.status]).toEqual([201, "PROCESSING"]);
  await sandbox("POST", `refunds/wechat/${asked.body.outRefundNo}`, { status: "SUCCESS" });
  expect(await tellAll(api, outTradeNo)).toEqual([200]);
  expect((await api.call("GET", path, { as: customer })).body).toMatchObject({ refundState: "FULL" });
});
