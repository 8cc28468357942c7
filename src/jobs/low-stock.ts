import { read } from "../../db/run.ts";
import { forgetLow, newlyLow } from "../../db/statements/stock.ts";
import type { PaymentContext } from "../payments/context.ts";
import { tellLow } from "../payments/stock/tell-stock.ts";
import { eachApart } from "./each.ts";

/** Tells of items that have become low or short, and forgets those that have enough again. */
export async function watchStock(ctx: PaymentContext, limit: number): Promise<number> {
  const forgotten = await forgetLow(ctx.db, limit);
  const low = await read(() => newlyLow(ctx.db, limit));
  await eachApart(ctx, "low_stock", low, (item) => tellLow(ctx, item));
  return Math.max(forgotten, low.length);
}
