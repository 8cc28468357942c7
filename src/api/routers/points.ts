import { getBalance, grantPoints } from "../../payments/points/account.ts";
import { readStatement } from "../../payments/points/statement.ts";
import { keyedProcedure } from "../answers.ts";
import { idempotencyKey } from "../context.ts";
import { entryPage, grantInput, listEntriesInput, pointsBalance, pointsOwner } from "../schemas/points.ts";
import { procedureFor, READERS, router } from "../trpc.ts";
import { assertOwn } from "./own.ts";

export const pointsRouter = router({
  balance: procedureFor(READERS)
    .input(pointsOwner)
    .output(pointsBalance)
    .query(({ ctx, input }) => {
      const { userId = ctx.actor.id } = input;
      assertOwn(ctx.actor, userId);
      return getBalance(ctx.payments, userId);
    }),
  entries: procedureFor(READERS)
    .input(listEntriesInput)
    .output(entryPage)
    .query(({ ctx, input }) => {
      const { userId = ctx.actor.id } = input;
      assertOwn(ctx.actor, userId);
      return readStatement(ctx.payments, userId, input);
    }),
  grant: keyedProcedure(["service", "operator"], { need: "optional", looksItself: false }, grantInput)
    .output(pointsBalance)
    .mutation(({ ctx, input }) => grantPoints(ctx.payments, ctx.actor, input, idempotencyKey(ctx))),
});
