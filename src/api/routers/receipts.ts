import { applyToOrder, refundReceipt, writeOffReceipt } from "../../payments/receipts/decide-receipt.ts";
import { getReceipt, listReceipts } from "../../payments/receipts/find-receipts.ts";
import { receiptView } from "../../payments/receipts/view.ts";
import { decideReceiptInput, listReceiptsInput, receipt, receiptPage, receiptReference } from "../schemas/receipts.ts";
import { INSPECTORS, OPERATORS, procedureFor, router } from "../trpc.ts";

export const receiptsRouter = router({
  get: procedureFor(INSPECTORS)
    .input(receiptReference)
    .output(receipt)
    .query(async ({ ctx, input }) => receiptView(await getReceipt(ctx.payments, input.outTradeNo))),
  list: procedureFor(INSPECTORS)
    .input(listReceiptsInput)
    .output(receiptPage)
    .query(async ({ ctx, input }) => {
      const found = await listReceipts(ctx.payments, { ...input, limit: input.limit + 1 });
      const receipts = found.slice(0, input.limit).map(receiptView);
      return { receipts, next: found.length > input.limit ? (receipts.at(-1)?.outTradeNo ?? null) : null };
    }),
  applyToOrder: procedureFor(OPERATORS)
    .input(decideReceiptInput)
    .output(receipt)
    .mutation(({ ctx, input }) => applyToOrder(ctx.payments, ctx.actor, input)),
  refund: procedureFor(OPERATORS)
    .input(decideReceiptInput)
    .output(receipt)
    .mutation(({ ctx, input }) => refundReceipt(ctx.payments, ctx.actor, input)),
  writeOff: procedureFor(OPERATORS)
    .input(decideReceiptInput)
    .output(receipt)
    .mutation(({ ctx, input }) => writeOffReceipt(ctx.payments, ctx.actor, input)),
});
