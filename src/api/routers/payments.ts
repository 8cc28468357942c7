import { PaymentManager } from "../../payments/manager.ts";
import { METHODS } from "../../providers/methods.ts";
import { idempotencyKey } from "../context.ts";
import { createPaymentInput, offeredMethods, payment, paymentReference, paymentState } from "../schemas/payments.ts";
import { BUYERS, procedureFor, publicProcedure, READERS, router } from "../trpc.ts";
import { assertMayDecide, paymentRequest } from "./payer.ts";

export const paymentsRouter = router({
  methods: publicProcedure
    .output(offeredMethods)
    .query(({ ctx }) =>
      ctx.payments.providers.methods().map((method) => ({ method, provider: METHODS[method].provider })),
    ),
  create: procedureFor(BUYERS)
    .input(createPaymentInput)
    .output(payment)
    .mutation(async ({ ctx, input }) => {
      assertMayDecide(ctx.actor, input);
      const request = paymentRequest(input, ctx.callerAddress);
      const manager = new PaymentManager(ctx.payments);
      const { payment, created } = await manager.create(ctx.actor, input.provider, request, idempotencyKey(ctx));
      return { ...payment, created };
    }),
  query: procedureFor(READERS)
    .input(paymentReference)
    .output(paymentState)
    .query(({ ctx, input }) => new PaymentManager(ctx.payments).query(ctx.actor, input.provider, input.orderId)),
  close: procedureFor(BUYERS)
    .input(paymentReference)
    .output(paymentState)
    .mutation(({ ctx, input }) => new PaymentManager(ctx.payments).close(ctx.actor, input.provider, input.orderId)),
});
