import type * as z from "zod";
import { closeCombined } from "../../payments/combined/close-combined.ts";
import { type CombinedRequest, createCombined } from "../../payments/combined/create-combined.ts";
import { queryCombined } from "../../payments/combined/query-combined.ts";
import { assertReturnHosts } from "../../security/return-hosts.ts";
import { keyedProcedure } from "../answers.ts";
import { idempotencyKey } from "../context.ts";
import {
  closeCombinedInput,
  combinedPayment,
  combinedPaymentState,
  combinedReference,
  createCombinedInput,
} from "../schemas/combined.ts";
import { BUYERS, procedureFor, READERS, router } from "../trpc.ts";
import { addressForH5, assertMayDecide } from "./payer.ts";

export const combinedRouter = router({
  create: keyedProcedure(BUYERS, { need: "optional", looksItself: true }, createCombinedInput)
    .output(combinedPayment)
    .mutation(async ({ ctx, input }) => {
      assertMayDecide(ctx.actor, input);
      assertReturnHosts(ctx.returnHosts, input);
      const request = combinedRequest(input, ctx.callerAddress);
      const answer = await createCombined(ctx.payments, ctx.actor, input.provider, request, idempotencyKey(ctx));
      return { ...answer.payment, created: answer.created };
    }),
  query: procedureFor(READERS)
    .input(combinedReference)
    .output(combinedPaymentState)
    .query(({ ctx, input }) => queryCombined(ctx.payments, ctx.actor, input.provider, input.combineOutTradeNo)),
  close: procedureFor(BUYERS)
    .input(closeCombinedInput)
    .output(combinedPaymentState)
    .mutation(({ ctx, input }) => closeCombined(ctx.payments, ctx.actor, input.provider, input.combineOutTradeNo)),
});

/** A payment as it was asked for, with the address that the connection shows. Throws BAD_INPUT when one is needed. */
function combinedRequest(
  { provider: _provider, reason: _reason, ...input }: z.output<typeof createCombinedInput>,
  callerAddress: string | undefined,
): CombinedRequest {
  if (input.method === "WECHAT_H5") return { ...input, payerClientIp: addressForH5(callerAddress) };
  return { ...input, payerClientIp: callerAddress };
}
