/** Alipay's products by how they differ: how long an order lives, and of which states notices tell. */
import { DAY, HOUR } from "../times.ts";
import type { AlipayProduct } from "../trade.ts";

interface ProductRules {
  /** How long a buyer has, in ms, where the order does not say. */
  readonly timeout: number;
  /** Whether timeout_express runs from the opening of the cashier, not from the request. */
  readonly startsWhenOpened: boolean;
  /** Whether TRADE_CLOSED is told: always, only of trades that were refunded in full, never. */
  readonly closed: "always" | "refunded" | "never";
  readonly finished: boolean;
}

const LONG = 15 * DAY;
const FACE_TO_FACE = { timeout: 3 * HOUR, startsWhenOpened: false, closed: "never", finished: false } as const;

export const PRODUCT_RULES: Readonly<Record<AlipayProduct, ProductRules>> = {
  precreate: FACE_TO_FACE,
  pay: FACE_TO_FACE,
  page: { timeout: LONG, startsWhenOpened: false, closed: "refunded", finished: false },
  wap: { timeout: LONG, startsWhenOpened: true, closed: "always", finished: true },
  app: { timeout: LONG, startsWhenOpened: true, closed: "always", finished: true },
  create: { timeout: LONG, startsWhenOpened: false, closed: "always", finished: true },
};

const NONE: ProductRules = { ...FACE_TO_FACE, closed: "always", finished: true };

/** The rules of a trade's product. Trades of no product are invented ones, told of in every state. */
export function rulesOf(product: string): ProductRules {
  const known = Object.entries(PRODUCT_RULES).find(([name]) => name === product);
  return known?.[1] ?? NONE;
}
