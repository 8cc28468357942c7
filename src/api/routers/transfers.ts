import { cancelTransfer } from "../../payments/transfers/cancel-transfer.ts";
import { createTransfer } from "../../payments/transfers/create-transfer.ts";
import { queryTransfer } from "../../payments/transfers/query-transfer.ts";
import { listTransfers } from "../../payments/transfers/record.ts";
import { keyedProcedure } from "../answers.ts";
import { idempotencyKey } from "../context.ts";
import {
  cancelTransferInput,
  createTransferInput,
  listTransfersInput,
  transfer,
  transferPage,
  transferReference,
} from "../schemas/transfers.ts";
import { INSPECTORS, OPERATORS, procedureFor, router } from "../trpc.ts";

export const transfersRouter = router({
  create: keyedProcedure(OPERATORS, { need: "required", looksItself: true }, createTransferInput)
    .output(transfer)
    .mutation(({ ctx, input: { reason: _reason, ...request } }) =>
      createTransfer(ctx.payments, ctx.actor, request, idempotencyKey(ctx)),
    ),
  get: procedureFor(INSPECTORS)
    .input(transferReference)
    .output(transfer)
    .query(({ ctx, input }) => queryTransfer(ctx.payments, input.outBillNo)),
  list: procedureFor(INSPECTORS)
    .input(listTransfersInput)
    .output(transferPage)
    .query(({ ctx, input }) => listTransfers(ctx.payments, input)),
  cancel: procedureFor(OPERATORS)
    .input(cancelTransferInput)
    .output(transfer)
    .mutation(({ ctx, input }) => cancelTransfer(ctx.payments, ctx.actor, input.outBillNo)),
});
