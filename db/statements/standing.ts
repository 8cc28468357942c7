/**
 * How things stand at this moment: what waits, what is in doubt, what does not fit. Each reads a range of one index that
 * holds little beside what it counts.
 */
import { type SQL, sql } from "drizzle-orm";

/** In seconds: how long something may take before it counts. */
const UNCONFIRMED = 60;
const PAST_DEADLINE = 900;
const REFUND_UNFINISHED = 3 * 86_400;
const TRANSFER_UNFINISHED = 3600;
const TRANSFER_UNCONFIRMED = 25 * 3600;
const LATELY = 3600;

/** No due time of an open order that is past its deadline is later than this from now: the longest pause between looks. */
const LONGEST_PAUSE = 1800;

/** Days of bills that are not compared to their end. */
const UNRECONCILED = sql.raw("('WAITING','LOADING','COMPARING','COMPARED','UNAVAILABLE')");

export const STANDINGS = [
  "anomaly",
  "held",
  "doubt",
  "bill_days",
  "job",
  "stock_pass",
  "stock_differs",
  "stock_short",
  "stock_low",
  "stock_unposted",
  "stock_overdue",
] as const;
export type StandingName = (typeof STANDINGS)[number];

/**
 * Everything that stands, in columns: `figure`, `label`, how many (`n`), a moment in seconds since the epoch (`at`: of the
 * oldest, where there are several) and an `amount`, in fen or pieces.
 */
export function standing(now: Date, jobs: readonly string[]): SQL {
  const parts = [
    ...[openAnomalies(), heldReceipts(), ...inDoubt(now), unreconciledDays(), lastRuns(jobs)],
    ...[lastPass(), stockDiffers(now), stockShort(), stockLow(), unpostedSales(now), overdueOrders(now)],
  ];
  return sql.join(parts, sql` union all `);
}

function openAnomalies(): SQL {
  return sql`select 'anomaly' as figure, kind as label, count(*) as n, ${epoch("min(created_at)")} as at, 0 as amount
    from anomalies where state = 'OPEN' group by kind`;
}

/** Money that waits for an operator. */
function heldReceipts(): SQL {
  return sql`select 'held', '', count(*), ${epoch("min(coalesce(booked_at, paid_at))")},
    coalesce(sum(received - refunding - refunded), 0)
    from payment_transactions where policy = 'HOLD' and disposition = 'UNAPPLIED'`;
}

function inDoubt(now: Date): SQL[] {
  const before = (seconds: number) => new Date(now.getTime() - seconds * 1000);
  return [
    doubtful(
      "attempt",
      sql`payment_transactions where next_check_at is not null and ((state = 'CREATED' and created_at < ${before(UNCONFIRMED)})
        or (state in ('CREATED','PENDING','CLOSING') and expires_at < ${before(PAST_DEADLINE)}))`,
    ),
    // One that waits for its turn has not been sent.
    doubtful(
      "refund",
      sql`refund_records where (state = 'CREATED' and waiting_since is null and created_at < ${before(UNCONFIRMED)})
        or (state = 'PROCESSING' and created_at < ${before(REFUND_UNFINISHED)}) or state = 'ABNORMAL'`,
    ),
    doubtful(
      "transfer",
      sql`transfers where (state = 'CREATED' and created_at < ${before(UNCONFIRMED)})
        or (state = 'PROCESSING' and created_at < ${before(TRANSFER_UNFINISHED)})
        or (state in ('AWAITING_USER','CANCELLING') and created_at < ${before(TRANSFER_UNCONFIRMED)})`,
    ),
  ];
}

function doubtful(label: string, rows: SQL): SQL {
  return sql`select 'doubt', ${label}, count(*), ${epoch("min(created_at)")}, 0 from ${rows}`;
}

function unreconciledDays(): SQL {
  return sql`select 'bill_days', provider, count(*), ${epoch("min(waiting_since)")}, 0 from bill_days
    where state in ${UNRECONCILED} group by provider`;
}

/** `n` is whether the last run had no failure, `at` when the last such run ended. */
function lastRuns(jobs: readonly string[]): SQL {
  const names = sql.join(
    jobs.map((name) => sql`${name}`),
    sql`, `,
  );
  return sql`select 'job', name, (case when ok then 1 else 0 end), ${epoch("succeeded_at")}, 0 from job_runs
    where name in (${names})`;
}

function lastPass(): SQL {
  return sql`(select 'stock_pass', '', looked, ${epoch("finished_at")}, unlooked from stock_passes
    where finished_at is not null order by finished_at desc limit 1)`;
}

function stockDiffers(now: Date): SQL {
  return sql`select 'stock_differs', '', count(*), ${epoch("min(since)")}, 0 from stock_differences where since <= ${now}`;
}

function stockShort(): SQL {
  return sql`select 'stock_short', '', count(*), null, coalesce(sum(shortage), 0) from inventory_items where shortage > 0`;
}

function stockLow(): SQL {
  return sql`select 'stock_low', '', count(*), ${epoch("min(low_since)")}, 0 from inventory_items where is_low = true`;
}

/** Sale entries of orders that were paid lately and have not taken their pieces: settlement does both or neither. */
function unpostedSales(now: Date): SQL {
  const since = new Date(now.getTime() - LATELY * 1000);
  return sql`select 'stock_unposted', '', count(*), ${epoch("min(t.booked_at)")}, 0 from payment_transactions t
    join inventory_logs l on l.order_id = t.order_id and l.kind = 'SALE' and l.state = 'PENDING'
    join orders o on o.id = t.order_id and o.state = 'PAID'
      and l.cause_id = (case when o.generation = 0 then o.id else concat(o.id, '#', o.generation) end)
    where t.booked_at >= ${since} and t.disposition = 'APPLIED'`;
}

/** Orders past their deadline that keep their pieces: somebody does not say whether they were paid, or nobody asks. */
function overdueOrders(now: Date): SQL {
  const due = new Date(now.getTime() + LONGEST_PAUSE * 1000);
  const overdue = new Date(now.getTime() - PAST_DEADLINE * 1000);
  return sql`select 'stock_overdue', '', count(*), ${epoch("min(expires_at)")}, 0 from orders
    where next_check_at <= ${due} and state = 'PENDING' and expires_at < ${overdue} and line_count > 0`;
}

/** Seconds since 1970: what a column of moments says, in a number that no driver takes for something else. */
function epoch(moment: string): SQL {
  return sql.raw(`timestampdiff(second, '1970-01-01 00:00:00', ${moment})`);
}
