import * as z from "zod";
import { ANOMALY_KINDS } from "../../../db/schema/records.ts";
import { limit, moment, provider, reference } from "./fields.ts";

export const listAnomaliesInput = z.strictObject({
  state: z.enum(["OPEN", "RESOLVED"]).default("OPEN"),
  before: reference.optional().meta({ description: "`next` of the page before" }),
  limit,
});

/** The facts of an anomaly, as they were written down. */
export const anomalyDetail = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));

export const anomalyPage = z.object({
  anomalies: z.array(
    z
      .object({
        id: z.string(),
        kind: z.enum(ANOMALY_KINDS),
        state: z.enum(["OPEN", "RESOLVED"]),
        provider: provider.nullable(),
        orderId: z.string().nullable(),
        outTradeNo: z.string().nullable(),
        refundId: z.string().nullable(),
        detail: anomalyDetail.meta({ description: "Amounts in it are in yuan" }),
        seen: z.int(),
        createdAt: moment,
        lastSeenAt: moment,
      })
      .meta({ id: "Anomaly" }),
  ),
  next: z.string().nullable(),
});

export const jobsRun = z.object({ finishedAt: moment });
