import { and, desc, eq, isNull, lt } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { type RefundRecordState, refundRecords } from "../../../db/schema/payments.ts";
import { declineRefund as declineStatement } from "../../../db/statements/refund-books.ts";
import { PayError } from "../../errors.ts";
import { formatYuan } from "../../money.ts";
import { type Actor, type PaymentContext, presentOf } from "../context.ts";
import { recordIfOperator } from "../operator-actions.ts";
import { getRefundRow } from "./record.ts";
import { reserveAndSend } from "./reserve-refund.ts";
import { type RefundRecordView, type RefundRow, refundView } from "./view.ts";

/** The failure code of a refund that an operator declined. */
export const DECLINED = "DECLINED";

/**
 * An operator grants a customer's request: it is reserved, and sent when its turn has come. Repeatable. Throws
 * REFUND_NOT_FOUND and what reserving throws, and REFUND_NOT_REQUESTED for one that is nobody's request.
 */
export async function approveRefund(ctx: PaymentContext, actor: Actor, refundId: string): Promise<RefundRecordView> {
  const refund = await getRefundRow(ctx, refundId);
  if (refund.state === "CLOSED" || isDecidedByCaller(refund)) throw new PayError("REFUND_NOT_REQUESTED");
  if (refund.state !== "REQUESTED") return await refundView(ctx, refund);
  await recordDecision(ctx, actor, refund, "approve");
  const decided = await reserveAndSend(ctx, refund, actor.id);
  if (decided.failureCode === DECLINED) throw new PayError("REFUND_NOT_REQUESTED");
  return decided;
}

/** An operator declines a customer's request. Throws REFUND_NOT_FOUND, and REFUND_NOT_REQUESTED once it was granted. */
export async function declineRefund(ctx: PaymentContext, actor: Actor, refundId: string): Promise<RefundRecordView> {
  const asked = await getRefundRow(ctx, refundId);
  if (isDecidedByCaller(asked)) throw new PayError("REFUND_NOT_REQUESTED");
  if (asked.state === "REQUESTED") await recordDecision(ctx, actor, asked, "decline");
  await declineStatement(ctx.db, refundId, { decidedBy: actor.id, failureCode: DECLINED }, presentOf(ctx));
  const refund = await getRefundRow(ctx, refundId);
  if (refund.state !== "CLOSED" || refund.failureCode !== DECLINED) throw new PayError("REFUND_NOT_REQUESTED");
  return await refundView(ctx, refund);
}

/** The operator's own words alone: what the refund was asked for with are its buyer's, and not for the trail. */
async function recordDecision(
  ctx: PaymentContext,
  actor: Actor,
  { id: subject, orderId, state, amount, points }: RefundRow,
  verdict: "approve" | "decline",
): Promise<void> {
  const before = { state, amount: formatYuan(amount), points };
  const after = { state: verdict === "approve" ? "CREATED" : "CLOSED" };
  await recordIfOperator(ctx, actor, { action: `refunds.${verdict}`, subject, orderId, before, after });
}

/**
 * Whether a refund that is not reserved yet needs no decision: whoever asked for it had the right to decide, and goes on
 * with it by the same request or not at all. Granted by others it could go beside the refund that was asked for instead.
 */
function isDecidedByCaller({ state, decidedBy }: RefundRow): boolean {
  return state === "REQUESTED" && decidedBy !== null;
}

export interface RefundPage {
  readonly refunds: readonly RefundRecordView[];
  /** Pass as `before` for the next page; null at the end. */
  readonly next: string | null;
}

/** Refunds in a state, newest first, by keyset. Of the REQUESTED ones, those that wait for an operator. */
export async function listRefunds(
  ctx: PaymentContext,
  page: { readonly state: RefundRecordState; readonly before?: string | undefined; readonly limit: number },
): Promise<RefundPage> {
  const older = page.before === undefined ? undefined : lt(refundRecords.id, page.before);
  const undecided = page.state === "REQUESTED" ? isNull(refundRecords.decidedBy) : undefined;
  const rows = await read(() =>
    ctx.db
      .select()
      .from(refundRecords)
      .where(and(eq(refundRecords.state, page.state), undecided, older))
      .orderBy(desc(refundRecords.id))
      .limit(page.limit + 1),
  );
  const shown = rows.slice(0, page.limit);
  return {
    refunds: await Promise.all(shown.map((refund) => refundView(ctx, refund))),
    next: rows.length > page.limit ? (shown.at(-1)?.id ?? null) : null,
  };
}
