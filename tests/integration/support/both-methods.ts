/** An order that is open by two methods: each was chosen before anybody could see the other. */
import { expect } from "vitest";
import { interleave, STATEMENTS } from "./interleave.ts";
import { type Channel, METHOD_OF, newOrder, type Purchase } from "./purchases.ts";
import { openShop, type Shop } from "./shop.ts";

export interface OpenByBoth extends Purchase {
  readonly older: string;
  readonly newer: string;
}

/** Opens an attempt by `olderBy`, under a key if there is one, and while that is being recorded one by the other. */
export async function openByBoth(shop: Shop, olderBy: Channel, key?: string): Promise<OpenByBoth> {
  const purchase = await newOrder(shop);
  const { customer, orderId, amount } = purchase;
  const open = (by: Shop, channel: Channel, idempotencyKey?: string) =>
    by.manager.create(customer, channel, { method: METHOD_OF[channel], orderId, amount }, idempotencyKey);
  const elsewhere = openShop();
  elsewhere.advance(1);
  const [first, second] = await interleave(
    { when: "before", match: STATEMENTS.insertAttempt },
    () => open(shop, olderBy, key),
    () => open(elsewhere, olderBy === "wechat" ? "alipay" : "wechat"),
  );
  expect([first, second]).toMatchObject([{ status: "fulfilled" }, { status: "fulfilled" }]);
  if (first.status === "rejected" || second.status === "rejected") throw new Error("an attempt was not opened");
  return { ...purchase, older: first.value.payment.outTradeNo, newer: second.value.payment.outTradeNo };
}
