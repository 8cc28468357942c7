/** Stories of money that goes back. */
import { fen } from "../../../src/money.ts";
import { cancelOrder } from "../../../src/payments/orders/close-order.ts";
import { approveRefund, declineRefund } from "../../../src/payments/refunds/decide-refund.ts";
import { letPass } from "./afresh.ts";
import { payAt } from "./controls.ts";
import { type Channel, newOrder, newPaidOrder, type Purchase, startPayment } from "./purchases.ts";
import { OPERATOR, type Shop, unique } from "./shop.ts";
import { castOf, MIXED, type Story, tell } from "./story.ts";

const lateMoney: Story = {
  title: "telling of late money",
  ends: "CLOSED",
  stage: async (shop) => {
    const purchase = await newOrder(shop);
    const outTradeNo = await startPayment(shop, purchase, "alipay");
    await cancelOrder(shop.ctx, purchase.customer, purchase.orderId);
    await payAt("alipay", outTradeNo);
    return { cast: castOf(purchase), act: (caller) => tell(caller, "alipay", outTradeNo) };
  },
};

const ofAPaidOrder = (
  title: string,
  channel: Channel,
  prepare: (
    shop: Shop,
    purchase: Purchase & { readonly outTradeNo: string },
  ) => Promise<(caller: Shop) => Promise<unknown>>,
): Story => ({
  title: `${title} (${channel})`,
  ends: "PAID",
  stage: async (shop) => {
    const purchase = await newPaidOrder(shop, channel, MIXED);
    return { cast: castOf(purchase), act: await prepare(shop, purchase) };
  },
});

const askingForARefund = (channel: Channel) =>
  ofAPaidOrder("asking for a refund", channel, async (_, { orderId }) => {
    const key = unique("refund");
    const request = { provider: channel, orderId, reason: "退货" };
    return (caller) => caller.manager.refund(OPERATOR, request, key);
  });

const tellingOfARefund = ofAPaidOrder("telling of a refund", "wechat", async (shop, { orderId, outTradeNo }) => {
  await shop.manager.refund(OPERATOR, { provider: "wechat", orderId, reason: "退货" }, unique("refund"));
  await letPass(shop, 30);
  return (caller) => tell(caller, "wechat", outTradeNo);
});

const deciding = (title: string, decide: (shop: Shop, refundId: string) => Promise<unknown>) =>
  ofAPaidOrder(title, "alipay", async (shop, { customer, orderId }) => {
    const request = { provider: "alipay", orderId, reason: "退货" } as const;
    const { refundId } = await shop.manager.refund(customer, request, unique("refund"));
    return (caller) => decide(caller, refundId);
  });

/** An order that points paid alone, its pieces and points asked back. */
const pointsAlone: Story = {
  title: "asking for points alone back",
  ends: "PAID",
  stage: async (shop) => {
    const purchase = await newOrder(shop, { points: 3500, pointsToUse: 3000 });
    const key = unique("refund");
    const request = { provider: "points", orderId: purchase.orderId, reason: "退货" } as const;
    return { cast: castOf(purchase), act: (caller) => caller.manager.refund(OPERATOR, request, key) };
  },
};

/** A refund behind another one: its turn comes with a job. */
const waitingForItsTurn = ofAPaidOrder("asking for a second refund", "wechat", async (shop, { orderId }) => {
  const request = { provider: "wechat", orderId, reason: "退货" } as const;
  await shop.manager.refund(OPERATOR, { ...request, amount: fen(1000) }, unique("refund"));
  const key = unique("refund");
  return (caller) => caller.manager.refund(OPERATOR, request, key);
});

export const REFUND_STORIES: readonly Story[] = [
  lateMoney,
  pointsAlone,
  waitingForItsTurn,
  askingForARefund("wechat"),
  askingForARefund("alipay"),
  tellingOfARefund,
  deciding("approving a refund", (shop, refundId) => approveRefund(shop.ctx, OPERATOR, refundId)),
  deciding("declining a refund", (shop, refundId) => declineRefund(shop.ctx, OPERATOR, refundId)),
];
