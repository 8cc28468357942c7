/** Counted events as they are read from the database, and put together by series. */
import * as z from "zod";
import { FLOWS, type FlowName } from "../../../db/statements/flows.ts";
import { PROVIDERS } from "../../providers/methods.ts";

const FLOW_NAMES = Object.keys(FLOWS).filter((name): name is FlowName => name in FLOWS);

/** A row that says up to when was counted, and nothing else. */
export const MARK = "counted";

const flowRow = z.object({
  figure: z.enum(FLOW_NAMES),
  provider: z.enum([...PROVIDERS, ""]),
  name: z.string(),
  outcome: z.string(),
  bucket: z.coerce.number(),
  n: z.coerce.number(),
  sum_ms: z.coerce.number(),
});

/** So many events of a series that lie in one stretch of its histogram. */
export type FlowRow = Omit<z.infer<typeof flowRow>, "sum_ms"> & { readonly sumMs: number };

/** What identifies a series: which figure, and its labels. */
export type Labels = Pick<FlowRow, "figure" | "provider" | "name" | "outcome">;

const marked = z.object({ figure: z.literal(MARK) });

/** Reads rows, and adds up those of the same series and stretch. In a fixed order. */
export function flowRowsOf(rows: readonly unknown[]): FlowRow[] {
  const sums = new Map<string, FlowRow>();
  for (const row of rows) {
    if (marked.safeParse(row).success) continue;
    const { sum_ms: sumMs, ...rest } = flowRow.parse(row);
    const key = [rest.figure, rest.provider, rest.name, rest.outcome, String(rest.bucket).padStart(3, "0")].join(" ");
    const known = sums.get(key);
    sums.set(key, { ...rest, n: rest.n + (known?.n ?? 0), sumMs: sumMs + (known?.sumMs ?? 0) });
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/** The rows of each series of a figure, by its labels. */
export function seriesOf(rows: readonly FlowRow[], figure: FlowName): (Labels & { readonly rows: FlowRow[] })[] {
  const found = new Map<string, Labels & { readonly rows: FlowRow[] }>();
  for (const row of rows.filter((each) => each.figure === figure)) {
    const { provider, name, outcome } = row;
    const key = [provider, name, outcome].join(" ");
    const series = found.get(key) ?? { figure, provider, name, outcome, rows: [] };
    series.rows.push(row);
    found.set(key, series);
  }
  return [...found.values()];
}
