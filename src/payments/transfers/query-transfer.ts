import type { PaymentContext } from "../context.ts";
import { askForTransfer } from "./ask-transfer.ts";
import { getTransferRow } from "./record.ts";
import { mayChange, type TransferRecordView, transferView } from "./view.ts";

/** Says how a transfer stands; while that may change the provider is asked. Throws TRANSFER_NOT_FOUND. */
export async function queryTransfer(ctx: PaymentContext, outBillNo: string): Promise<TransferRecordView> {
  const row = await getTransferRow(ctx, outBillNo);
  return await transferView(ctx, mayChange(row) ? await askForTransfer(ctx, row) : row);
}
