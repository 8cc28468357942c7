import { PayError } from "../../errors.ts";
import { PaymentManager } from "../../payments/manager.ts";
import { approveRefund, declineRefund, listRefunds } from "../../payments/refunds/decide-refund.ts";
import { idempotencyKey } from "../context.ts";
import {
  createRefundInput,
  listRefundsInput,
  providerRefundReference,
  refund,
  refundPage,
  refundReference,
  resolveAbnormalInput,
} from "../schemas/refunds.ts";
import { BUYERS, INSPECTORS, OPERATORS, procedureFor, READERS, router } from "../trpc.ts";

export const refundsRouter = router({
  create: procedureFor(BUYERS)
    .input(createRefundInput)
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
      const { provider, refundId, ...target } = input;
      return new PaymentManager(ctx.payments).resolveAbnormalRefund(ctx.actor, { provider, refundId, target });
    }),
  list: procedureFor(INSPECTORS)
    .input(listRefundsInput)
    .output(refundPage)
    .query(({ ctx, input }) => listRefunds(ctx.payments, input)),
  approve: procedureFor(OPERATORS)
    .input(refundReference)
    .output(refund)
    .mutation(({ ctx, input }) => approveRefund(ctx.payments, ctx.actor, input.refundId)),
  decline: procedureFor(OPERATORS)
    .input(refundReference)
    .output(refund)
    .mutation(({ ctx, input }) => declineRefund(ctx.payments, ctx.actor, input.refundId)),
});
