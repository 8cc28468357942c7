/** Events: what the shop may want to act upon. Each is written once, whoever notices it and however often. */
import { insertOnce } from "../../db/run.ts";
import { type EventKind, events } from "../../db/schema/history.ts";
import { type Fen, formatYuan } from "../money.ts";
import { asKey } from "./anomalies.ts";
import { type PaymentContext, presentOf } from "./context.ts";
import { newId } from "./ids.ts";

export interface NewEvent {
  readonly kind: EventKind;
  /** What it is about, such as an out_trade_no: a second event of this kind about the same is the same event. */
  readonly subject: string;
  readonly orderId?: string;
  /** In fen; who reads it sees yuan. */
  readonly amounts?: Readonly<Record<string, Fen>>;
  /** Facts. No personal data. */
  readonly detail?: Readonly<Record<string, string | number | null>>;
}

/** Writes an event down, unless it has been written before. Returns once it is on record. */
export async function recordEvent(ctx: PaymentContext, event: NewEvent): Promise<void> {
  const { kind, subject, orderId, amounts = {}, detail = {} } = event;
  const inYuan = Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, formatYuan(amount)]));
  const row = {
    id: newId(ctx.now()),
    kind,
    subjectKey: subjectKey(kind, subject),
    orderId: orderId ?? null,
    detail: JSON.stringify({ ...detail, ...inYuan }),
    createdAt: presentOf(ctx),
  };
  if (await insertOnce(() => ctx.db.insert(events).values(row))) ctx.log.info("event", { kind, order: orderId });
}

/** What makes two events the same. */
export function subjectKey(kind: EventKind, subject: string): string {
  return asKey(`${kind}:${subject}`, 160);
}
