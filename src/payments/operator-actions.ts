/** The trail of operators' actions: who did what to what, why, and what it was before. */
import { insertOnce } from "../../db/run.ts";
import { operatorActions } from "../../db/schema/history.ts";
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

/**
 * Writes an action down before it takes effect, so that no effect is without one. The caller has checked that the action
 * is possible; whether it came about is seen on what it was done to.
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
    reason: action.reason,
    before: JSON.stringify(action.before),
    after: JSON.stringify(action.after),
    requestId: ctx.requestId,
  };
  await insertOnce(() => ctx.db.insert(operatorActions).values(row));
  ctx.log.info("operator.action", { action: action.action, subject: row.subject, by: actor.id });
}
