/** The rows that an order's story is told from. */
import { and, asc, eq, gt, inArray, or, type SQL } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { events, operatorActions, providerCalls } from "../../../db/schema/history.ts";
import { paymentTransactions, refundRecords } from "../../../db/schema/payments.ts";
import { pointsLogs } from "../../../db/schema/points.ts";
import { anomalies, notifications } from "../../../db/schema/records.ts";
import { inventoryLogs } from "../../../db/schema/stock.ts";
import type { PaymentContext } from "../context.ts";
import type { OrderRow } from "../orders/view.ts";
import { refundField } from "../refunds/view.ts";
import { unsealReadable } from "../sealed.ts";
import { type Bookmark, ENTRY_KINDS } from "./entry.ts";

/** No order has as many of a kind; should one have, its oldest are told. */
const MOST_ROWS = 500;

/** Reads everything about an order but the calls to providers, of which only those behind the bookmark. */
export async function readStory(ctx: PaymentContext, order: OrderRow, mark: Bookmark | undefined, calls: number) {
  const { db } = ctx;
  const orderId = order.id;
  const [attempts, refunds] = await Promise.all([
    read(() => db.select().from(paymentTransactions).where(eq(paymentTransactions.orderId, orderId)).limit(MOST_ROWS)),
    read(() => db.select().from(refundRecords).where(eq(refundRecords.orderId, orderId)).limit(MOST_ROWS)),
  ]);
  const combined = attempts.flatMap((attempt) => attempt.combineOutTradeNo ?? []);
  const numbers = [
    ...new Set([...attempts.map((a) => a.outTradeNo), ...combined, ...refunds.map((r) => r.outRefundNo)]),
  ];
  const unknownRefunds = refunds.map(({ provider, outRefundNo }) => `UNKNOWN_REFUND:${provider}:${outRefundNo}`);
  const [stock, points, toldOf, sent, happened, found, done] = await Promise.all([
    read(() => db.select().from(inventoryLogs).where(eq(inventoryLogs.orderId, orderId)).limit(MOST_ROWS)),
    read(() =>
      db
        .select()
        .from(pointsLogs)
        .where(and(eq(pointsLogs.userId, order.userId), eq(pointsLogs.orderId, orderId)))
        .limit(MOST_ROWS),
    ),
    read(() =>
      db
        .select()
        .from(notifications)
        .where(isAmong(notifications.outTradeNo, numbers))
        .orderBy(asc(notifications.receivedAt))
        .limit(MOST_ROWS),
    ),
    read(() =>
      db
        .select()
        .from(providerCalls)
        .where(and(isAmong(providerCalls.outTradeNo, numbers), mark && isBehind(mark)))
        .orderBy(asc(providerCalls.sentAt), asc(providerCalls.id))
        .limit(calls),
    ),
    read(() =>
      db.select().from(events).where(eq(events.orderId, orderId)).orderBy(asc(events.createdAt)).limit(MOST_ROWS),
    ),
    read(() =>
      db
        .select()
        .from(anomalies)
        .where(or(eq(anomalies.orderId, orderId), isAmong(anomalies.subjectKey, unknownRefunds)))
        .limit(MOST_ROWS),
    ),
    read(() =>
      db
        .select()
        .from(operatorActions)
        .where(or(eq(operatorActions.orderId, orderId), isAmong(operatorActions.subject, numbers)))
        .limit(MOST_ROWS),
    ),
  ]);
  const wishes = await Promise.all(refunds.map((row) => unsealReadable(ctx, refundField("reason", row), row.reason)));
  return {
    order,
    attempts,
    refunds,
    /** The reasons that the refunds were asked for with. */
    wishes,
    stock,
    points,
    notifications: toldOf,
    calls: sent,
    events: happened,
    anomalies: found,
    actions: done,
  };
}

export type Story = Awaited<ReturnType<typeof readStory>>;

/** SQL has no empty list. */
function isAmong(column: Parameters<typeof inArray>[0], values: readonly string[]): SQL | undefined {
  return inArray(column, values.length > 0 ? [...values] : ["-"]);
}

/** Calls that come after the bookmark, as compareToBookmark has it. */
function isBehind({ at, kind, id }: Bookmark): SQL | undefined {
  const moment = new Date(at);
  const before = ENTRY_KINDS.indexOf("provider_call") - ENTRY_KINDS.indexOf(kind);
  const sameTime = eq(providerCalls.sentAt, moment);
  if (before < 0) return gt(providerCalls.sentAt, moment);
  const behind = before > 0 ? sameTime : and(sameTime, gt(providerCalls.id, id));
  return or(gt(providerCalls.sentAt, moment), behind);
}
