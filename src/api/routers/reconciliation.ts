import { listBillDays, listDifferences } from "../../payments/reconciliation/list.ts";
import { rerunBillDay } from "../../payments/reconciliation/rerun.ts";
import {
  billDay,
  billDayPage,
  billDaysInput,
  differencePage,
  differencesInput,
  rerunInput,
} from "../schemas/reconciliation.ts";
import { INSPECTORS, OPERATORS, procedureFor, router } from "../trpc.ts";

export const reconciliationRouter = router({
  days: procedureFor(INSPECTORS)
    .input(billDaysInput)
    .output(billDayPage)
    .query(async ({ ctx, input }) => {
      const rows = await listBillDays(ctx.payments, { ...input, limit: input.limit + 1 });
      const shown = rows.slice(0, input.limit);
      return { days: shown.map(dayShown), next: rows.length > input.limit ? (shown.at(-1)?.billDate ?? null) : null };
    }),
  differences: procedureFor(INSPECTORS)
    .input(differencesInput)
    .output(differencePage)
    .query(async ({ ctx, input }) => {
      const { provider, date: billDate, state, after, limit } = input;
      const page = { state, after, limit: limit + 1 };
      const rows = await listDifferences(ctx.payments, { provider, billDate }, page);
      const differences = rows.slice(0, limit);
      return { differences, next: rows.length > limit ? (differences.at(-1)?.id ?? null) : null };
    }),
  rerun: procedureFor(OPERATORS)
    .input(rerunInput)
    .output(billDay)
    .mutation(async ({ ctx, input }) => {
      const { provider, date: billDate, reason } = input;
      return dayShown(await rerunBillDay(ctx.payments, ctx.actor, { provider, billDate, reason }));
    }),
});

function dayShown(row: Awaited<ReturnType<typeof rerunBillDay>>) {
  const { provider, billDate: date, state, entryCount: lines, nextCheckAt, doneAt } = row;
  return { provider, date, state, lines, nextCheckAt, doneAt };
}
