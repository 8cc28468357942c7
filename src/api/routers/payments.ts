import { PaymentManager } from "../../payments/manager.ts";
import { METHODS } from "../../providers/methods.ts";
import { assertReturnHosts } from "../../security/return-hosts.ts";
import { keyedProcedure } from "../answers.ts";
import { idempotencyKey } from "../context.ts";
import { nothing } from "../schemas/fields.ts";
import {
  closePaymentInput,
  createPaymentInput,
  offeredMethods,
  payment,
  paymentReference,
  paymentState,
} from "../schemas/payments.ts";
import { BUYERS, procedureFor, publicProcedure, READERS, router } from "../trpc.ts";
import { assertMayDecide, paymentRequest } from "./payer.ts";

export const paymentsRouter = router({
  methods: publicProcedure
    .input(nothing)
    .output(offeredMethods)
    .query(({ ctx }) =>
      ctx.payments.providers.methods().map((method) => ({ method, provider: METHODS[method].provider })),
    ),
  create: keyedProcedure(BUYERS, { need: "optional", looksItself: true }, createPaymentInput)
    .output(payment)
    .mutation(async ({ ctx, input }) => {
      assertMayDecide(ctx.actor, input);
      assertReturnHosts(ctx.returnHosts, input);
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
    .input(closePaymentInput)
    .output(paymentState)
    .mutation(({ ctx, input }) => new PaymentManager(ctx.payments).close(ctx.actor, input.provider, input.orderId)),
});
