/** How a draft becomes an order: everything it needs is reserved at once, or nothing. */
import { eq } from "drizzle-orm";
import { CheckRefused, read } from "../../../db/run.ts";
import { orders } from "../../../db/schema/orders.ts";
import { findAnswer } from "../../../db/statements/answers.ts";
import { activateFreeOrder, activateOrder, type OpenOrdersCap, refuseDraft } from "../../../db/statements/order.ts";
import { openAccount } from "../../../db/statements/points.ts";
import { PayError } from "../../errors.ts";
import { type PaymentContext, presentOf } from "../context.ts";
import { AnsweredBefore } from "../idempotency.ts";
import { earningOf } from "../points/rules.ts";
import type { Draft } from "./draft.ts";
import { explainRefusal, freeExpiredHolds, skusOf } from "./refusals.ts";
import { type OrderRow, type OrderView, orderView } from "./view.ts";

/** On what terms a draft becomes an order. */
interface Terms {
  readonly cap: OpenOrdersCap | undefined;
  /** The key that somebody else has had: taken for dead, they may be answered all the same. */
  readonly unanswered: string | undefined;
}

/**
 * Makes an order of a draft whose books are written. Throws what it lacks, REQUEST_IN_PROGRESS when somebody else has taken
 * the draft's key, and AnsweredBefore.
 */
export async function activate(ctx: PaymentContext, draft: Draft, terms: Terms): Promise<OrderView> {
  const made = (await tryActivate(ctx, draft, terms)) ?? (await activateWithAccount(ctx, draft, terms));
  if (made) return made;
  const refusal = await whyNot(ctx, draft, terms);
  const isShort = refusal instanceof PayError && refusal.code === "OUT_OF_STOCK";
  const freed = isShort && (await freeExpiredHolds(ctx, skusOf(draft))) > 0;
  const madeAfterAll = freed ? await tryActivate(ctx, draft, terms) : undefined;
  if (madeAfterAll) return madeAfterAll;
  const isRefused = (await refuseDraft(ctx.db, draft.order.id, presentOf(ctx))) > 0;
  if (!isRefused && (await isKeyTaken(ctx, draft))) throw new PayError("REQUEST_IN_PROGRESS", { retryAfter: 1 });
  throw refusal;
}

/** Its maker was taken for dead, and the same request is being made anew: that may come to another end than this one. */
async function isKeyTaken(ctx: PaymentContext, { order }: Draft): Promise<boolean> {
  const [current] = await read(() => ctx.db.select().from(orders).where(eq(orders.id, order.id)));
  return order.requestKey !== null && current?.requestKey !== order.requestKey;
}

async function whyNot(ctx: PaymentContext, draft: Draft, { cap, unanswered }: Terms): Promise<Error> {
  const answered = unanswered === undefined ? undefined : await findAnswer(ctx.db, unanswered);
  return answered ? new AnsweredBefore(answered) : await explainRefusal(ctx, draft, cap);
}

/** Whoever earns points for the first time has no account for them yet, and is refused for that. */
async function activateWithAccount(ctx: PaymentContext, draft: Draft, terms: Terms) {
  if (!earningOf(ctx, draft.order)) return undefined;
  await openAccount(ctx.db, draft.order.userId);
  return await tryActivate(ctx, draft, terms);
}

/** Undefined when there is not enough of something: zero rows, or a CHECK that failed. */
async function tryActivate(ctx: PaymentContext, draft: Draft, { cap, unanswered }: Terms) {
  const { order, items } = draft;
  const now = presentOf(ctx);
  const free = order.amount === 0;
  let matched = 0;
  try {
    matched = free
      ? await activateFreeOrder(ctx.db, order.id, now, unanswered)
      : await activateOrder(ctx.db, order.id, cap, unanswered);
  } catch (error) {
    if (!(error instanceof CheckRefused)) throw error;
  }
  if (matched > 0) {
    const activated: OrderRow = { ...order, state: free ? "PAID" : "PENDING", paidAt: free ? now : null };
    ctx.log.info("order.created", { order: order.id, amount: order.amount, lines: items.length });
    return await orderView(ctx, activated, items);
  }
  // It may have been done before by a statement whose answer was lost.
  const [current] = await read(() => ctx.db.select().from(orders).where(eq(orders.id, order.id)));
  // Its maker was taken for dead and the draft given up, for the same request's sake.
  if (current?.closeReason === "DRAFT_ABANDONED") throw new PayError("REQUEST_IN_PROGRESS", { retryAfter: 1 });
  return current?.state === "PENDING" || current?.state === "PAID" ? await orderView(ctx, current, items) : undefined;
}
