import { JOB_NAMES, runJobs } from "../../jobs/run.ts";
import { type AnomalyRow, listAnomalies } from "../../payments/anomalies.ts";
import { auditBooks } from "../../payments/audit/audit-books.ts";
import { explainOrder } from "../../payments/explain/explain-order.ts";
import { readFigures } from "../../payments/figures/read-figures.ts";
import { recordAction } from "../../payments/operator-actions.ts";
import { resolveAnomaly } from "../../payments/resolve-anomaly.ts";
import { auditInput, auditReport, auditView } from "../schemas/audit.ts";
import { explainInput, storyPage } from "../schemas/explain.ts";
import { figures, figuresInput, figuresShown, windowOf } from "../schemas/figures.ts";
import {
  anomaly,
  anomalyDetail,
  anomalyPage,
  jobsRun,
  listAnomaliesInput,
  resolveAnomalyInput,
  runJobsInput,
} from "../schemas/operations.ts";
import { INSPECTORS, OPERATORS, procedureFor, router } from "../trpc.ts";

export const operationsRouter = router({
  anomalies: procedureFor(INSPECTORS)
    .input(listAnomaliesInput)
    .output(anomalyPage)
    .query(async ({ ctx, input }) => {
      const rows = await listAnomalies(ctx.payments, { ...input, limit: input.limit + 1 });
      const shown = rows.slice(0, input.limit);
      return {
        anomalies: shown.map(anomalyShown),
        next: rows.length > input.limit ? (shown.at(-1)?.id ?? null) : null,
      };
    }),
  resolveAnomaly: procedureFor(OPERATORS)
    .input(resolveAnomalyInput)
    .output(anomaly)
    .mutation(async ({ ctx, input }) => anomalyShown(await resolveAnomaly(ctx.payments, ctx.actor, input))),
  audit: procedureFor(INSPECTORS)
    .input(auditInput)
    .output(auditReport)
    .query(async ({ ctx, input }) => auditView(await auditBooks(ctx.payments, { ...input, from: input.cursor }))),
  explain: procedureFor(INSPECTORS)
    .input(explainInput)
    .output(storyPage)
    .query(async ({ ctx, input }) => {
      const { after, limit, ...name } = input;
      const { entries, ...page } = await explainOrder(ctx.payments, name, { after, limit });
      return { ...page, entries: [...entries] };
    }),
  figures: procedureFor(INSPECTORS)
    .input(figuresInput)
    .output(figures)
    .query(async ({ ctx, input }) => figuresShown(await readFigures(ctx.payments, windowOf(input), JOB_NAMES))),
  runJobs: procedureFor(OPERATORS)
    .input(runJobsInput)
    .output(jobsRun)
    .mutation(async ({ ctx, input }) => {
      const jobs = ctx.jobs();
      const { names = JOB_NAMES, reason } = input;
      const after = { jobs: names.join(" ") };
      await recordAction(jobs, ctx.actor, {
        action: "operations.run_jobs",
        subject: "jobs",
        reason,
        before: {},
        after,
      });
      const rows = await runJobs(jobs, names);
      return { finishedAt: new Date(jobs.now()), rows };
    }),
});

function anomalyShown(row: AnomalyRow) {
  return { ...row, detail: anomalyDetail.parse(JSON.parse(row.detail)) };
}
