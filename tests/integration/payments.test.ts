import { afterAll, beforeEach, expect, it } from "vitest";
import { fen } from "../../src/money.ts";
import { cancelOrder } from "../../src/payments/orders/close-order.ts";
import { createOrder } from "../../src/payments/orders/create-order.ts";
import { getOrder } from "../../src/payments/orders/read-order.ts";
import { getBalance } from "../../src/payments/points/account.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { advanceSandbox, deliverAll, payAt, sandbox } from "./support/controls.ts";
import { newCustomer, newSku, OPERATOR, openShop, type Shop, stockOf, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

async function orderOf(shop: Shop, pieces = 2, points = 0) {
  const customer = await newCustomer(shop, points);
  const sku = await newSku(shop, 10, fen(1500));
  const order = await createOrder(shop.ctx, customer, { userId: customer.id, items: [{ sku, quantity: pieces }] });
  return { customer, sku, order };
}

it.each([
  ["wechat", "WECHAT_NATIVE"],
  ["alipay", "ALIPAY_QR"],
] as const)("is paid through %s, settles once and is refunded in part and in full", async (provider, method) => {
  const shop = openShop();
  const { customer, sku, order } = await orderOf(shop);
  const { orderId, amount } = order;
  const { payment, created } = await shop.manager.create(customer, provider, { method, orderId, amount });
  expect(created).toBe(true);
  expect(payment).toMatchObject({ method, status: "PENDING", amount, orderId });
  const again = await shop.manager.create(customer, provider, { method, orderId, amount });
  expect(again.created).toBe(false);
  expect(again.payment).toEqual(payment);

  await payAt(provider, payment.outTradeNo);
  const answers = await deliverAll(shop, provider, payment.outTradeNo);
  expect(answers).toHaveLength(1);
  expect(answers[0]?.status).toBe(200);
  expect(answers[0]?.body).toBe(provider === "wechat" ? '{"code":"SUCCESS","message":"成功"}' : "success");
  expect(await getOrder(shop.ctx, customer, orderId)).toMatchObject({ status: "PAID" });
  expect(await stockOf(shop, sku)).toEqual([8, 0]);
  expect(await shop.manager.query(customer, provider, orderId)).toMatchObject({
    status: "SUCCESS",
    applied: true,
    amount,
  });

  const partial = { provider, orderId, amount: fen(1500), reason: "少了一件", items: [{ sku, quantity: 1 }] };
  const key = unique("refund");
  const first = await shop.manager.refund(OPERATOR, partial, key);
  expect(["PROCESSING", "SUCCESS"]).toContain(first.status);
  expect((await shop.manager.refund(OPERATOR, partial, key)).refundId).toBe(first.refundId);
  await finishRefund(shop, provider, payment.outTradeNo, first.refundId);
  expect(await stockOf(shop, sku)).toEqual([9, 0]);
  expect(await getOrder(shop.ctx, customer, orderId)).toMatchObject({ refundState: "PARTIAL", refundedAmount: 1500 });

  await letPass(shop, 60);
  const rest = await shop.manager.refund(OPERATOR, { provider, orderId, reason: "退货" }, unique("refund"));
  await finishRefund(shop, provider, payment.outTradeNo, rest.refundId);
  expect(await stockOf(shop, sku)).toEqual([10, 0]);
  expect(await getOrder(shop.ctx, customer, orderId)).toMatchObject({ refundState: "FULL", refundedAmount: 3000 });
  await expect(
    shop.manager.refund(OPERATOR, { provider, orderId, reason: "再退" }, unique("refund")),
  ).rejects.toMatchObject({ code: "REFUND_EXCEEDS_PAYMENT" });
  const trades = await sandbox<{ outTradeNo: string; refunded: number }[]>("GET", `trades?provider=${provider}`);
  expect(trades.find((trade) => trade.outTradeNo === payment.outTradeNo)).toMatchObject({ refunded: 3000 });
});

async function finishRefund(shop: Shop, provider: "wechat" | "alipay", outTradeNo: string, refundId: string) {
  await advanceSandbox(3);
  await deliverAll(shop, provider, outTradeNo);
  expect(await shop.manager.queryRefund(OPERATOR, provider, refundId)).toMatchObject({ status: "SUCCESS" });
}

it("is paid by points at once, and the points come back with a refund", async () => {
  const shop = openShop();
  const { customer, sku, order } = await orderOf(shop, 2, 5000);
  const request = { method: "POINTS", orderId: order.orderId, amount: order.amount } as const;
  const { payment } = await shop.manager.create(customer, "points", request);
  expect(payment).toMatchObject({ method: "POINTS", status: "SUCCESS" });
  expect(await getBalance(shop.ctx, customer.id)).toMatchObject({ balance: 2000, held: 0 });
  expect(await stockOf(shop, sku)).toEqual([8, 0]);
  const refund = await shop.manager.refund(
    OPERATOR,
    { provider: "points", orderId: order.orderId, reason: "退货" },
    unique("refund"),
  );
  expect(refund.status).toBe("SUCCESS");
  expect(await getBalance(shop.ctx, customer.id)).toMatchObject({ balance: 5000, held: 0 });
  expect(await stockOf(shop, sku)).toEqual([10, 0]);
});

it("takes no points from an account that has too few, and leaves the order payable", async () => {
  const shop = openShop();
  const { customer, sku, order } = await orderOf(shop, 2, 2999);
  const request = { method: "POINTS", orderId: order.orderId, amount: order.amount } as const;
  await expect(shop.manager.create(customer, "points", request)).rejects.toMatchObject({ code: "INSUFFICIENT_POINTS" });
  expect(await getBalance(shop.ctx, customer.id)).toMatchObject({ balance: 2999, held: 0 });
  expect(await stockOf(shop, sku)).toEqual([10, 2]);
  expect((await getOrder(shop.ctx, customer, order.orderId)).status).toBe("PENDING");
});

it("pays a mixed order: points held with the order are taken when the money comes, and return with the rest of it", async () => {
  const shop = openShop();
  const customer = await newCustomer(shop, 800);
  const sku = await newSku(shop, 5, fen(1000));
  const items = [{ sku, quantity: 1 }];
  const order = await createOrder(shop.ctx, customer, { userId: customer.id, items, pointsToUse: 600 });
  const request = { method: "WECHAT_NATIVE", orderId: order.orderId, amount: fen(400) } as const;
  const { payment } = await shop.manager.create(customer, "wechat", request);
  await payAt("wechat", payment.outTradeNo);
  await deliverAll(shop, "wechat", payment.outTradeNo);
  expect(await getBalance(shop.ctx, customer.id)).toMatchObject({ balance: 200, held: 0 });
  const refund = await shop.manager.refund(
    OPERATOR,
    { provider: "wechat", orderId: order.orderId, reason: "退" },
    unique("r"),
  );
  expect(refund).toMatchObject({ amount: 400, points: 600 });
  await finishRefund(shop, "wechat", payment.outTradeNo, refund.refundId);
  expect(await getBalance(shop.ctx, customer.id)).toMatchObject({ balance: 800, held: 0 });
});

it("finds out by a query what a lost callback would have said", async () => {
  const shop = openShop();
  const { customer, sku, order } = await orderOf(shop);
  const request = { method: "WECHAT_NATIVE", orderId: order.orderId, amount: order.amount } as const;
  const { payment } = await shop.manager.create(customer, "wechat", request);
  expect(await shop.manager.query(customer, "wechat", order.orderId)).toMatchObject({ status: "PENDING" });
  await payAt("wechat", payment.outTradeNo);
  expect(await shop.manager.query(customer, "wechat", order.orderId)).toMatchObject({
    status: "SUCCESS",
    orderStatus: "PAID",
  });
  expect(await stockOf(shop, sku)).toEqual([8, 0]);
  expect((await deliverAll(shop, "wechat", payment.outTradeNo))[0]?.status).toBe(200);
  expect(await stockOf(shop, sku)).toEqual([8, 0]);
});

it("closes the old attempt when the buyer changes the method, and refunds it should both be paid", async () => {
  const shop = openShop();
  const { customer, sku, order } = await orderOf(shop);
  const { orderId, amount } = order;
  const old = await shop.manager.create(customer, "alipay", { method: "ALIPAY_QR", orderId, amount });
  await sandbox("POST", `trades/alipay/${old.payment.outTradeNo}/open`, {});
  await payAt("alipay", old.payment.outTradeNo);
  const fresh = await shop.manager.create(customer, "wechat", { method: "WECHAT_NATIVE", orderId, amount });
  expect(fresh.payment.outTradeNo).not.toBe(old.payment.outTradeNo);
  await shop.idle();
  await payAt("wechat", fresh.payment.outTradeNo);
  await deliverAll(shop, "wechat", fresh.payment.outTradeNo);
  await deliverAll(shop, "alipay", old.payment.outTradeNo);
  await advanceSandbox(3);
  expect((await getOrder(shop.ctx, customer, orderId)).status).toBe("PAID");
  expect(await stockOf(shop, sku)).toEqual([8, 0]);
  const trades = await sandbox<{ outTradeNo: string; refunded: number }[]>("GET", "trades");
  const refunded = [old, fresh].map(
    ({ payment }) => trades.find((t) => t.outTradeNo === payment.outTradeNo)?.refunded ?? 0,
  );
  expect(refunded.reduce((sum, part) => sum + part, 0)).toBe(amount);
  const own = await shop.manager.refund(
    OPERATOR,
    {
      provider: (await winner(shop, orderId)) === old.payment.outTradeNo ? "alipay" : "wechat",
      orderId,
      reason: "退货",
    },
    unique("refund"),
  );
  expect(own.amount).toBe(amount);
});

async function winner(shop: Shop, orderId: string): Promise<string | undefined> {
  for (const provider of ["wechat", "alipay"] as const) {
    const state = await shop.manager.query(OPERATOR, provider, orderId);
    if (state.applied) return state.outTradeNo;
  }
  return undefined;
}

it("refunds money that arrives after the order was cancelled, and ships nothing", async () => {
  const shop = openShop();
  const { customer, sku, order } = await orderOf(shop);
  const request = { method: "ALIPAY_QR", orderId: order.orderId, amount: order.amount } as const;
  const { payment } = await shop.manager.create(customer, "alipay", request);
  expect(await cancelOrder(shop.ctx, customer, order.orderId)).toMatchObject({ status: "CLOSED" });
  await payAt("alipay", payment.outTradeNo);
  expect((await deliverAll(shop, "alipay", payment.outTradeNo))[0]?.body).toBe("success");
  expect((await getOrder(shop.ctx, customer, order.orderId)).status).toBe("CLOSED");
  expect(await stockOf(shop, sku)).toEqual([10, 0]);
  const trades = await sandbox<{ outTradeNo: string; refunded: number }[]>("GET", "trades?provider=alipay");
  expect(trades.find((trade) => trade.outTradeNo === payment.outTradeNo)?.refunded).toBe(order.amount);
});

it("answers ORDER_PAID to a cancellation that comes too late, and settles", async () => {
  const shop = openShop();
  const { customer, order } = await orderOf(shop);
  const request = { method: "WECHAT_NATIVE", orderId: order.orderId, amount: order.amount } as const;
  const { payment } = await shop.manager.create(customer, "wechat", request);
  await payAt("wechat", payment.outTradeNo);
  await expect(cancelOrder(shop.ctx, customer, order.orderId)).rejects.toMatchObject({ code: "ORDER_PAID" });
  expect((await getOrder(shop.ctx, customer, order.orderId)).status).toBe("PAID");
});

it("refuses amounts, methods and orders that don't fit", async () => {
  const shop = openShop();
  const { customer, order } = await orderOf(shop);
  const stranger = await newCustomer(shop);
  const { orderId, amount } = order;
  const method = "WECHAT_NATIVE";
  await expect(shop.manager.create(customer, "wechat", { method, orderId, amount: fen(1) })).rejects.toMatchObject({
    code: "AMOUNT_MISMATCH",
  });
  await expect(shop.manager.create(customer, "alipay", { method, orderId, amount })).rejects.toMatchObject({
    code: "METHOD_PROVIDER_MISMATCH",
  });
  await expect(shop.manager.create(stranger, "wechat", { method, orderId, amount })).rejects.toMatchObject({
    code: "ORDER_NOT_FOUND",
  });
  await expect(shop.manager.query(customer, "wechat", orderId)).rejects.toMatchObject({ code: "PAYMENT_NOT_FOUND" });
  shop.advance(29 * 60);
  await expect(shop.manager.create(customer, "wechat", { method, orderId, amount })).rejects.toMatchObject({
    code: "ORDER_EXPIRED",
  });
});

it("gives the same attempt to the same idempotency key, also once it is paid, and refuses the key for another request", async () => {
  const shop = openShop();
  const { customer, order } = await orderOf(shop);
  const { orderId, amount } = order;
  const request = { method: "WECHAT_NATIVE", orderId, amount } as const;
  const key = unique("pay");
  const first = await shop.manager.create(customer, "wechat", request, key);
  const again = await shop.manager.create(customer, "wechat", request, key);
  expect(again).toEqual({ payment: first.payment, created: false });
  await payAt("wechat", first.payment.outTradeNo);
  await deliverAll(shop, "wechat", first.payment.outTradeNo);
  const late = await shop.manager.create(customer, "wechat", request, key);
  expect(late.payment).toEqual({ ...first.payment, status: "SUCCESS" });
  const other = { method: "ALIPAY_QR", orderId, amount } as const;
  await expect(shop.manager.create(customer, "alipay", other, key)).rejects.toMatchObject({
    code: "IDEMPOTENCY_KEY_REUSED",
  });
  const elsewhere = await createOrder(shop.ctx, customer, {
    userId: customer.id,
    items: order.items.map(({ sku }) => ({ sku, quantity: 1 })),
  });
  const moved = { method: "WECHAT_NATIVE", orderId: elsewhere.orderId, amount: elsewhere.amount } as const;
  await expect(shop.manager.create(customer, "wechat", moved, key)).rejects.toMatchObject({
    code: "IDEMPOTENCY_KEY_REUSED",
  });
});
