import { and, eq, isNotNull, sql } from "drizzle-orm";
import type { Database } from "../client.ts";
import { runGuarded } from "../run.ts";
import { orders } from "../schema/orders.ts";
import { paymentTransactions as attempts, refundRecords as refunds } from "../schema/payments.ts";
import { pointsAccounts } from "../schema/points.ts";
import { claw, clawbackBooks, clawbackPresent, clawedPoints, postClawback } from "./clawback.ts";
import { lookBy, momentOf } from "./points.ts";
import type { RefundDone } from "./refund-books.ts";
import { part } from "./refund-joins.ts";

const isHeld = and(eq(attempts.disposition, "UNAPPLIED"), eq(attempts.policy, "HOLD"));

/**
 * CLOSED → SUCCESS: the provider did give the money back after all, though the books had freed it. Counts it as
 * refunded, so that the ceiling knows, and takes back what that money earned; pieces and points that were used stay as they
 * are. Money beside its order that waits for an operator is looked at: there may be nothing left to decide. Returns rows matched. Throws CheckRefused when there is no room.
 */
export function applyClosedRefund(db: Database, refundId: string, done: RefundDone, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${refunds}
      inner join ${attempts} on ${eq(attempts.outTradeNo, refunds.outTradeNo)}
      left join ${orders} on ${and(eq(orders.id, refunds.orderId), eq(refunds.applied, true))}
      ${clawbackBooks("VOIDED", "PENDING")}
      left join ${pointsAccounts} on ${and(eq(pointsAccounts.userId, refunds.userId), isNotNull(claw.userId))}
      set ${refunds.state} = 'SUCCESS', ${refunds.succeededAt} = ${done.succeededAt}, ${refunds.nextCheckAt} = null,
          ${refunds.providerRefundNo} = coalesce(${done.providerRefundNo}, ${refunds.providerRefundNo}),
          ${attempts.refunded} = ${attempts.refunded} + ${refunds.amount},
          ${attempts.refundParts} = ${attempts.refundParts} + ${part},
          ${attempts.nextCheckAt} = (case when ${isHeld} then ${momentOf(now)} else ${attempts.nextCheckAt} end),
          ${orders.refunded} = ${orders.refunded} + ${refunds.amount}, ${postClawback(now)},
          ${pointsAccounts.clawed} = ${pointsAccounts.clawed} + ${clawedPoints},
          ${pointsAccounts.version} = ${pointsAccounts.version} + 1,
          ${pointsAccounts.nextCheckAt} = ${lookBy(momentOf(now))}
      where ${and(
        eq(refunds.id, refundId),
        eq(refunds.provider, done.provider),
        done.outTradeNo === undefined ? undefined : eq(refunds.outTradeNo, done.outTradeNo),
        eq(refunds.state, "CLOSED"),
        done.amount === null ? undefined : eq(refunds.amount, done.amount),
        clawbackPresent,
      )}`,
  );
}
