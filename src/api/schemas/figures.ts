import * as z from "zod";
import { ANOMALY_KINDS } from "../../../db/schema/records.ts";
import { type Figures, type Times, WINDOWS, type WindowMinutes } from "../../payments/figures/read-figures.ts";
import { DOUBTS } from "../../payments/figures/standing.ts";
import { moment, provider, yuanText } from "./fields.ts";

export const figuresInput = z.strictObject({
  minutes: z.coerce
    .number<number | string>()
    .refine((minutes) => WINDOWS.some((window) => window === minutes), `must be one of ${WINDOWS.join(", ")}`)
    .default(60)
    .meta({ description: `How far back to look, in minutes: ${WINDOWS.join(", ")}` }),
});

/** The window that was asked for. */
export function windowOf({ minutes }: z.output<typeof figuresInput>): WindowMinutes {
  return WINDOWS.find((window) => window === minutes) ?? 60;
}

const count = z.int();
const rate = z.number().nullable().meta({ description: "From 0 to 1; null when there was nothing" });
const waiting = { count, oldest: moment.nullable().meta({ description: "Since when the oldest has waited" }) };
const ends = { paid: count, unapplied: count, failed: count, closed: count, rate };

const times = z.object({
  provider: z.string(),
  count,
  meanMs: count.nullable(),
  p50Ms: count.nullable(),
  p95Ms: count.nullable(),
  p99Ms: count.nullable(),
});
const timesOfMethod = times.extend({ method: z.string(), outcome: z.string() });
const timesOfOperation = times.extend({ operation: z.string(), outcome: z.string() });

export const figures = z
  .object({
    from: moment,
    to: moment,
    success: z.object({
      attempts: z.object(ends).meta({
        description: "Attempts that ended in the window, each under its last end; `rate`: those whose money came",
      }),
      byMethod: z.array(z.object({ provider: z.string(), method: z.string(), ...ends })),
      orders: z.object({ paid: count, closed: count, rate }),
    }),
    response: z.object({
      create: z.array(timesOfMethod).meta({ description: "What callers waited for a payment to be created" }),
      calls: z.array(timesOfOperation).meta({ description: "Calls to payment providers" }),
    }),
    callbacks: z.object({
      delay: z.array(times).meta({ description: "From what a callback tells of until it was booked" }),
      processing: z.array(times).meta({ description: "From a callback's arrival until it was booked" }),
      booking: z.array(times).meta({ description: "From the buyer's payment until it was booked, however we heard" }),
    }),
    stock: z.object({
      differing: z.object(waiting).meta({ description: "SKUs that were not what their journal adds up to" }),
      lastPass: z.object({ finishedAt: moment, looked: count, unlooked: count }).nullable(),
      short: z.object({ count, pieces: count }),
      low: z.object(waiting),
      unposted: z.object(waiting).meta({ description: "Sale entries of paid orders that have not taken their pieces" }),
      overdue: z.object(waiting).meta({ description: "Orders that keep their pieces long past their deadline" }),
    }),
    abnormal: z.object({
      anomalies: z.array(z.object({ kind: z.enum(ANOMALY_KINDS), ...waiting })),
      held: z.object({ ...waiting, amount: yuanText }),
      inDoubt: z.array(z.object({ what: z.enum(DOUBTS), ...waiting })),
      unreconciled: z.array(z.object({ provider, ...waiting })),
      jobs: z.array(z.object({ name: z.string(), ok: z.boolean(), lastSuccess: moment.nullable() })),
    }),
  })
  .meta({ id: "Figures" });

/** Kinds of anomalies of which none is open are left out. */
export function figuresShown({ success, response, callbacks, abnormal, ...rest }: Figures) {
  const { create, calls } = response;
  return {
    ...rest,
    success: { ...success, byMethod: success.byMethod.map(({ name: method, ...ends }) => ({ method, ...ends })) },
    response: {
      create: create.map(({ name: method, ...row }) => ({ method, ...row })),
      calls: calls.map(({ name: operation, ...row }) => ({ operation, ...row })),
    },
    callbacks: {
      delay: plain(callbacks.delay),
      processing: plain(callbacks.processing),
      booking: plain(callbacks.booking),
    },
    abnormal: {
      ...abnormal,
      anomalies: abnormal.anomalies.filter((anomaly) => anomaly.count > 0),
      inDoubt: [...abnormal.inDoubt],
      unreconciled: [...abnormal.unreconciled],
      jobs: [...abnormal.jobs],
    },
  };
}

function plain(times: readonly Times[]) {
  return times.map(({ name: _name, outcome: _outcome, ...row }) => row);
}
