/** Stories of orders and their payments. */
import type { OrderState } from "../../../db/schema/orders.ts";
import { runJobs } from "../../../src/jobs/run.ts";
import { fen } from "../../../src/money.ts";
import { cancelOrder } from "../../../src/payments/orders/close-order.ts";
import { createOrder } from "../../../src/payments/orders/create-order.ts";
import { letPass } from "./afresh.ts";
import { payAt } from "./controls.ts";
import { type Channel, newOrder, type Purchase, startPayment } from "./purchases.ts";
import { newCustomer, newSku, type Shop, unique } from "./shop.ts";
import { castOf, MIXED, type Story, tell } from "./story.ts";

const creatingAnOrder: Story = {
  title: "creating an order",
  ends: "PENDING",
  stage: async (shop) => {
    const customer = await newCustomer(shop, 900);
    const skus = [await newSku(shop, 10, fen(1500)), await newSku(shop, 10, fen(700))];
    const items = skus.map((sku) => ({ sku, quantity: 2 }));
    const request = { userId: customer.id, items, pointsToUse: 600 };
    const key = unique("key");
    return { cast: { userId: customer.id, skus }, act: (caller) => createOrder(caller.ctx, customer, request, key) };
  },
};

const openingAPayment: Story = {
  title: "opening a payment",
  ends: "PENDING",
  stage: async (shop) => {
    const purchase = await newOrder(shop, MIXED);
    return { cast: castOf(purchase), act: (caller) => startPayment(caller, purchase, "wechat") };
  },
};

const changingTheMethod: Story = {
  title: "changing the method",
  ends: "PENDING",
  stage: async (shop) => {
    const purchase = await newOrder(shop);
    await startPayment(shop, purchase, "wechat");
    return { cast: castOf(purchase), act: (caller) => startPayment(caller, purchase, "alipay") };
  },
};

const payingByPoints: Story = {
  title: "paying by points",
  ends: "PAID",
  stage: async (shop) => {
    const purchase = await newOrder(shop, { points: 5000 });
    const { customer, orderId, amount } = purchase;
    const request = { method: "POINTS", orderId, amount } as const;
    const key = unique("key");
    return { cast: castOf(purchase), act: (caller) => caller.manager.create(customer, "points", request, key) };
  },
};

type Act = (caller: Shop, purchase: Purchase & { readonly outTradeNo: string }) => Promise<unknown>;

const ofAPayment = (title: string, channel: Channel, ends: OrderState, act: Act): Story => ({
  title: `${title} (${channel})`,
  ends,
  stage: async (shop) => {
    const purchase = await newOrder(shop, MIXED);
    const outTradeNo = await startPayment(shop, purchase, channel);
    if (ends === "PAID") await payAt(channel, outTradeNo);
    return { cast: castOf(purchase), act: (caller) => act(caller, { ...purchase, outTradeNo }) };
  },
});

const expiring: Story = {
  title: "expiring an order by the jobs",
  ends: "CLOSED",
  stage: async (shop) => {
    const purchase = await newOrder(shop, MIXED);
    await startPayment(shop, purchase, "wechat");
    await letPass(shop, 31 * 60);
    return { cast: castOf(purchase), act: (caller) => runJobs(caller.ctx) };
  },
};

export const PAYMENT_STORIES: readonly Story[] = [
  creatingAnOrder,
  openingAPayment,
  changingTheMethod,
  payingByPoints,
  ofAPayment("telling of a payment", "wechat", "PAID", (caller, { outTradeNo }) => tell(caller, "wechat", outTradeNo)),
  ofAPayment("querying a payment", "alipay", "PAID", (caller, { customer, orderId }) =>
    caller.manager.query(customer, "alipay", orderId),
  ),
  ofAPayment("closing a payment", "wechat", "PENDING", (caller, { customer, orderId }) =>
    caller.manager.close(customer, "wechat", orderId),
  ),
  ...(["wechat", "alipay"] as const).map((channel) =>
    ofAPayment("cancelling an order", channel, "CLOSED", (caller, { customer, orderId }) =>
      cancelOrder(caller.ctx, customer, orderId),
    ),
  ),
  expiring,
];
