/** Anomalies: what needs a person, written down before it is acknowledged. */
import { and, desc, eq, inArray, lt, type SQL, sql } from "drizzle-orm";
import { read, runGuarded } from "../../db/run.ts";
import { type AnomalyKind, anomalies, type Suggestion } from "../../db/schema/records.ts";
import { type Fen, formatYuan } from "../money.ts";
import type { ProviderName } from "../providers/methods.ts";
import { type PaymentContext, presentOf } from "./context.ts";
import { newId } from "./ids.ts";

export interface Sighting {
  readonly kind: AnomalyKind;
  /** The number it is about: with the kind it tells a new anomaly from one seen again. */
  readonly number: string;
  readonly provider?: ProviderName;
  readonly orderId?: string;
  readonly outTradeNo?: string;
  readonly refundId?: string;
  /** The money it is about, in fen; the operator reads yuan. */
  readonly amounts?: Readonly<Record<string, Fen | null>>;
  /** Facts for the operator. No personal data. */
  readonly detail: Readonly<Record<string, string | number | null>>;
  /** What an operator might do about it. */
  readonly suggestion?: Suggestion;
}

/** In UTF-16 units. */
const LONGEST_FACT = 200;

export type AnomalyRow = typeof anomalies.$inferSelect;

/**
 * Writes an anomaly down, or counts it up when it has been seen before; one that was resolved is open again. Returns once
 * it is on record.
 */
export async function recordAnomaly(ctx: PaymentContext, sighting: Sighting): Promise<void> {
  const now = presentOf(ctx);
  const row = {
    id: newId(ctx.now()),
    kind: sighting.kind,
    subjectKey: asKey(`${sighting.kind}:${sighting.provider ?? ""}:${sighting.number}`, 160),
    state: "OPEN" as const,
    provider: sighting.provider ?? null,
    orderId: sighting.orderId ?? null,
    outTradeNo: sighting.outTradeNo === undefined ? null : asKey(sighting.outTradeNo, 64),
    refundId: sighting.refundId === undefined ? null : asKey(sighting.refundId, 64),
    detail: JSON.stringify({ ...shortened(sighting.detail), ...inYuan(sighting.amounts ?? {}) }),
    suggestion: sighting.suggestion ?? null,
    seen: 1,
    createdAt: now,
    lastSeenAt: now,
  };
  const open = { state: "OPEN" as const, resolvedAt: null, resolvedBy: null, resolution: null };
  const seenAgain = { ...open, seen: sql`${anomalies.seen} + 1`, lastSeenAt: now };
  await read(() => ctx.db.insert(anomalies).values(row).onDuplicateKeyUpdate({ set: seenAgain }));
  ctx.log.warn("anomaly", { kind: sighting.kind, order: sighting.orderId, attempt: sighting.outTradeNo });
}

/** What others say may be of any length; the operator's column is not. */
function shortened(detail: Sighting["detail"]): Sighting["detail"] {
  const short = (value: string | number | null) => (typeof value === "string" ? value.slice(0, LONGEST_FACT) : value);
  return Object.fromEntries(Object.entries(detail).map(([name, value]) => [name, short(value)]));
}

function inYuan(amounts: Readonly<Record<string, Fen | null>>): Record<string, string | null> {
  const entries = Object.entries(amounts);
  return Object.fromEntries(entries.map(([name, amount]) => [name, amount === null ? null : formatYuan(amount)]));
}

export interface AnomalyFilter {
  readonly state: "OPEN" | "RESOLVED";
  readonly kind?: AnomalyKind | undefined;
  readonly orderId?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
}

/** Anomalies of a state, of one kind or about one order where that is asked for, newest first. */
export function listAnomalies(ctx: PaymentContext, filter: AnomalyFilter): Promise<AnomalyRow[]> {
  const { state, kind, orderId, before, limit } = filter;
  const wanted = and(
    eq(anomalies.state, state),
    kind === undefined ? undefined : eq(anomalies.kind, kind),
    orderId === undefined ? undefined : eq(anomalies.orderId, orderId),
    before === undefined ? undefined : lt(anomalies.id, before),
  );
  return read(() => ctx.db.select().from(anomalies).where(wanted).orderBy(desc(anomalies.id)).limit(limit));
}

/** Who says that an anomaly needs nobody any more, and why. */
export interface Resolution {
  readonly by: string;
  readonly reason: string;
}

/** OPEN → RESOLVED for one anomaly. Returns rows matched. */
export function closeAnomaly(ctx: PaymentContext, id: string, resolution: Resolution): Promise<number> {
  return resolve(ctx, eq(anomalies.id, id), resolution);
}

/** OPEN → RESOLVED for those anomalies of one payment that are of these kinds. Returns rows matched. */
export function closeAnomaliesOf(
  ctx: PaymentContext,
  payment: { readonly orderId: string; readonly outTradeNo: string },
  kinds: readonly AnomalyKind[],
  resolution: Resolution,
): Promise<number> {
  const { orderId, outTradeNo } = payment;
  const about = and(eq(anomalies.orderId, orderId), eq(anomalies.outTradeNo, outTradeNo));
  return resolve(ctx, and(about, inArray(anomalies.kind, [...kinds])), resolution);
}

/** The same for those of one refund. */
export function closeAnomaliesOfRefund(
  ctx: PaymentContext,
  refund: { readonly orderId: string; readonly id: string },
  kinds: readonly AnomalyKind[],
  resolution: Resolution,
): Promise<number> {
  const about = and(eq(anomalies.orderId, refund.orderId), eq(anomalies.refundId, refund.id));
  return resolve(ctx, and(about, inArray(anomalies.kind, [...kinds])), resolution);
}

function resolve(ctx: PaymentContext, which: SQL | undefined, { by, reason }: Resolution): Promise<number> {
  return runGuarded(
    ctx.db,
    sql`update ${anomalies}
      set ${anomalies.state} = 'RESOLVED', ${anomalies.resolvedAt} = ${presentOf(ctx)},
          ${anomalies.resolvedBy} = ${asKey(by, 64)}, ${anomalies.resolution} = ${reason}
      where ${and(which, eq(anomalies.state, "OPEN"))}`,
  );
}

/** Whether a number can be one of ours at all. Others must not be compared with key columns, which are ASCII. */
export function isKey(text: string): boolean {
  return /^[\x21-\x7e]{1,64}$/.test(text);
}

/** A number that is not ours may be of any length and alphabet; a key column takes printable ASCII. */
export function asKey(text: string, length: number): string {
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, length);
}
