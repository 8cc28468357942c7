/** What an order costs. Prices come from the catalogue, never from the caller. */
import { PayError } from "../../errors.ts";
import { type Fen, fen, isFen } from "../../money.ts";

export const ADJUSTMENT_KINDS = ["SHIPPING", "DISCOUNT"] as const;

/** Something a service adds to the price of the goods or takes off it; `amount` is in fen, never negative. */
export interface Adjustment {
  readonly kind: (typeof ADJUSTMENT_KINDS)[number];
  readonly amount: Fen;
  readonly label?: string | undefined;
}

export interface PricedLine {
  readonly sku: string;
  readonly title: string;
  readonly unitPrice: Fen;
  readonly quantity: number;
}

export interface Price {
  readonly totalAmount: Fen;
  /** What is left to pay in money once the points are taken off. */
  readonly amount: Fen;
}

/** One point is worth one fen. */
export function pointsValue(points: number): number {
  return points;
}

/** Adds up lines (or a service's own amount), adjustments and points. Throws BAD_INPUT when the sum is no amount. */
export function priceOrder(
  lines: readonly PricedLine[],
  fixedAmount: Fen | undefined,
  adjustments: readonly Adjustment[],
  pointsToUse: number,
): Price {
  const goods = lines.reduce((sum, line) => sum + line.unitPrice * line.quantity, fixedAmount ?? 0);
  const total = adjustments.reduce((sum, a) => sum + (a.kind === "DISCOUNT" ? -a.amount : a.amount), goods);
  if (!isFen(total)) throw badInput("adjustments", "the order's total must be between 0.00 and 100000000.00 yuan");
  const amount = total - pointsValue(pointsToUse);
  if (amount < 0) throw badInput("pointsToUse", "more points than the order costs");
  return { totalAmount: total, amount: fen(amount) };
}

function badInput(path: string, message: string): PayError {
  return new PayError("BAD_INPUT", { issues: [{ path, message }] });
}
