/** Orders and payments that tests start from. */
import { type Fen, fen } from "../../../src/money.ts";
import type { Actor } from "../../../src/payments/context.ts";
import { createOrder } from "../../../src/payments/orders/create-order.ts";
import type { OrderView } from "../../../src/payments/orders/view.ts";
import type { PaymentMethod } from "../../../src/providers/methods.ts";
import { deliverAll, payAt } from "./controls.ts";
import { newCustomer, newSku, SERVICE, type Shop } from "./shop.ts";

export type Channel = "wechat" | "alipay";

/** How each provider is paid in these tests. */
export const METHOD_OF = { wechat: "WECHAT_NATIVE", alipay: "ALIPAY_QR" } as const satisfies Record<
  Channel,
  PaymentMethod
>;

export interface Purchase {
  readonly customer: Actor;
  readonly sku: string;
  readonly order: OrderView;
  readonly orderId: string;
  readonly amount: Fen;
}

/** A customer with an order of two pieces at 15.00 of a thing of which there are ten. */
export async function newOrder(shop: Shop, options: { points?: number; pointsToUse?: number } = {}): Promise<Purchase> {
  const [customer, sku] = await Promise.all([newCustomer(shop, options.points), newSku(shop, 10, fen(1500))]);
  const { pointsToUse } = options;
  const items = [{ sku, quantity: 2 }];
  const order = await createOrder(shop.ctx, customer, { userId: customer.id, items, pointsToUse });
  return { customer, sku, order, orderId: order.orderId, amount: order.amount };
}

/** An order of 50.00 without items, which a service makes for a customer. */
export async function newDeposit(shop: Shop, points = 0): Promise<Purchase> {
  const customer = await newCustomer(shop, points);
  const request = { userId: customer.id, items: [], amount: fen(5000), subject: "定金" };
  const order = await createOrder(shop.ctx, SERVICE, request);
  return { customer, sku: "-", order, orderId: order.orderId, amount: order.amount };
}

/** Opens an attempt. Returns its out_trade_no. */
export async function startPayment(shop: Shop, purchase: Purchase, channel: Channel): Promise<string> {
  const { customer, orderId, amount } = purchase;
  const request = { method: METHOD_OF[channel], orderId, amount };
  return (await shop.manager.create(customer, channel, request)).payment.outTradeNo;
}

/** An order whose payment has come and been told. */
export async function newPaidOrder(
  shop: Shop,
  channel: Channel,
  options: { points?: number; pointsToUse?: number } = {},
): Promise<Purchase & { readonly outTradeNo: string }> {
  const purchase = await newOrder(shop, options);
  const outTradeNo = await startPayment(shop, purchase, channel);
  await payAt(channel, outTradeNo);
  await deliverAll(shop, channel, outTradeNo);
  return { ...purchase, outTradeNo };
}

/** What the books are checked for after a purchase. */
export function subjectsOf(...purchases: readonly Purchase[]) {
  return {
    orderIds: purchases.map((purchase) => purchase.orderId),
    skus: purchases.map((purchase) => purchase.sku),
    users: purchases.map((purchase) => purchase.customer.id),
  };
}
