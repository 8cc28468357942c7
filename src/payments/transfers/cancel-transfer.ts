import { beginCancelling } from "../../../db/statements/transfer.ts";
import { PayError } from "../../errors.ts";
import { type Actor, nextCheck, type PaymentContext } from "../context.ts";
import { pursueTransfer } from "./ask-transfer.ts";
import { getTransferRow, transfersOf } from "./record.ts";
import { isUnderWay, type TransferRecordView, type TransferRow, transferView } from "./view.ts";

/**
 * Takes a transfer back that its recipient has not confirmed. It is CANCELLING in the books before the provider hears of
 * it, and stays so until the provider says how it ended: a job goes on. Repeatable. Throws TRANSFER_NOT_FOUND,
 * TRANSFER_FINAL when the money is out, or the transfer failed, and TRANSFER_IRREVOCABLE when its provider takes none back.
 */
export async function cancelTransfer(
  ctx: PaymentContext,
  actor: Actor,
  outBillNo: string,
): Promise<TransferRecordView> {
  const row = await getTransferRow(ctx, outBillNo);
  if (!isUnderWay(row)) return ended(row);
  if (!transfersOf(ctx, row).cancel) throw new PayError("TRANSFER_IRREVOCABLE");
  if ((await beginCancelling(ctx.db, outBillNo, nextCheck(ctx, 0))) > 0) {
    ctx.log.info("transfer.cancelling", { transfer: outBillNo, by: actor.id });
  }
  const current = await getTransferRow(ctx, outBillNo);
  const asked = isUnderWay(current) ? await pursueTransfer(ctx, current) : current;
  return isUnderWay(asked) ? transferView(asked) : ended(asked);
}

function ended(row: TransferRow): TransferRecordView {
  if (row.state !== "CANCELLED") throw new PayError("TRANSFER_FINAL");
  return transferView(row);
}
