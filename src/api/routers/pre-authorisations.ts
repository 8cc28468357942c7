import { cancelAuthorisation } from "../../payments/pre-authorisations/cancel-authorisation.ts";
import { createAuthorisation } from "../../payments/pre-authorisations/create-authorisation.ts";
import { queryAuthorisation } from "../../payments/pre-authorisations/query-authorisation.ts";
import { listAuthorisations } from "../../payments/pre-authorisations/record.ts";
import { requestOperation } from "../../payments/pre-authorisations/request-operation.ts";
import { keyedProcedure } from "../answers.ts";
import { idempotencyKey } from "../context.ts";
import {
  cancelPreAuthorisationInput,
  captureInput,
  createPreAuthorisationInput,
  listPreAuthorisationsInput,
  preAuthorisation,
  preAuthorisationPage,
  preAuthorisationReference,
  unfreezeInput,
} from "../schemas/pre-authorisations.ts";
import { CASHIERS, INSPECTORS, procedureFor, router } from "../trpc.ts";

export const preAuthorisationsRouter = router({
  create: keyedProcedure(CASHIERS, { need: "required", looksItself: true }, createPreAuthorisationInput)
    .output(preAuthorisation)
    .mutation(({ ctx, input: { reason: _reason, ...request } }) =>
      createAuthorisation(ctx.payments, ctx.actor, request, idempotencyKey(ctx)),
    ),
  get: procedureFor([...CASHIERS, "auditor"])
    .input(preAuthorisationReference)
    .output(preAuthorisation)
    .query(({ ctx, input }) => queryAuthorisation(ctx.payments, input.outOrderNo)),
  list: procedureFor(INSPECTORS)
    .input(listPreAuthorisationsInput)
    .output(preAuthorisationPage)
    .query(({ ctx, input }) => listAuthorisations(ctx.payments, input)),
  capture: keyedProcedure(CASHIERS, { need: "required", looksItself: true }, captureInput)
    .output(preAuthorisation)
    .mutation(({ ctx, input: { reason: _reason, ...request } }) =>
      requestOperation(ctx.payments, ctx.actor, { ...request, kind: "CAPTURE" }, idempotencyKey(ctx)),
    ),
  unfreeze: keyedProcedure(CASHIERS, { need: "required", looksItself: true }, unfreezeInput)
    .output(preAuthorisation)
    .mutation(({ ctx, input: { reason: _reason, ...request } }) =>
      requestOperation(ctx.payments, ctx.actor, { ...request, kind: "UNFREEZE" }, idempotencyKey(ctx)),
    ),
  cancel: procedureFor(CASHIERS)
    .input(cancelPreAuthorisationInput)
    .output(preAuthorisation)
    .mutation(({ ctx, input }) => cancelAuthorisation(ctx.payments, ctx.actor, input.outOrderNo)),
});
