import { cancelAuthorisation } from "../../payments/pre-authorisations/cancel-authorisation.ts";
import { createAuthorisation } from "../../payments/pre-authorisations/create-authorisation.ts";
import { queryAuthorisation } from "../../payments/pre-authorisations/query-authorisation.ts";
import { listAuthorisations } from "../../payments/pre-authorisations/record.ts";
import { requestOperation } from "../../payments/pre-authorisations/request-operation.ts";
import { idempotencyKey } from "../context.ts";
import {
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
  create: procedureFor(CASHIERS)
    .input(createPreAuthorisationInput)
    .output(preAuthorisation)
    .mutation(({ ctx, input }) => createAuthorisation(ctx.payments, ctx.actor, input, idempotencyKey(ctx))),
  get: procedureFor([...CASHIERS, "auditor"])
    .input(preAuthorisationReference)
    .output(preAuthorisation)
    .query(({ ctx, input }) => queryAuthorisation(ctx.payments, input.outOrderNo)),
  list: procedureFor(INSPECTORS)
    .input(listPreAuthorisationsInput)
    .output(preAuthorisationPage)
    .query(({ ctx, input }) => listAuthorisations(ctx.payments, input)),
  capture: procedureFor(CASHIERS)
    .input(captureInput)
    .output(preAuthorisation)
    .mutation(({ ctx, input }) =>
      requestOperation(ctx.payments, ctx.actor, { ...input, kind: "CAPTURE" }, idempotencyKey(ctx)),
    ),
  unfreeze: procedureFor(CASHIERS)
    .input(unfreezeInput)
    .output(preAuthorisation)
    .mutation(({ ctx, input }) =>
      requestOperation(ctx.payments, ctx.actor, { ...input, kind: "UNFREEZE" }, idempotencyKey(ctx)),
    ),
  cancel: procedureFor(CASHIERS)
    .input(preAuthorisationReference)
    .output(preAuthorisation)
    .mutation(({ ctx, input }) => cancelAuthorisation(ctx.payments, ctx.actor, input.outOrderNo)),
});
