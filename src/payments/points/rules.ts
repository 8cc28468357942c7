/** How many points a payment earns, and for how long points last. */
import type { NewPointsEntry } from "../../../db/statements/points.ts";
import type { Fen } from "../../money.ts";
import { inSeconds, type PaymentContext } from "../context.ts";

const DAY_SECONDS = 86_400;
const FEN_PER_YUAN = 100;

/** When points end that are given now; null for never. */
export function pointsEnd(ctx: PaymentContext): Date | null {
  const { pointsDays } = ctx.settings;
  return pointsDays === 0 ? null : inSeconds(ctx, pointsDays * DAY_SECONDS);
}

interface EarningOrder {
  readonly id: string;
  readonly userId: string;
  /** What is paid in money, in fen: points that are used earn none. */
  readonly amount: Fen;
}

/**
 * The entry that an order's payment earns by; undefined when it earns not a single point. Its term begins now. The statement
 * that applies the money posts it. The cause is the order's id; for one that is opened again, `{id}#{generation}`.
 */
export function earningOf(ctx: PaymentContext, order: EarningOrder, causeId = order.id): NewPointsEntry | undefined {
  const points = Math.floor((order.amount * ctx.settings.pointsPerYuan) / FEN_PER_YUAN);
  if (points === 0) return undefined;
  return { userId: order.userId, kind: "EARN", causeId, orderId: order.id, points, expiresAt: pointsEnd(ctx) };
}
