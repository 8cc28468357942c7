/** Anomalies: what needs a person, written down before it is acknowledged. */
import { and, desc, eq, lt, sql } from "drizzle-orm";
import { read } from "../../db/run.ts";
import { type AnomalyKind, anomalies } from "../../db/schema/records.ts";
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
}

/** Writes an anomaly down, or counts it up when it has been seen before. Returns once it is on record. */
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
    detail: JSON.stringify({ ...sighting.detail, ...inYuan(sighting.amounts ?? {}) }),
    seen: 1,
    createdAt: now,
    lastSeenAt: now,
  };
  const seenAgain = { seen: sql`${anomalies.seen} + 1`, lastSeenAt: now, state: "OPEN" as const };
  await read(() => ctx.db.insert(anomalies).values(row).onDuplicateKeyUpdate({ set: seenAgain }));
  ctx.log.warn("anomaly", { kind: sighting.kind, order: sighting.orderId, attempt: sighting.outTradeNo });
}

function inYuan(amounts: Readonly<Record<string, Fen | null>>): Record<string, string | null> {
  const entries = Object.entries(amounts);
  return Object.fromEntries(entries.map(([name, amount]) => [name, amount === null ? null : formatYuan(amount)]));
}

/** Anomalies of a state, newest first. */
export function listAnomalies(
  ctx: PaymentContext,
  page: { readonly state: "OPEN" | "RESOLVED"; readonly before?: string | undefined; readonly limit: number },
) {
  const older = page.before === undefined ? undefined : lt(anomalies.id, page.before);
  return read(() =>
    ctx.db
      .select()
      .from(anomalies)
      .where(and(eq(anomalies.state, page.state), older))
      .orderBy(desc(anomalies.id))
      .limit(page.limit),
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
