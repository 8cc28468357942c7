/** The order itself, its pieces and its points. */
import { formatYuan } from "../../money.ts";
import { entryAt, type StoryEntry } from "./entry.ts";
import type { Story } from "./read-story.ts";

export function tellOrder({ order }: Story): StoryEntry[] {
  const { id, createdAt, expiresAt, closingAt, closeReason, closedAt, paidAt, paidBy, lineCount, pointsToUse } = order;
  const amount = formatYuan(order.amount);
  const points = pointsToUse > 0 ? `, beside ${pointsToUse} points` : "";
  const draft = order.state === "DRAFT" ? " It is a draft yet, which nobody sees." : "";
  const made = { totalAmount: formatYuan(order.totalAmount), amount, pointsToUse, lines: lineCount };
  return [
    ...entryAt(
      createdAt,
      "order",
      "made",
      `The order was made: ${amount} yuan to pay${points}, until ${expiresAt.toISOString()}.${draft}`,
      { orderId: id, state: order.state, generation: order.generation, expiresAt: expiresAt.toISOString(), ...made },
    ),
    ...entryAt(closingAt, "order", "closing", "The order began to close: from then on no new payment starts.", {
      reason: closeReason,
    }),
    ...entryAt(closedAt, "order", "closed", "The order was closed; its pieces and points were free again.", {
      reason: closeReason,
    }),
    ...entryAt(
      paidAt,
      "order",
      "paid",
      paidBy === null ? "The order was paid: it left nothing to pay in money." : `The order was paid by ${paidBy}.`,
      {
        paidBy,
        refundState: order.refundState,
        refunded: formatYuan(order.refunded),
        refunding: formatYuan(order.refunding),
      },
    ),
  ];
}

const ENDED = { PENDING: "waits", POSTED: "took effect", VOIDED: "came to nothing" } as const;

export function tellStock({ stock }: Story): StoryEntry[] {
  return stock.flatMap(({ kind, sku, causeId, quantity, state, createdAt, postedAt }) => {
    const name = `${kind}:${sku}:${causeId}`;
    const what = kind === "SALE" ? `The sale of ${quantity} × ${sku}` : `The return of ${quantity} × ${sku}`;
    const facts = { entry: kind, sku, quantity, cause: causeId, state };
    return [
      ...entryAt(createdAt, "stock", `${name}:written`, `${what} was entered in the stock journal.`, facts),
      ...entryAt(postedAt, "stock", `${name}:ended`, `${what} ${ENDED[state]}.`, facts),
    ];
  });
}

export function tellPoints({ points: entries }: Story): StoryEntry[] {
  return entries.flatMap(({ kind, causeId, points, state, createdAt, postedAt }) => {
    const what = `The ${kind} entry of ${points} points`;
    const facts = { entry: kind, points, cause: causeId, state };
    return [
      ...entryAt(
        createdAt,
        "points",
        `${kind}:${causeId}:written`,
        `${what} was entered in the points journal.`,
        facts,
      ),
      ...entryAt(postedAt, "points", `${kind}:${causeId}:ended`, `${what} ${ENDED[state]}.`, facts),
    ];
  });
}
