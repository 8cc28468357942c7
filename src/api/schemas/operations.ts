import * as z from "zod";
import { ANOMALY_KINDS, SUGGESTIONS } from "../../../db/schema/records.ts";
import { JOB_NAMES } from "../../jobs/run.ts";
import { limit, line, moment, provider, reference } from "./fields.ts";

export const listAnomaliesInput = z.strictObject({
  state: z.enum(["OPEN", "RESOLVED"]).default("OPEN"),
  kind: z.enum(ANOMALY_KINDS).optional(),
  orderId: reference.optional(),
  before: reference.optional().meta({ description: "`next` of the page before" }),
  limit,
});

/** The facts of an anomaly, as they were written down. */
export const anomalyDetail = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));

export const anomaly = z
  .object({
    id: z.string(),
    kind: z.enum(ANOMALY_KINDS),
    state: z.enum(["OPEN", "RESOLVED"]),
    provider: provider.nullable(),
    orderId: z.string().nullable(),
    outTradeNo: z.string().nullable(),
    refundId: z.string().nullable(),
    detail: anomalyDetail.meta({ description: "Amounts in it are in yuan" }),
    suggestion: z.enum(SUGGESTIONS).nullable().meta({ description: "What an operator might do about it" }),
    seen: z.int(),
    createdAt: moment,
    lastSeenAt: moment,
    resolvedAt: moment.nullable(),
    resolvedBy: z.string().nullable(),
    resolution: z.string().nullable().meta({ description: "Why it needs nobody any more" }),
  })
  .meta({ id: "Anomaly" });

export const anomalyPage = z.object({ anomalies: z.array(anomaly), next: z.string().nullable() });

export const resolveAnomalyInput = z.strictObject({ id: reference, reason: line(200) });

export const runJobsInput = z.strictObject({
  names: z
    .array(z.enum(JOB_NAMES))
    .min(1)
    .max(JOB_NAMES.length)
    .optional()
    .meta({ description: "All jobs when absent" }),
  reason: line(200),
});

export const jobsRun = z.object({
  finishedAt: moment,
  rows: z.partialRecord(z.enum(JOB_NAMES), z.int()).meta({ description: "How many rows each job has taken on" }),
});
