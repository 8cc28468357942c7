/** A refund as its customer and operators see it. */
import * as z from "zod";
import type { RefundOrigin, RefundRecordState, refundRecords } from "../../../db/schema/payments.ts";
import type { Fen } from "../../money.ts";
import type { ProviderName } from "../../providers/methods.ts";
import type { RefundRef } from "../../providers/refund.ts";

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

export function refundView(refund: RefundRow): RefundRecordView {
  return {
    refundId: refund.id,
    outRefundNo: refund.outRefundNo,
    orderId: refund.orderId,
    provider: refund.provider,
    status: refund.state === "CREATED" ? "PROCESSING" : refund.state,
    origin: refund.origin,
    amount: refund.amount,
    points: refund.points,
    reason: refund.reason,
    items: itemsOf(refund),
    retryOf: refund.retryOf,
    failureCode: refund.failureCode,
    createdAt: refund.createdAt,
    succeededAt: refund.succeededAt,
  };
}

/** The refund as a provider is asked about it. */
export function refundRef(refund: RefundRow): RefundRef {
  const { outRefundNo, outTradeNo, amount, request } = refund;
  return { outRefundNo, outTradeNo, amount, request };
}
