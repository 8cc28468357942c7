import { runJobs } from "../../jobs/run.ts";
import { listAnomalies } from "../../payments/anomalies.ts";
import { anomalyDetail, anomalyPage, jobsRun, listAnomaliesInput } from "../schemas/operations.ts";
import { INSPECTORS, OPERATORS, procedureFor, router } from "../trpc.ts";

export const operationsRouter = router({
  anomalies: procedureFor(INSPECTORS)
    .input(listAnomaliesInput)
    .output(anomalyPage)
    .query(async ({ ctx, input }) => {
      const rows = await listAnomalies(ctx.payments, { ...input, limit: input.limit + 1 });
      const shown = rows.slice(0, input.limit);
      return {
        anomalies: shown.map((row) => ({ ...row, detail: anomalyDetail.parse(JSON.parse(row.detail)) })),
        next: rows.length > input.limit ? (shown.at(-1)?.id ?? null) : null,
      };
    }),
  runJobs: procedureFor(OPERATORS)
    .output(jobsRun)
    .mutation(async ({ ctx }) => {
      const jobs = ctx.jobs();
      await runJobs(jobs);
      return { finishedAt: new Date(jobs.now()) };
    }),
});
