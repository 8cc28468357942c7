/** How things stand at this moment, as Prometheus takes it. */
import type { Metric, Sample } from "../../telemetry/prometheus.ts";
import type { Ends, Figures } from "./read-figures.ts";
import type { Abnormal, StockState, Waiting } from "./standing.ts";

/** What came to an end within the last hour, and how things stand. `now` is the moment of both. */
export function stateMetrics({ success, stock, abnormal }: Pick<Figures, "success" | "stock" | "abnormal">, now: Date) {
  return [...successMetrics(success), ...stockMetrics(stock, now), ...abnormalMetrics(abnormal, now)];
}

function successMetrics({ byMethod, orders }: Figures["success"]): Metric[] {
  const ratioOf = ({ provider, name, rate }: Ends & { provider: string; name: string }): Sample[] =>
    rate === null ? [] : [{ labels: { provider, method: name }, value: rate }];
  return [
    gauge(
      "zhongdao_pay_attempt_success_ratio",
      "Attempts whose money came, of all that ended within the last hour. Absent when none did.",
      byMethod.flatMap(ratioOf),
    ),
    gauge(
      "zhongdao_pay_order_success_ratio",
      "Orders that were paid, of all that were paid or closed within the last hour. Absent when none was.",
      orders.rate === null ? [] : [{ value: orders.rate }],
    ),
    gauge("zhongdao_pay_orders_ended", "Orders that were paid or closed unpaid within the last hour.", [
      { labels: { outcome: "paid" }, value: orders.paid },
      { labels: { outcome: "closed" }, value: orders.closed },
    ]),
  ];
}

function stockMetrics({ differing, lastPass, short, low, unposted, overdue }: StockState, now: Date): Metric[] {
  return [
    gauge(
      "zhongdao_pay_stock_differing_skus",
      "SKUs whose pieces were not what their journal adds up to when they were last compared.",
      [{ value: differing.count }],
    ),
    gauge(
      "zhongdao_pay_stock_compared_timestamp_seconds",
      "When all SKUs had last been compared with their journals. Absent before the first time.",
      lastPass ? [{ value: seconds(lastPass.finishedAt) }] : [],
    ),
    gauge("zhongdao_pay_stock_uncompared_skus", "SKUs whose journals could not be summed up then.", [
      { value: lastPass?.unlooked ?? 0 },
    ]),
    gauge("zhongdao_pay_stock_short_skus", "SKUs of which more is promised than there is.", [{ value: short.count }]),
    gauge("zhongdao_pay_stock_short_pieces", "Pieces that are promised and not there.", [{ value: short.pieces }]),
    gauge("zhongdao_pay_stock_low_skus", "SKUs of which no more is free than an operator's mark.", [
      { value: low.count },
    ]),
    ...waitingMetrics("zhongdao_pay_stock_unposted_sales", UNPOSTED, [{ of: unposted }], now),
    ...waitingMetrics("zhongdao_pay_stock_overdue_orders", OVERDUE, [{ of: overdue }], now),
  ];
}

const UNPOSTED = "Sale entries of orders paid within the last hour that have not taken their pieces";
const OVERDUE = "Orders that keep their pieces a quarter of an hour past their deadline";

function abnormalMetrics({ anomalies, held, inDoubt, unreconciled, jobs }: Abnormal, now: Date): Metric[] {
  const labelled = <T extends Waiting>(all: readonly T[], label: string, of: (each: T) => string) =>
    all.map((each) => ({ of: each, labels: { [label]: of(each) } }));
  return [
    ...waitingMetrics(
      "zhongdao_pay_anomalies_open",
      "Anomalies that wait for an operator",
      labelled(anomalies, "kind", ({ kind }) => kind),
      now,
    ),
    ...waitingMetrics(
      "zhongdao_pay_held_receipts",
      "Payments whose money is held for an operator",
      [{ of: held }],
      now,
    ),
    gauge("zhongdao_pay_held_receipts_yuan", "How much money is held for an operator.", [{ value: held.amount / 100 }]),
    ...waitingMetrics(
      "zhongdao_pay_in_doubt",
      "What a provider has not confirmed or finished in its time",
      labelled(inDoubt, "what", ({ what }) => what),
      now,
    ),
    ...waitingMetrics(
      "zhongdao_pay_bill_days_unreconciled",
      "Days whose bill has not been compared with the books to its end",
      labelled(unreconciled, "provider", ({ provider }) => provider),
      now,
    ),
    gauge(
      "zhongdao_pay_job_last_success_timestamp_seconds",
      "When a job last ended without a failure. Absent for one that never has.",
      jobs.flatMap(({ name, lastSuccess }) =>
        lastSuccess ? [{ labels: { job_name: name }, value: seconds(lastSuccess) }] : [],
      ),
    ),
    gauge(
      "zhongdao_pay_job_last_run_ok",
      "Whether a job's last run did not fail, as a whole or for every row of a kind.",
      jobs.map(({ name, ok }) => ({ labels: { job_name: name }, value: ok ? 1 : 0 })),
    ),
  ];
}

/** How many wait, and for how long the oldest has. */
function waitingMetrics(
  name: string,
  help: string,
  series: readonly { readonly of: Waiting; readonly labels?: Readonly<Record<string, string>> }[],
  now: Date,
): Metric[] {
  return [
    gauge(
      name,
      `${help}.`,
      series.map(({ of, labels = {} }) => ({ labels, value: of.count })),
    ),
    gauge(
      `${name}_oldest_seconds`,
      `${help}: for how long the oldest has. 0 when there is none.`,
      series.map(({ of, labels = {} }) => ({ labels, value: ageOf(of, now) })),
    ),
  ];
}

function ageOf({ oldest }: Waiting, now: Date): number {
  return oldest ? Math.max(0, Math.round((now.getTime() - oldest.getTime()) / 1000)) : 0;
}

function seconds(moment: Date): number {
  return Math.floor(moment.getTime() / 1000);
}

function gauge(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, help, type: "gauge", samples };
}
