/** What waits for a job of the shop, and since when. */
import type { JobName } from "../../src/jobs/run.ts";
import type { Simulation } from "./simulation.ts";

export interface DueRow {
  readonly job: JobName;
  readonly id: string;
  readonly state: string;
  /** In ms since the epoch. */
  readonly at: number;
}

/** Days of bills come up by themselves as time passes; the shop's whole schedule opens them. */
const WAITING: readonly (readonly [job: JobName, query: string])[] = [
  ["orders", "select id, state, next_check_at as at from orders"],
  ["attempts", "select out_trade_no, state, next_check_at from payment_transactions"],
  ["refunds", "select id, state, next_check_at from refund_records"],
  ["points", "select user_id, 'POINTS', next_check_at from points_accounts"],
  ["bills", "select concat(provider, ' ', bill_date), state, next_check_at from bill_days"],
  ["bills", "select id, state, next_check_at from bill_differences where state = 'OPEN'"],
];

/** What the provider neither does nor excludes is an operator's, once one has been told. */
const IN_DOUBT = `select refund_id from anomalies where kind = 'REFUND_IN_DOUBT' and refund_id is not null
  union all select out_trade_no from anomalies where kind = 'REFUND_IN_DOUBT' and out_trade_no is not null`;

/** All that some job has to look at, the most urgent first. Without `doubtful` also what an operator has been told of. */
export async function whatIsDue(sim: Simulation, exceptDoubtful: boolean): Promise<DueRow[]> {
  const parts = WAITING.filter(([job]) => sim.settings.jobs.includes(job)).map(
    ([job, query]) => `select '${job}' as job, ${query.slice("select ".length)}`,
  );
  const except = exceptDoubtful ? `and id not in (${IN_DOUBT})` : "";
  const rows = await sim.mysql.ask(
    `select * from (${parts.join(" union all ")}) as work where at is not null ${except} order by at, id`,
  );
  return rows.flatMap(({ job, id, state, at }) => {
    const known = sim.settings.jobs.find((name) => name === job);
    return known && at instanceof Date ? [{ job: known, id: String(id), state: String(state), at: at.getTime() }] : [];
  });
}
