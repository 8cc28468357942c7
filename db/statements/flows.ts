/**
 * What happened in a stretch of time, counted: how attempts ended, how long calls took, how late callbacks came. Each
 * reads a range of one index and nothing else, whatever the tables hold beside it.
 */
import { type SQL, sql } from "drizzle-orm";
import type { Database } from "../client.ts";
import { type BucketKind, bucketOf, millisecondsBetween } from "./histograms.ts";

/** `from` is included, `to` is not; without it, up to the newest row. */
export interface Stretch {
  readonly from: Date;
  readonly to?: Date | undefined;
}

/** A figure that counts, and how it sorts what took time; null where nothing did. */
export const FLOWS = {
  /** Every end of an attempt, by method. */
  ended: null,
  /** Attempts that came to an end, each by its last one, by method. */
  last_ended: null,
  /** Orders that closed unpaid, by reason. Those that were paid are the attempts that paid them. */
  closed_orders: null,
  /** From the buyer's payment to our books, however we heard of it. */
  booking: "delays",
  /** From what a callback tells of to our books. */
  callback: "delays",
  /** From a callback's arrival to its end. */
  processing: "calls",
  /** Creating a payment, as its caller saw it, by method. */
  create: "calls",
  /** Calls to providers, by operation. */
  call: "calls",
} as const satisfies Record<string, BucketKind | null>;

export type FlowName = keyof typeof FLOWS;

const ENDED_UNPAID = "(case when failure_code is null then 'closed' else 'failed' end)";

/**
 * Every event once, and for good: money that comes for an attempt which had been closed is a second event, so that no
 * count ever falls. For counters.
 */
export function eventsIn(stretch: Stretch): SQL {
  return sql.join(
    [
      counted("ended", bookedIn(stretch), "(case when unapplied_reason is null then 'paid' else 'unapplied' end)"),
      counted("ended", sql`payment_transactions where ${within("closed_at", stretch)}`, ENDED_UNPAID),
      ...timesIn(stretch),
    ],
    sql` union all `,
  );
}

/**
 * Every attempt and every order once, under its last end: an attempt that was closed and paid all the same is paid, money
 * that was applied late is applied. For looking at a window of time.
 */
export function endsIn(stretch: Stretch): SQL {
  return sql.join(
    [
      counted("last_ended", bookedIn(stretch), "(case when disposition = 'APPLIED' then 'paid' else 'unapplied' end)"),
      counted(
        "last_ended",
        sql`payment_transactions where ${within("closed_at", stretch)} and state in ('CLOSED','FAILED')`,
        ENDED_UNPAID,
      ),
      closedOrdersIn(stretch),
    ],
    sql` union all `,
  );
}

/** How long everything took. */
export function timesIn(stretch: Stretch): SQL[] {
  const received = sql`notifications where ${within("received_at", stretch)}`;
  const done = `${millisecondsBetween("event_at", "received_at")} + processing_ms`;
  return [
    timed("booking", bookedIn(stretch), { ms: millisecondsBetween("paid_at", "booked_at") }),
    timed("callback", sql`${received} and event_at is not null`, { ms: done }),
    timed("processing", received, { ms: "processing_ms" }),
    timed("create", sql`served_operations where ${within("at", stretch)}`, {
      name: "method",
      outcome: "outcome",
      ms: "duration_ms",
    }),
    timed("call", sql`provider_calls where ${within("sent_at", stretch)}`, {
      name: "operation",
      outcome: "outcome",
      ms: "duration_ms",
    }),
  ];
}

/** Sends one of these, or several put together. */
export async function readFlows(db: Database, statement: SQL): Promise<readonly unknown[]> {
  return (await db.execute(statement)).rows;
}

function bookedIn(stretch: Stretch): SQL {
  return sql`payment_transactions where ${within("booked_at", stretch)}`;
}

function within(column: string, { from, to }: Stretch): SQL {
  const name = sql.raw(column);
  return to === undefined ? sql`${name} >= ${from}` : sql`${name} >= ${from} and ${name} < ${to}`;
}

function counted(flow: FlowName, rows: SQL, outcome: string): SQL {
  return sql`select ${flow} as figure, provider, method as name, ${sql.raw(outcome)} as outcome, 0 as bucket,
    count(*) as n, 0 as sum_ms from ${rows} group by provider, name, outcome`;
}

function closedOrdersIn(stretch: Stretch): SQL {
  return sql`select 'closed_orders' as figure, '' as provider, '' as name, close_reason as outcome, 0 as bucket,
    count(*) as n, 0 as sum_ms from orders
    where close_reason in ('CANCELLED','EXPIRED') and ${within("closed_at", stretch)} group by outcome`;
}

interface TimedColumns {
  readonly name?: string;
  readonly outcome?: string;
  readonly ms: string;
}

function timed(flow: FlowName, rows: SQL, { name = "''", outcome = "''", ms }: TimedColumns): SQL {
  const kind = FLOWS[flow];
  if (kind === null) throw new Error(`${flow} takes no time`);
  const columns = sql.raw(`provider, ${name} as name, ${outcome} as outcome, ${ms} as ms`);
  return sql`select ${flow} as figure, seen.provider, seen.name, seen.outcome, ${bucketOf(kind, "seen.ms")} as bucket,
    count(*) as n, sum(seen.ms) as sum_ms from (select ${columns} from ${rows}) as seen
    group by seen.provider, seen.name, seen.outcome, bucket`;
}
