/** Money beside its order, taken one step further by a job or after a callback. Any number of runs do the same as one. */
import { postponeAttempt } from "../../../db/statements/attempt.ts";
import { decideReceipt, endWatch, type SeenReceipt } from "../../../db/statements/receipt.ts";
import { findAttempt } from "../attempts/record.ts";
import type { AttemptRow } from "../attempts/view.ts";
import { nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { pursueAutomaticRefund } from "../refunds/automatic-refund.ts";
import { reportUnapplied } from "../unapplied.ts";
import { tellEnding } from "./tell-ending.ts";
import { tryApply } from "./try-apply.ts";
import { isReceipt, type ReceiptRow } from "./view.ts";

/** Does what is to become of the money, as far as it gets. */
export async function pursueReceipt(ctx: PaymentContext, attempt: AttemptRow): Promise<void> {
  if (!isReceipt(attempt)) return;
  const { disposition, policy, outTradeNo } = attempt;
  // Told once: what is found out about the money from then on is none of this.
  if (disposition === "APPLIED") return attempt.checks === 0 ? await tellEnding(ctx, attempt, "applied") : undefined;
  if (disposition === "WRITTEN_OFF") {
    await tellEnding(ctx, attempt, "written_off");
    await endWatch(ctx.db, outTradeNo);
  } else if (policy === "REFUND") {
    await pursueAutomaticRefund(ctx, attempt);
  } else if (policy === "REVIVE" || policy === "APPLY") {
    await pursueApplying(ctx, attempt, { outTradeNo, policy });
  } else if (policy === "HOLD") {
    await settleHeld(ctx, attempt, { outTradeNo, policy });
  }
}

/** Held money of which a refund that had been given up came true: with nothing left of it there is nothing to decide. */
async function settleHeld(ctx: PaymentContext, attempt: ReceiptRow, seen: SeenReceipt): Promise<void> {
  const isGone = attempt.refunded === attempt.received;
  if (isGone) await tellEnding(ctx, attempt, "refunded");
  const policy = isGone ? "REFUND" : "HOLD";
  await decideReceipt(ctx.db, seen, { disposition: "UNAPPLIED", policy, nextCheckAt: null }, presentOf(ctx));
}

async function pursueApplying(ctx: PaymentContext, attempt: ReceiptRow, seen: SeenReceipt): Promise<void> {
  await postponeAttempt(ctx.db, attempt, nextCheck(ctx, attempt.checks));
  const refused = await tryApply(ctx, attempt.outTradeNo);
  if (!refused) return await tellEnding(ctx, attempt, "applied");
  ctx.log.warn("payment.not_applied", { attempt: attempt.outTradeNo, code: refused.code });
  if (refused.code !== "RECEIPT_DECIDED") await giveUpApplying(ctx, attempt, seen);
}

/**
 * The order can't have this money. What came by the shop's own policy goes back; what an operator wanted to apply waits for
 * their next word, unless it is going back already.
 */
export async function giveUpApplying(ctx: PaymentContext, attempt: ReceiptRow, seen: SeenReceipt): Promise<void> {
  const current = await findAttempt(ctx, attempt.outTradeNo);
  const isGoingBack = current !== undefined && current.refunding + current.refunded > 0;
  const disposition = "UNAPPLIED";
  if (seen.policy === "APPLY" && !isGoingBack) {
    await reportUnapplied(ctx, attempt, attempt.unappliedReason, "HOLD");
    await decideReceipt(ctx.db, seen, { disposition, policy: "HOLD", nextCheckAt: null }, presentOf(ctx));
    return;
  }
  const now = presentOf(ctx);
  if ((await decideReceipt(ctx.db, seen, { disposition, policy: "REFUND", nextCheckAt: now }, now)) === 0) return;
  const owed = await findAttempt(ctx, attempt.outTradeNo);
  if (owed) await pursueAutomaticRefund(ctx, owed);
}
