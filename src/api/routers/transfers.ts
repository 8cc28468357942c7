import { cancelTransfer } from "../../payments/transfers/cancel-transfer.ts";
import { createTransfer } from "../../payments/transfers/create-transfer.ts";
import { queryTransfer } from "../../payments/transfers/query-transfer.ts";
import { listTransfers } from "../../payments/transfers/record.ts";
import { idempotencyKey } from "../context.ts";
import {
  createTransferInput,
  listTransfersInput,
  transfer,
  transferPage,
  transferReference,
} from "../schemas/transfers.ts";
import { INSPECTORS, OPERATORS, procedureFor, router } from "../trpc.ts";

export const transfersRouter = router({
  create: procedureFor(OPERATORS)
    .input(createTransferInput)
    .output(transfer)
    .mutation(({ ctx, input }) => createTransfer(ctx.payments, ctx.actor, input, idempotencyKey(ctx))),
  get: procedureFor(INSPECTORS)
    .input(transferReference)
    .output(transfer)
    .query(({ ctx, input }) => queryTransfer(ctx.payments, input.outBillNo)),
  list: procedureFor(INSPECTORS)
    .input(listTransfersInput)
    .output(transferPage)
    .query(({ ctx, input }) => listTransfers(ctx.payments, input)),
  cancel: procedureFor(OPERATORS)
    .input(transferReference)
    .output(transfer)
    .mutation(({ ctx, input }) => cancelTransfer(ctx.payments, ctx.actor, input.outBillNo)),
});
