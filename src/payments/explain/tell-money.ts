/** Payments and refunds. */
import { formatYuan } from "../../money.ts";
import { entryAt, type StoryEntry } from "./entry.ts";
import type { Story } from "./read-story.ts";

const BECAME = {
  APPLIED: "It paid the order.",
  UNAPPLIED: "It could not pay the order and is held beside it.",
  WRITTEN_OFF: "It could not pay the order, and an operator wrote it off.",
} as const;

export function tellPayments({ attempts }: Story): StoryEntry[] {
  return attempts.flatMap((attempt) => {
    const { outTradeNo, method, state, disposition, createdAt, paidAt, closedAt } = attempt;
    const amount = formatYuan(attempt.amount);
    const received = formatYuan(attempt.received);
    const now = { outTradeNo, method, state };
    const made = {
      ...now,
      amount,
      combineOutTradeNo: attempt.combineOutTradeNo,
      expiresAt: attempt.expiresAt.toISOString(),
    };
    const paid = {
      ...{ ...now, received, disposition, unappliedReason: attempt.unappliedReason, policy: attempt.policy },
      ...{ providerTradeNo: attempt.providerTradeNo },
      ...{ refunding: formatYuan(attempt.refunding), refunded: formatYuan(attempt.refunded) },
    };
    const failed = attempt.failureCode !== null;
    const ended = failed ? `The provider refused payment ${outTradeNo}.` : `Payment ${outTradeNo} was closed unpaid.`;
    return [
      ...entryAt(
        createdAt,
        "payment",
        `${outTradeNo}:made`,
        `A payment of ${amount} yuan by ${method} was begun.`,
        made,
      ),
      ...entryAt(
        paidAt,
        "payment",
        `${outTradeNo}:paid`,
        `The buyer paid ${received} yuan by ${outTradeNo}. ${disposition ? BECAME[disposition] : ""}`.trim(),
        paid,
      ),
      ...entryAt(closedAt, "payment", `${outTradeNo}:closed`, ended, { ...now, failureCode: attempt.failureCode }),
    ];
  });
}

export function tellRefunds({ refunds }: Story): StoryEntry[] {
  return refunds.flatMap((refund) => {
    const { id, outTradeNo, outRefundNo, state, origin, points, createdAt, decidedAt, succeededAt } = refund;
    const amount = formatYuan(refund.amount);
    const facts = { refundId: id, outRefundNo, outTradeNo, state, origin, applied: refund.applied, amount, points };
    const declined = state === "CLOSED" ? ` It came to nothing: ${refund.failureCode ?? "unknown"}.` : "";
    const decided = { ...facts, decidedBy: refund.decidedBy, failureCode: refund.failureCode };
    const made = { ...facts, retryOf: refund.retryOf };
    return [
      ...entryAt(createdAt, "refund", `${id}:asked`, `A refund of ${amount} yuan was asked for (${origin}).`, made),
      ...entryAt(decidedAt, "refund", `${id}:decided`, `The refund ${outRefundNo} was decided.${declined}`, decided),
      ...entryAt(succeededAt, "refund", `${id}:done`, `The ${amount} yuan of refund ${outRefundNo} went back.`, {
        ...facts,
        providerRefundNo: refund.providerRefundNo,
      }),
    ];
  });
}
