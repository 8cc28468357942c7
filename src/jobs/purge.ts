import { PURGES } from "../../db/statements/purge.ts";
import type { PaymentContext } from "../payments/context.ts";
import { keptSince } from "../payments/retention.ts";
import { eachApart } from "./each.ts";

/** Deletes what has outlived its retention. Returns the most that one kind of record still had. */
export async function purge(ctx: PaymentContext, limit: number): Promise<number> {
  const before = keptSince(ctx);
  let most = 0;
  await eachApart(ctx, "purge", PURGES, async (purgeKind) => {
    const found = await purgeKind(ctx.db, before, limit);
    most = Math.max(most, found);
  });
  return most;
}
