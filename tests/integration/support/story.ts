/** What callers do, told as stories: how the stage is set, and what is done, in words that may be repeated. */
import type { OrderState } from "../../../db/schema/orders.ts";
import { deliver, takeDeliveries } from "./controls.ts";
import type { Channel, Purchase } from "./purchases.ts";
import type { Shop } from "./shop.ts";

/** Whose books change. */
export interface Cast {
  readonly userId: string;
  readonly skus: readonly string[];
}

export interface Story {
  readonly title: string;
  /** Sets the stage. What it returns does the operation: any number of times, as its caller would repeat it. */
  readonly stage: (shop: Shop) => Promise<{ readonly cast: Cast; readonly act: (shop: Shop) => Promise<unknown> }>;
  /** Where it leaves the order, or several in the order of the alphabet. */
  readonly ends: OrderState | OrderState[];
}

/** An order that points pay a part of. */
export const MIXED = { points: 900, pointsToUse: 700 };

export const castOf = ({ customer, sku }: Purchase): Cast => ({ userId: customer.id, skus: [sku] });

/** The provider's callback for a trade; anything but an acceptance means that it comes again. */
export async function tell(shop: Shop, channel: Channel, outTradeNo: string): Promise<void> {
  const callbacks = await takeDeliveries(outTradeNo, true);
  for (const callback of callbacks) {
    const answer = await deliver(shop, channel, callback);
    if (answer.status !== 200) throw new Error("the provider comes again");
  }
  if (callbacks.length === 0) throw new Error("nothing to tell");
}
