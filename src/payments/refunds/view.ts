/** A refund as its customer and operators see it. */
import * as z from "zod";
import type { RefundOrigin, RefundRecordState, refundRecords } from "../../../db/schema/payments.ts";
import type { Fen } from "../../money.ts";
import type { ProviderName } from "../../providers/methods.ts";
import type { AskedRefund, RefundRef } from "../../providers/refund.ts";
import type { PaymentContext } from "../context.ts";
import { type Field, unseal, unsealShown } from "../sealed.ts";

export type RefundRow = typeof refundRecords.$inferSelect;

/** CREATED and PROCESSING are one to a caller: the money is on its way. */
type RefundViewStatus = Exclude<RefundRecordState, "CREATED">;

const returnedItems = z.array(z.strictObject({ sku: z.string(), quantity: z.int() }));
export type ReturnedItem = z.infer<typeof returnedItems>[number];

/** Amounts in fen. */
export interface RefundRecordView {
  readonly refundId: string;
  readonly outRefundNo: string;
  readonly orderId: string;
  readonly provider: ProviderName;
  readonly status: RefundViewStatus;
  readonly origin: RefundOrigin;
  readonly amount: Fen;
  readonly points: number;
  readonly reason: string;
  readonly items: readonly ReturnedItem[];
  /** The failed refund that this one tries again. */
  readonly retryOf: string | null;
  /** Why it came to nothing, when CLOSED. */
  readonly failureCode: string | null;
  readonly createdAt: Date;
  readonly succeededAt: Date | null;
}

/** The lines that a refund gives back. */
export function itemsOf(refund: Pick<RefundRow, "items">): ReturnedItem[] {
  return returnedItems.parse(JSON.parse(refund.items));
}

export async function refundView(ctx: PaymentContext, refund: RefundRow): Promise<RefundRecordView> {
  return {
    refundId: refund.id,
    outRefundNo: refund.outRefundNo,
    orderId: refund.orderId,
    provider: refund.provider,
    status: refund.state === "CREATED" ? "PROCESSING" : refund.state,
    origin: refund.origin,
    amount: refund.amount,
    points: refund.points,
    reason: await unsealShown(ctx, refundField("reason", refund), refund.reason),
    items: itemsOf(refund),
    retryOf: refund.retryOf,
    failureCode: refund.failureCode,
    createdAt: refund.createdAt,
    succeededAt: refund.succeededAt,
  };
}

/** The refund as a provider is asked about it. */
export function refundRef({ outRefundNo, outTradeNo, amount }: RefundRow) {
  return { outRefundNo, outTradeNo, amount } satisfies AskedRefund;
}

/** The refund as it is sent, with its text. Throws SealedTextError. */
export async function recordedRefund(ctx: PaymentContext, refund: RefundRow): Promise<RefundRef> {
  return { ...refundRef(refund), request: await unseal(ctx, refundField("request", refund), refund.request) };
}

/** Where a text of a refund stands. */
export function refundField(name: "request" | "reason", { id }: Pick<RefundRow, "id">): Field {
  return { column: `refund_records.${name}`, row: id };
}

/** Stands in the trail for the reason that a refund was asked for with: those are its buyer's words. */
export const AS_ASKED = "as the refund was asked for";
