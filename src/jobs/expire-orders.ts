import { eq, lt } from "drizzle-orm";
import { read } from "../../db/run.ts";
import { orders } from "../../db/schema/orders.ts";
import { abandonDraft } from "../../db/statements/order.ts";
import { type PaymentContext, presentOf } from "../payments/context.ts";
import { postponeOrder, pursueOrderClosing } from "../payments/orders/close-order.ts";
import type { OrderRow } from "../payments/orders/view.ts";
import { eachApart } from "./each.ts";

/** Closes orders whose time is over, goes on closing those that are closing, and gives up drafts of dead makers. */
export async function expireOrders(ctx: PaymentContext, limit: number): Promise<number> {
  const due = await read(() =>
    ctx.db
      .select()
      .from(orders)
      .where(lt(orders.nextCheckAt, presentOf(ctx)))
      .orderBy(orders.nextCheckAt)
      .limit(limit),
  );
  return await eachApart(ctx, "order", due, (order) => expire(ctx, order));
}

async function expire(ctx: PaymentContext, order: OrderRow): Promise<void> {
  if (order.state === "DRAFT") await abandonDraft(ctx.db, order.id, presentOf(ctx));
  else if (order.state === "PENDING") await expirePending(ctx, order);
  else await ctx.db.update(orders).set({ nextCheckAt: null }).where(eq(orders.id, order.id));
}

/** The next look is put off before this one is taken: one order's trouble must not keep others from their turn. */
async function expirePending(ctx: PaymentContext, order: OrderRow): Promise<void> {
  if ((await postponeOrder(ctx, order)) === 0) return;
  await pursueOrderClosing(ctx, { ...order, checks: order.checks + 1 }, "EXPIRED");
}
