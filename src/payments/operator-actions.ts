/** The trail of operators' actions: who did what to what, why, and what it was before. */
import { DatabaseUnavailable } from "../../db/run.ts";
import { type Action, appendAction, joinActions, type Link, readTail } from "../../db/statements/action-chain.ts";
import { asKey } from "./anomalies.ts";
import { type Actor, type PaymentContext, presentOf } from "./context.ts";
import { newId } from "./ids.ts";

type Facts = Readonly<Record<string, string | number | boolean | null>>;

export interface NewAction {
  /** Such as `payments.write_off`. */
  readonly action: string;
  /** What it is done to: an out_trade_no, a refund, a SKU, a user. */
  readonly subject: string;
  readonly orderId?: string | null;
  /** The operator's own words. */
  readonly reason: string;
  readonly before: Facts;
  /** What it is to become. Amounts in yuan. No personal data. */
  readonly after: Facts;
}

/** The reason of an action that did not come by a procedure: those ask operators for one. */
const NO_REASON = "no reason was asked for";

/** Each time that an action finds its place taken, another one was written. */
const APPEND_TRIES = 100;

/**
 * Writes an action down before it takes effect, so that no effect is without one. The caller has checked that the action
 * is possible; whether it came about is seen on what it was done to. The line in the log names its place in the chain: who
 * keeps those lines elsewhere can tell later whether the chain still goes through it. Throws DatabaseUnavailable.
 */
export async function recordAction(ctx: PaymentContext, actor: Actor, action: NewAction): Promise<void> {
  const row = {
    id: newId(ctx.now()),
    at: presentOf(ctx),
    actor: asKey(actor.id, 64),
    role: actor.role,
    action: action.action,
    subject: asKey(action.subject, 64),
    orderId: action.orderId ?? null,
    reason: action.reason.toWellFormed(),
    before: JSON.stringify(action.before),
    after: JSON.stringify(action.after),
    requestId: ctx.requestId,
  };
  const { seq, hash } = await append(ctx, row);
  ctx.log.info("operator.action", { action: action.action, subject: row.subject, by: actor.id, seq, hash });
}

/** The same for what customers and services do too, with what is theirs to use: only an operator's call is on record. */
export async function recordIfOperator(
  ctx: PaymentContext,
  actor: Actor,
  action: Omit<NewAction, "reason">,
): Promise<void> {
  if (actor.role !== "operator") return;
  await recordAction(ctx, actor, { ...action, reason: ctx.operatorsReason ?? NO_REASON });
}

/** Puts an action at the end of the chain, behind those that were written before there was one. */
async function append(ctx: PaymentContext, row: Action): Promise<Link> {
  for (let tries = 1; tries <= APPEND_TRIES; tries++) {
    const { head, loose } = await readTail(ctx.db);
    if (loose.length > 0) {
      await joinActions(ctx.db, head, loose);
      continue;
    }
    const link = await appendAction(ctx.db, head, row);
    if (link) return link;
    await pause(Math.min(tries, 10));
  }
  throw new DatabaseUnavailable("others were always first to write an action");
}

/** So that those who found the same end do not meet again at the next. */
function pause(tries: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * 4 * tries));
}
