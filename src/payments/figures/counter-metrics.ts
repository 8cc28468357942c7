/** Counters and histograms as Prometheus takes them: since counting began, and never falling. */
import { FLOWS, type FlowName } from "../../../db/statements/flows.ts";
import type { Metric } from "../../telemetry/prometheus.ts";
import { type FlowRow, type Labels, seriesOf } from "./flow-rows.ts";
import { histogramOf } from "./histogram.ts";

interface TimedMetric {
  readonly figure: FlowName;
  readonly name: string;
  readonly help: string;
  /** What a series is told apart by, beside its provider. */
  readonly labels: (series: Labels) => Readonly<Record<string, string>>;
}

const TIMED: readonly TimedMetric[] = [
  {
    figure: "create",
    name: "zhongdao_pay_create_payment_seconds",
    help: "How long callers waited for a payment to be created.",
    labels: ({ name, outcome }) => ({ method: name, outcome }),
  },
  {
    figure: "call",
    name: "zhongdao_pay_provider_call_seconds",
    help: "How long calls to payment providers took.",
    labels: ({ name, outcome }) => ({ operation: name, outcome }),
  },
  {
    figure: "callback",
    name: "zhongdao_pay_callback_delay_seconds",
    help: "From what a callback tells of, by the provider's clock, until it was booked.",
    labels: () => ({}),
  },
  {
    figure: "processing",
    name: "zhongdao_pay_callback_processing_seconds",
    help: "From a callback's arrival until it was booked.",
    labels: () => ({}),
  },
  {
    figure: "booking",
    name: "zhongdao_pay_booking_delay_seconds",
    help: "From the buyer's payment, by the provider's clock, until it was booked, by a callback or a query.",
    labels: () => ({}),
  },
];

/** What has been counted, as metrics. */
export function counterMetrics(rows: readonly FlowRow[]): Metric[] {
  return [ended(rows), ...TIMED.map((metric) => timed(metric, rows))];
}

function ended(rows: readonly FlowRow[]): Metric {
  return {
    name: "zhongdao_pay_attempts_ended_total",
    help: "Attempts to pay that came to an end. Money that came for one that had been closed is an end of its own.",
    type: "counter",
    samples: rows
      .filter(({ figure }) => figure === "ended")
      .map(({ provider, name, outcome, n }) => ({ labels: { provider, method: name, outcome }, value: n })),
  };
}

function timed({ figure, name, help, labels }: TimedMetric, rows: readonly FlowRow[]): Metric {
  const kind = FLOWS[figure] ?? "calls";
  const samples = seriesOf(rows, figure).map((series) => {
    const { ends, counts, n, sumMs } = histogramOf(kind, series.rows);
    let below = 0;
    const buckets = ends.map((end, index) => {
      below += counts[index] ?? 0;
      return { end: end / 1000, below };
    });
    return { labels: { provider: series.provider, ...labels(series) }, buckets, count: n, sum: sumMs / 1000 };
  });
  return { name, help, type: "histogram", samples };
}
