/** Stories of one payment for two orders. */
import { closeCombined } from "../../../src/payments/combined/close-combined.ts";
import { cancelOrder } from "../../../src/payments/orders/close-order.ts";
import { numberOf, startCombined, twoOrders } from "./combined.ts";
import { payAt } from "./controls.ts";
import type { Purchase } from "./purchases.ts";
import { type Shop, unique } from "./shop.ts";
import { type Cast, type Story, tell } from "./story.ts";

const castOf = (purchases: readonly Purchase[]): Cast => ({
  userId: purchases[0]?.customer.id ?? "",
  skus: purchases.map((purchase) => purchase.sku),
});

const opening: Story = {
  title: "opening a combined payment",
  ends: ["PENDING", "PENDING"],
  stage: async (shop) => {
    const purchases = await twoOrders(shop);
    const key = unique("key");
    return { cast: castOf(purchases), act: (caller) => startCombined(caller, purchases, key) };
  },
};

const takingThePlaceOfAnother: Story = {
  title: "opening a combined payment in the place of a single one",
  ends: ["PENDING", "PENDING"],
  stage: async (shop) => {
    const purchases = await twoOrders(shop);
    const { customer, orderId, amount } = purchases[0];
    await shop.manager.create(customer, "wechat", { method: "WECHAT_NATIVE", orderId, amount });
    const key = unique("key");
    return { cast: castOf(purchases), act: (caller) => startCombined(caller, purchases, key) };
  },
};

interface Opened {
  readonly purchases: [Purchase, Purchase];
  readonly combineOutTradeNo: string;
}

const ofOneOpen = (
  title: string,
  ends: Story["ends"],
  isPaid: boolean,
  act: (caller: Shop, opened: Opened) => Promise<unknown>,
): Story => ({
  title: `${title} (combined)`,
  ends,
  stage: async (shop) => {
    const purchases = await twoOrders(shop);
    const answer = await startCombined(shop, purchases);
    if (isPaid) await payAt("wechat", numberOf(answer, purchases[1]));
    const opened = { purchases, combineOutTradeNo: answer.payment.combineOutTradeNo };
    return { cast: castOf(purchases), act: (caller) => act(caller, opened) };
  },
});

export const COMBINED_STORIES: readonly Story[] = [
  opening,
  takingThePlaceOfAnother,
  ofOneOpen("telling of a payment", ["PAID", "PAID"], true, (caller, { combineOutTradeNo }) =>
    tell(caller, "wechat", combineOutTradeNo),
  ),
  ofOneOpen("closing a payment", ["PENDING", "PENDING"], false, (caller, { purchases, combineOutTradeNo }) =>
    closeCombined(caller.ctx, purchases[0].customer, "wechat", combineOutTradeNo),
  ),
  ofOneOpen("cancelling an order", ["CLOSED", "PENDING"], false, (caller, { purchases: [, second] }) =>
    cancelOrder(caller.ctx, second.customer, second.orderId),
  ),
];
