/** Refund records: written before anybody is asked for money, with the entries of what comes back. */
import { eq } from "drizzle-orm";
import { insertOnce, read } from "../../../db/run.ts";
import { refundRecords } from "../../../db/schema/payments.ts";
import { insertClawback } from "../../../db/statements/clawback.ts";
import { renewTerm } from "../../../db/statements/points.ts";
import { insertPointsBack, insertReturnEntries } from "../../../db/statements/refund-entries.ts";
import { PayError } from "../../errors.ts";
import { type PaymentContext, presentOf } from "../context.ts";
import { pointsValue } from "../orders/pricing.ts";
import { pointsEnd } from "../points/rules.ts";
import { itemsOf, type RefundRow } from "./view.ts";

type Given = "id" | "orderId" | "userId" | "outTradeNo" | "provider" | "outRefundNo" | "origin" | "amount" | "reason";

/** A refund row as it is when nothing has happened yet but what is given. */
export function newRefund(
  ctx: PaymentContext,
  given: Pick<RefundRow, Given | "applied" | "request" | "requestedBy"> & Partial<RefundRow>,
): RefundRow {
  return {
    state: "REQUESTED",
    points: 0,
    items: "[]",
    lineCount: 0,
    providerRefundNo: null,
    failureCode: null,
    decidedBy: null,
    retryOf: null,
    requestKey: null,
    requestHash: null,
    createdAt: presentOf(ctx),
    decidedAt: null,
    waitingSince: null,
    sentAt: null,
    succeededAt: null,
    nextCheckAt: null,
    checks: 0,
    ...given,
  };
}

/** Writes a REQUESTED refund. Returns false when its number or request key is taken. */
export function insertRefund(ctx: PaymentContext, refund: RefundRow): Promise<boolean> {
  return insertOnce(() => ctx.db.insert(refundRecords).values(refund));
}

/** Throws REFUND_NOT_FOUND. */
export async function getRefundRow(ctx: PaymentContext, refundId: string): Promise<RefundRow> {
  const [refund] = await read(() => ctx.db.select().from(refundRecords).where(eq(refundRecords.id, refundId)));
  if (!refund) throw new PayError("REFUND_NOT_FOUND");
  return refund;
}

/**
 * Writes the PENDING entries of a REQUESTED refund's pieces and points, from the record, as often as it takes: reserving
 * refuses a refund whose entries are not there.
 */
export async function insertRefundEntries(ctx: PaymentContext, refund: RefundRow): Promise<void> {
  const { id, userId, createdAt } = refund;
  const lines = itemsOf(refund);
  if (lines.length > 0) await insertReturnEntries(ctx.db, id, lines, createdAt);
  // What points paid earned none, and a refund of points alone may become one of money before it is reserved.
  if (refund.applied && (refund.provider !== "points" || refund.amount === 0)) {
    await insertClawback(ctx.db, id, "REQUESTED", createdAt);
  }
  const points = pointsBack(refund);
  if (points === 0) return;
  const expiresAt = pointsEnd(ctx);
  if (await insertPointsBack(ctx.db, id, { points, expiresAt }, createdAt)) return;
  // It was asked for before: what comes back lasts from now on, and not from then.
  await renewTerm(ctx.db, { userId, kind: "REFUND", causeId: id, expiresAt });
}

/** All the points that come back: those used beside money, and the amount itself when it was paid in points. */
export function pointsBack(refund: RefundRow): number {
  return refund.points + (refund.provider === "points" ? pointsValue(refund.amount) : 0);
}
