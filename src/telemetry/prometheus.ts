/** Prometheus' text format, version 0.0.4. */

export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Names with values from closed sets: nothing that names a person or an order. */
type MetricLabels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels?: MetricLabels;
  readonly value: number;
}

/** One histogram: how many lie below each end, in seconds, and of all how many there are and their sum. */
interface HistogramSample {
  readonly labels?: MetricLabels;
  readonly buckets: readonly { readonly end: number; readonly below: number }[];
  readonly count: number;
  readonly sum: number;
}

interface MetricHead {
  readonly name: string;
  /** What it is, in one line. */
  readonly help: string;
}

/** A metric with all of its samples. One without any is shown by its name alone. */
export type Metric = MetricHead &
  (
    | { readonly type: "counter" | "gauge"; readonly samples: readonly Sample[] }
    | { readonly type: "histogram"; readonly samples: readonly HistogramSample[] }
  );

/** All metrics as text, in the order given. */
export function exposition(metrics: readonly Metric[]): string {
  return metrics.map((metric) => [...headOf(metric), ...linesOf(metric), ""].join("\n")).join("");
}

function headOf({ name, help, type }: Metric): string[] {
  const escaped = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return [`# HELP ${name} ${escaped}`, `# TYPE ${name} ${type}`];
}

function linesOf(metric: Metric): string[] {
  const { name } = metric;
  if (metric.type !== "histogram") return metric.samples.map(({ labels, value }) => lineOf(name, labels, value));
  return metric.samples.flatMap(({ labels, buckets, count, sum }) => [
    ...buckets.map(({ end, below }) => lineOf(`${name}_bucket`, { ...labels, le: String(end) }, below)),
    lineOf(`${name}_bucket`, { ...labels, le: "+Inf" }, count),
    lineOf(`${name}_sum`, labels, sum),
    lineOf(`${name}_count`, labels, count),
  ]);
}

function lineOf(name: string, labels: MetricLabels | undefined, value: number): string {
  const pairs = Object.entries(labels ?? {}).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value}`;
}

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
