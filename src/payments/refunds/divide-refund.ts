/** A refund's part in money and its part in points, as things stand when it is written and again when it is reserved. */
import { and, eq } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { orders } from "../../../db/schema/orders.ts";
import { paymentTransactions, refundRecords } from "../../../db/schema/payments.ts";
import { refundedElsewhere, setRefundSplit } from "../../../db/statements/refund.ts";
import { type Fen, fen } from "../../money.ts";
import type { ProviderName } from "../../providers/methods.ts";
import type { SealedText } from "../../security/field-cipher.ts";
import type { AttemptRow } from "../attempts/view.ts";
import { type PaymentContext, presentOf } from "../context.ts";
import { pointsValue } from "../orders/pricing.ts";
import type { OrderRow } from "../orders/view.ts";
import { seal, unseal } from "../sealed.ts";
import { insertRefundEntries, pointsBack } from "./record.ts";
import { type Split, type Standing, splitRefund, standingOf, valueLeft } from "./split.ts";
import { type RefundRow, refundField } from "./view.ts";

/** An order with the attempt that paid it, none when points paid all of it, and what others gave back of its money. */
export interface PaidBy {
  readonly order: OrderRow;
  readonly attempt: AttemptRow | undefined;
  readonly elsewhere: Fen;
}

/** The columns that PaidBy is read from. */
export const PAID_BY = {
  order: orders,
  attempt: paymentTransactions,
  elsewhere: refundedElsewhere.mapWith((sum) => fen(Number(sum))),
};

/** A refund by its numbers, with its reason in plain words. */
type Named = Pick<RefundRow, "id" | "outRefundNo" | "outTradeNo"> & { readonly reason: string };

/** What goes back in money and what in points, who gives it, and the text that asks for it. */
export interface Division extends Split {
  readonly provider: ProviderName;
  readonly request: SealedText;
}

/** Divides a refund of so much of an order; what is points alone, the points provider gives. */
export async function divide(ctx: PaymentContext, paid: PaidBy, named: Named, value: number): Promise<Division> {
  const { order, attempt } = paid;
  const split = splitRefund(ctx.settings.mixedRefunds, standingOf(paid), value);
  const provider = attempt && split.amount > 0 ? attempt.provider : "points";
  const { outRefundNo, outTradeNo, reason } = named;
  const draft = { outRefundNo, outTradeNo, amount: split.amount, total: order.amount, reason };
  const text = ctx.providers.get(provider).prepareRefund(draft);
  return { ...split, provider, request: await seal(ctx, refundField("request", named), text) };
}

/** What a refund gives back, points at their worth, in fen. */
export function refundValue({ amount, points }: Split): number {
  return amount + pointsValue(points);
}

/** A refund and what it was divided by; of money beside an order nothing is divided. */
export interface DividedRow {
  readonly refund: RefundRow;
  readonly standing: Standing | undefined;
}

/**
 * Divides a REQUESTED refund by what is left now and writes its entries: others may have gone through since it was asked
 * for. One that asks for more than is left stays as it is, and can't be reserved. So does one without any points, whose
 * text is on record: another one must not be sent.
 */
export async function divideAnew(ctx: PaymentContext, refund: RefundRow): Promise<DividedRow> {
  const paid = refund.applied ? await readPaidBy(ctx, refund) : undefined;
  if (!paid) return { refund, standing: undefined };
  const standing = standingOf(paid);
  const isMixed = standing.points > 0 && refundValue(refund) <= valueLeft(standing);
  const renewed = isMixed ? { ...refund, ...(await divideRow(ctx, paid, refund)) } : refund;
  await insertRefundEntries(ctx, renewed);
  if (isMixed) await setRefundSplit(ctx.db, refund.id, splitOf(renewed), presentOf(ctx));
  return { refund: renewed, standing };
}

async function divideRow(ctx: PaymentContext, paid: PaidBy, refund: RefundRow): Promise<Division> {
  const reason = await unseal(ctx, refundField("reason", refund), refund.reason);
  return await divide(ctx, paid, { ...refund, reason }, refundValue(refund));
}

function splitOf(refund: RefundRow) {
  const { amount, points, provider, request } = refund;
  return { amount, points, provider, request, entryPoints: pointsBack(refund) };
}

/** The order and the attempt of a refund that nobody has reserved yet. */
async function readPaidBy(ctx: PaymentContext, refund: RefundRow): Promise<PaidBy | undefined> {
  const [row] = await read(() =>
    ctx.db
      .select(PAID_BY)
      .from(refundRecords)
      .innerJoin(orders, eq(orders.id, refundRecords.orderId))
      .leftJoin(paymentTransactions, eq(paymentTransactions.outTradeNo, refundRecords.outTradeNo))
      .where(and(eq(refundRecords.id, refund.id), eq(refundRecords.state, "REQUESTED"))),
  );
  return row && { ...row, attempt: row.attempt ?? undefined };
}
