/** An operator's word on money beside its order: it is applied, refunded or written off, each with a reason. */
import type { UnappliedPolicy } from "../../../db/schema/payments.ts";
import { type Decision, decideReceipt, endWatch, type SeenReceipt } from "../../../db/statements/receipt.ts";
import { PayError } from "../../errors.ts";
import { formatYuan } from "../../money.ts";
import { closeAnomaliesOf } from "../anomalies.ts";
import { type Actor, nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { recordAction } from "../operator-actions.ts";
import { pursueAutomaticRefund } from "../refunds/automatic-refund.ts";
import { RECEIPT_ANOMALIES } from "../unapplied.ts";
import { getReceipt } from "./find-receipts.ts";
import { giveUpApplying } from "./pursue-receipt.ts";
import { tellEnding } from "./tell-ending.ts";
import { obstacleTo, tryApply } from "./try-apply.ts";
import { type FoundReceipt, leftOf, type ReceiptView, receiptView } from "./view.ts";

/** Which money, and why. */
export interface Word {
  readonly outTradeNo: string;
  readonly reason: string;
}

/**
 * Applies money to its order, which opens again for it when it was closed: pieces and points are taken anew. Repeatable.
 * Throws RECEIPT_NOT_FOUND, RECEIPT_DECIDED, RECEIPT_REFUNDED, RECEIPT_AMOUNT_DIFFERS, ORDER_PAID; and OUT_OF_STOCK,
 * INSUFFICIENT_POINTS or BOOKS_INCOMPLETE when the order can't have it: then it is held.
 */
export async function applyToOrder(ctx: PaymentContext, actor: Actor, word: Word): Promise<ReceiptView> {
  const receipt = await getReceipt(ctx, word.outTradeNo);
  if (receipt.attempt.disposition === "APPLIED") return receiptView(receipt);
  const obstacle = obstacleTo(receipt);
  if (obstacle) throw obstacle;
  await record(ctx, actor, word, receipt, { action: "receipts.apply", after: { disposition: "APPLIED" } });
  const decision = { disposition: "UNAPPLIED", policy: "APPLY", nextCheckAt: nextCheck(ctx, 0) } as const;
  const seen = await decide(ctx, receipt, decision);
  const refused = await tryApply(ctx, word.outTradeNo);
  if (refused) {
    if (refused.code !== "RECEIPT_DECIDED") await giveUpApplying(ctx, receipt.attempt, seen);
    throw refused;
  }
  await tellEnding(ctx, receipt.attempt, "applied", { by: actor.id, reason: word.reason });
  return receiptView(await getReceipt(ctx, word.outTradeNo));
}

/**
 * Gives back what is left of the money. The refund is sent after the answer, and by a job until it has been made. Repeatable.
 * Throws RECEIPT_NOT_FOUND, RECEIPT_DECIDED, and RECEIPT_REFUNDED when nothing is left.
 */
export async function refundReceipt(ctx: PaymentContext, actor: Actor, word: Word): Promise<ReceiptView> {
  const receipt = await getReceipt(ctx, word.outTradeNo);
  if (receipt.attempt.disposition !== "UNAPPLIED") throw new PayError("RECEIPT_DECIDED");
  const left = leftOf(receipt);
  if (left === 0) throw new PayError("RECEIPT_REFUNDED");
  const after = { policy: "REFUND", amount: formatYuan(left) };
  await record(ctx, actor, word, receipt, { action: "receipts.refund", after });
  await decide(ctx, receipt, { disposition: "UNAPPLIED", policy: "REFUND", nextCheckAt: presentOf(ctx) });
  const { orderId, outTradeNo } = receipt.attempt;
  const resolution = { by: actor.id, reason: word.reason };
  await closeAnomaliesOf(ctx, { orderId, outTradeNo }, RECEIPT_ANOMALIES, resolution);
  const decided = await getReceipt(ctx, outTradeNo);
  ctx.defer((later) => pursueAutomaticRefund(later, decided.attempt, "operator"));
  return receiptView(decided);
}

/**
 * Writes money off that has gone back, or that somebody has settled elsewhere: nobody looks at it any more. Repeatable.
 * Throws RECEIPT_NOT_FOUND, RECEIPT_DECIDED, and RECEIPT_REFUNDED while a refund of ours is under way, or has given all back.
 */
export async function writeOffReceipt(ctx: PaymentContext, actor: Actor, word: Word): Promise<ReceiptView> {
  const receipt = await getReceipt(ctx, word.outTradeNo);
  const { disposition, refunding, refunded, received } = receipt.attempt;
  if (disposition === "WRITTEN_OFF") return receiptView(receipt);
  if (disposition !== "UNAPPLIED") throw new PayError("RECEIPT_DECIDED");
  if (refunding > 0 || refunded === received) throw new PayError("RECEIPT_REFUNDED");
  const after = { disposition: "WRITTEN_OFF" };
  await record(ctx, actor, word, receipt, { action: "receipts.write_off", after });
  await decide(ctx, receipt, { disposition: "WRITTEN_OFF", policy: "HOLD", nextCheckAt: nextCheck(ctx, 0) });
  await tellEnding(ctx, receipt.attempt, "written_off", { by: actor.id, reason: word.reason });
  await endWatch(ctx.db, word.outTradeNo);
  return receiptView(await getReceipt(ctx, word.outTradeNo));
}

function record(
  ctx: PaymentContext,
  actor: Actor,
  { outTradeNo, reason }: Word,
  { attempt, order }: FoundReceipt,
  { action, after }: { readonly action: string; readonly after: Readonly<Record<string, string>> },
): Promise<void> {
  const { disposition, policy, refunded } = attempt;
  const before = { disposition, policy, refunded: formatYuan(refunded), order: order.state };
  return recordAction(ctx, actor, { action, subject: outTradeNo, orderId: order.id, reason, before, after });
}

/** Throws RECEIPT_DECIDED when somebody else has decided otherwise since, or its refund has begun. */
async function decide<P extends UnappliedPolicy>(
  ctx: PaymentContext,
  { attempt: { outTradeNo, policy } }: FoundReceipt,
  decision: Decision & { readonly policy: P },
): Promise<SeenReceipt & { readonly policy: P }> {
  const decided = policy && (await decideReceipt(ctx.db, { outTradeNo, policy }, decision, presentOf(ctx)));
  if (!decided && !(await isDecided(ctx, outTradeNo, decision))) throw new PayError("RECEIPT_DECIDED");
  return { outTradeNo, policy: decision.policy };
}

/** It may have been by a statement whose answer was lost. */
async function isDecided(ctx: PaymentContext, outTradeNo: string, { disposition, policy }: Decision): Promise<boolean> {
  const { attempt } = await getReceipt(ctx, outTradeNo);
  return attempt.disposition === disposition && attempt.policy === policy;
}
