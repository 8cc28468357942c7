/** A transfer as operators see it. */
import * as z from "zod";
import type { TransferState, transfers } from "../../../db/schema/transfers.ts";
import type { Fen } from "../../money.ts";
import type { TransferConfirmation, TransferName, TransferRef } from "../../providers/transfers.ts";
import type { PaymentContext } from "../context.ts";
import { unseal, unsealReadable, unsealShown } from "../sealed.ts";
import { recipientOf, type TransferRecipient, transferField } from "./recipient.ts";

export type TransferRow = typeof transfers.$inferSelect;

/** CREATED and PROCESSING are one to a caller: the money is on its way. */
type TransferViewStatus = Exclude<TransferState, "CREATED">;

/** Amounts in fen. */
export type TransferRecordView = TransferRecipient & {
  readonly outBillNo: string;
  readonly status: TransferViewStatus;
  readonly amount: Fen;
  readonly remark: string;
  readonly providerBillNo: string | null;
  /** Why it came to nothing, when FAILED. */
  readonly failureCode: string | null;
  /** What the recipient's client needs, while the recipient is to confirm and the provider has said it. */
  readonly confirm: TransferConfirmation | null;
  readonly requestedBy: string;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
};

const confirmation = z.strictObject({ mchId: z.string(), appId: z.string(), package: z.string() });

export async function transferView(ctx: PaymentContext, row: TransferRow): Promise<TransferRecordView> {
  const { outBillNo, state, amount } = row;
  const { providerBillNo, failureCode, requestedBy, createdAt, finishedAt } = row;
  const awaited = state === "AWAITING_USER" ? row.confirmation : null;
  const confirm = awaited && (await unsealReadable(ctx, transferField("confirmation", outBillNo), awaited));
  return {
    ...(await recipientOf(ctx, row)),
    ...{ outBillNo, amount, remark: await unsealShown(ctx, transferField("remark", outBillNo), row.remark) },
    status: state === "CREATED" ? "PROCESSING" : state,
    confirm: confirm ? confirmation.parse(JSON.parse(confirm)) : null,
    ...{ providerBillNo, failureCode, requestedBy, createdAt, finishedAt },
  };
}

/** The transfer as a provider is asked about it. */
export function transferRef({ outBillNo, amount, productCode }: TransferRow): TransferName {
  return { outBillNo, amount, productCode };
}

/** The transfer as it is sent, with its text. Throws SealedTextError. */
export async function recordedTransfer(ctx: PaymentContext, row: TransferRow): Promise<TransferRef> {
  const request = await unseal(ctx, transferField("request", row.outBillNo), row.request);
  return { ...transferRef(row), request, encryptedFor: row.encryptedFor };
}

/** Whether money may still go out, and the provider has the last word on it. */
export function isUnderWay(row: TransferRow): boolean {
  return row.finishedAt === null;
}

/** Whether the provider may still say something new: while it is under way, and while its money may come back. */
export function mayChange(row: TransferRow): boolean {
  return isUnderWay(row) || row.nextCheckAt !== null;
}
