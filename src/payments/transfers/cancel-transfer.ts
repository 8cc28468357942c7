import { beginCancelling } from "../../../db/statements/transfer.ts";
import { PayError } from "../../errors.ts";
import { type Actor, nextCheck, type PaymentContext } from "../context.ts";
import { recordIfOperator } from "../operator-actions.ts";
import { askForTransfer, pursueTransfer } from "./ask-transfer.ts";
import { getTransferRow, isRevocable } from "./record.ts";
import { isUnderWay, type TransferRecordView, type TransferRow, transferView } from "./view.ts";

/**
 * Takes a transfer back that its recipient has not confirmed. It is CANCELLING in the books before the provider hears of
 * it, and stays so until the provider says how it ended: a job goes on. One whose provider takes none back is given up as
 * long as the provider does not have it. Repeatable. Throws TRANSFER_NOT_FOUND, TRANSFER_FINAL when the money is out, or
 * the transfer failed, and TRANSFER_IRREVOCABLE when its provider has it and takes none back.
 */
export async function cancelTransfer(
  ctx: PaymentContext,
  actor: Actor,
  outBillNo: string,
): Promise<TransferRecordView> {
  const row = await getTransferRow(ctx, outBillNo);
  if (!isUnderWay(row)) return await ended(ctx, row);
  if (!isRevocable(ctx, row)) return await giveUp(ctx, actor, row);
  const current = await begin(ctx, actor, row, { unconfirmed: false });
  const asked = isUnderWay(current) ? await pursueTransfer(ctx, current) : current;
  return isUnderWay(asked) ? await transferView(ctx, asked) : await ended(ctx, asked);
}

/** Nobody sends it any more, and the job drops it once the provider has often enough said that it does not have it. */
async function giveUp(ctx: PaymentContext, actor: Actor, row: TransferRow): Promise<TransferRecordView> {
  const asked = await askForTransfer(ctx, row);
  const current = isUnderWay(asked) ? await begin(ctx, actor, asked, { unconfirmed: true }) : asked;
  if (!isUnderWay(current)) return await ended(ctx, current);
  if (current.state !== "CANCELLING") throw new PayError("TRANSFER_IRREVOCABLE");
  return await transferView(ctx, current);
}

async function begin(
  ctx: PaymentContext,
  actor: Actor,
  { outBillNo, state }: TransferRow,
  { unconfirmed }: { readonly unconfirmed: boolean },
): Promise<TransferRow> {
  if (state !== "CANCELLING") {
    const change = { before: { state }, after: { state: "CANCELLED" } };
    await recordIfOperator(ctx, actor, { action: "transfers.cancel", subject: outBillNo, ...change });
  }
  if ((await beginCancelling(ctx.db, outBillNo, { nextCheckAt: nextCheck(ctx, 0), unconfirmed })) > 0) {
    ctx.log.info("transfer.cancelling", { transfer: outBillNo, by: actor.id });
  }
  return await getTransferRow(ctx, outBillNo);
}

async function ended(ctx: PaymentContext, row: TransferRow): Promise<TransferRecordView> {
  if (row.state !== "CANCELLED") throw new PayError("TRANSFER_FINAL");
  return await transferView(ctx, row);
}
