import { read } from "../../db/run.ts";
import { dueTransfers, endTransferWatch, postponeTransfer } from "../../db/statements/transfer.ts";
import { nextCheck, type PaymentContext, presentOf } from "../payments/context.ts";
import { pursueTransfer } from "../payments/transfers/ask-transfer.ts";
import { nextWatch, report } from "../payments/transfers/book-transfer.ts";
import { getTransferRow, transfersOf } from "../payments/transfers/record.ts";
import { isUnderWay, type TransferRow } from "../payments/transfers/view.ts";
import { eachApart } from "./each.ts";
import { hoursSince } from "./ending.ts";

/**
 * After so long a transfer that its provider has not confirmed, or not finished, is an operator's to look at. Recipients
 * have a day to confirm.
 */
const DOUBT_HOURS = { CREATED: 6, CONFIRMED: 48 } as const;

/**
 * Transfers under way: asked, sent again when they never arrived, cancelled when they are to be taken back, watched
 * while their money may come back.
 */
export async function synchroniseTransfers(ctx: PaymentContext, limit: number): Promise<number> {
  const due = await read(() => dueTransfers(ctx.db, presentOf(ctx), limit));
  return await eachApart(ctx, "transfer", due, (row) => synchronise(ctx, row));
}

/** The next look is put off before this one is taken: one row's trouble must not keep others from their turn. */
async function synchronise(ctx: PaymentContext, row: TransferRow): Promise<void> {
  const next = isUnderWay(row) ? nextCheck(ctx, row.checks) : nextWatch(ctx);
  if ((await postponeTransfer(ctx.db, row.outBillNo, row.checks, next)) === 0) return;
  const asked = await pursueTransfer(ctx, { ...row, checks: row.checks + 1 }).catch(async (error) => {
    // What fails at every look comes before an operator too.
    await reportDoubt(ctx, await getTransferRow(ctx, row.outBillNo));
    throw error;
  });
  if (!isUnderWay(row)) await endWatch(ctx, asked);
  await reportDoubt(ctx, asked);
}

async function reportDoubt(ctx: PaymentContext, asked: TransferRow): Promise<void> {
  if (!isUnderWay(asked)) return;
  const doubtful = asked.state === "CREATED" ? DOUBT_HOURS.CREATED : DOUBT_HOURS.CONFIRMED;
  if (hoursSince(ctx, asked.createdAt) < doubtful) return;
  await report(ctx, "TRANSFER_IN_DOUBT", asked);
}

/** A transfer that has ended is watched for as long as its provider may send the money back. */
async function endWatch(ctx: PaymentContext, row: TransferRow): Promise<void> {
  const days = transfersOf(ctx, row).returnDays ?? 0;
  if (row.finishedAt === null || hoursSince(ctx, row.finishedAt) < days * 24) return;
  await endTransferWatch(ctx.db, row.outBillNo);
}
