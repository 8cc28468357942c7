import { PayError } from "../../errors.ts";
import { PaymentManager } from "../../payments/manager.ts";
import { approveRefund, declineRefund, listRefunds } from "../../payments/refunds/decide-refund.ts";
import { releaseRefund } from "../../payments/refunds/release-refund.ts";
import { retryRefund } from "../../payments/refunds/retry-refund.ts";
import { keyedProcedure } from "../answers.ts";
import { idempotencyKey } from "../context.ts";
import {
  createRefundInput,
  listRefundsInput,
  providerRefundReference,
  reasonedRefundInput,
  refund,
  refundPage,
  resolveAbnormalInput,
} from "../schemas/refunds.ts";
import { BUYERS, INSPECTORS, OPERATORS, procedureFor, READERS, router } from "../trpc.ts";

export const refundsRouter = router({
  create: keyedProcedure(BUYERS, { need: "required", looksItself: true }, createRefundInput)
    .output(refund)
    .mutation(({ ctx, input }) => {
      const key = idempotencyKey(ctx);
      if (key === undefined) throw new PayError("IDEMPOTENCY_KEY_REQUIRED");
      return new PaymentManager(ctx.payments).refund(ctx.actor, input, key);
    }),
  query: procedureFor(READERS)
    .input(providerRefundReference)
    .output(refund)
    .query(({ ctx, input }) => new PaymentManager(ctx.payments).queryRefund(ctx.actor, input.provider, input.refundId)),
  resolveAbnormal: procedureFor(OPERATORS)
    .input(resolveAbnormalInput)
    .output(refund)
    .mutation(({ ctx, input }) => {
      const { provider, refundId, reason: _reason, ...target } = input;
      return new PaymentManager(ctx.payments).resolveAbnormalRefund(ctx.actor, { provider, refundId, target });
    }),
  list: procedureFor(INSPECTORS)
    .input(listRefundsInput)
    .output(refundPage)
    .query(({ ctx, input }) => listRefunds(ctx.payments, input)),
  approve: procedureFor(OPERATORS)
    .input(reasonedRefundInput)
    .output(refund)
    .mutation(({ ctx, input }) => approveRefund(ctx.payments, ctx.actor, input.refundId)),
  decline: procedureFor(OPERATORS)
    .input(reasonedRefundInput)
    .output(refund)
    .mutation(({ ctx, input }) => declineRefund(ctx.payments, ctx.actor, input.refundId)),
  retry: procedureFor(OPERATORS)
    .input(reasonedRefundInput)
    .output(refund)
    .mutation(({ ctx, input }) => retryRefund(ctx.payments, ctx.actor, input)),
  release: procedureFor(OPERATORS)
    .input(reasonedRefundInput)
    .output(refund)
    .mutation(({ ctx, input }) => releaseRefund(ctx.payments, ctx.actor, input)),
});
