/** How things stand at this moment: stock beside its journal, and what is abnormal. */
import * as z from "zod";
import { read } from "../../../db/run.ts";
import { ANOMALY_KINDS, type AnomalyKind } from "../../../db/schema/records.ts";
import { STANDINGS, type StandingName, standing } from "../../../db/statements/standing.ts";
import { type Fen, fen } from "../../money.ts";
import { PROVIDERS, type ProviderName } from "../../providers/methods.ts";
import { type PaymentContext, presentOf } from "../context.ts";

/** How many there are, and since when the oldest of them has waited; null when there is none, or nobody knows. */
export interface Waiting {
  readonly count: number;
  readonly oldest: Date | null;
}

export const DOUBTS = ["attempt", "refund", "transfer"] as const;
type Doubt = (typeof DOUBTS)[number];

export interface StockState {
  /** SKUs whose pieces were not what their journal adds up to when a walk last looked, since the first time. */
  readonly differing: Waiting;
  /** The last walk over all shelves that came to its end. */
  readonly lastPass: { readonly finishedAt: Date; readonly looked: number; readonly unlooked: number } | null;
  /** SKUs of which more is promised than there is, and how many pieces that is. */
  readonly short: { readonly count: number; readonly pieces: number };
  readonly low: Waiting;
  /** Sale entries of orders paid within the last hour that have not taken their pieces. */
  readonly unposted: Waiting;
  /** Orders that keep their pieces a quarter of an hour past their deadline, since the oldest deadline. */
  readonly overdue: Waiting;
}

interface JobState {
  readonly name: string;
  /** Whether its last run had no failure. */
  readonly ok: boolean;
  readonly lastSuccess: Date | null;
}

export interface Abnormal {
  readonly anomalies: readonly (Waiting & { readonly kind: AnomalyKind })[];
  readonly held: Waiting & { readonly amount: Fen };
  readonly inDoubt: readonly (Waiting & { readonly what: Doubt })[];
  readonly unreconciled: readonly (Waiting & { readonly provider: ProviderName })[];
  /** Of those that have run at all. */
  readonly jobs: readonly JobState[];
}

export interface Standing {
  readonly stock: StockState;
  readonly abnormal: Abnormal;
}

const standingRow = z.object({
  figure: z.enum(STANDINGS),
  label: z.string(),
  n: z.coerce.number(),
  at: z.coerce.number().nullable(),
  amount: z.coerce.number(),
});
type StandingRow = z.infer<typeof standingRow>;

/** Reads it in one round trip. `jobs` are the names of those that are to run. Throws DatabaseUnavailable. */
export async function readStanding(ctx: PaymentContext, jobs: readonly string[]): Promise<Standing> {
  const { rows } = await read(() => ctx.db.execute(standing(presentOf(ctx), jobs)));
  const found = rows.map((row) => standingRow.parse(row));
  const of = (figure: StandingName, label = "") =>
    found.find((row) => row.figure === figure && row.label === label) ?? { n: 0, at: null, amount: 0 };
  return { stock: stockOf(of), abnormal: abnormalOf(found, of) };
}

type Find = (figure: StandingName, label?: string) => Pick<StandingRow, "n" | "at" | "amount">;

function stockOf(of: Find): StockState {
  const pass = of("stock_pass");
  const short = of("stock_short");
  const finishedAt = momentOf(pass.at);
  return {
    differing: waiting(of("stock_differs")),
    lastPass: finishedAt && { finishedAt, looked: pass.n, unlooked: pass.amount },
    short: { count: short.n, pieces: short.amount },
    low: waiting(of("stock_low")),
    unposted: waiting(of("stock_unposted")),
    overdue: waiting(of("stock_overdue")),
  };
}

function abnormalOf(found: readonly StandingRow[], of: Find): Abnormal {
  const held = of("held");
  return {
    anomalies: ANOMALY_KINDS.map((kind) => ({ kind, ...waiting(of("anomaly", kind)) })),
    held: { ...waiting(held), amount: fen(held.amount) },
    inDoubt: DOUBTS.map((what) => ({ what, ...waiting(of("doubt", what)) })),
    unreconciled: PROVIDERS.filter((provider) => provider !== "points").map((provider) => ({
      provider,
      ...waiting(of("bill_days", provider)),
    })),
    jobs: found
      .filter(({ figure }) => figure === "job")
      .map(({ label, n, at }) => ({ name: label, ok: n === 1, lastSuccess: momentOf(at) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function waiting({ n, at }: Pick<StandingRow, "n" | "at">): Waiting {
  return { count: n, oldest: momentOf(at) };
}

function momentOf(seconds: number | null): Date | null {
  return seconds === null ? null : new Date(seconds * 1000);
}
