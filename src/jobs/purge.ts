import { PURGES } from "../../db/statements/purge.ts";
import type { PaymentContext } from "../payments/context.ts";
import { purgeAnswers } from "../payments/kept-answers.ts";
import { keptSince } from "../payments/retention.ts";
import { eachApart } from "./each.ts";

/** Deletes what has outlived its retention. Returns the most that one kind of record still had. */
export async function purge(ctx: PaymentContext, limit: number): Promise<number> {
  const before = keptSince(ctx);
  const purges = [...PURGES.map((purgeKind) => () => purgeKind(ctx.db, before, limit)), () => purgeAnswers(ctx, limit)];
  let most = 0;
  await eachApart(ctx, "purge", purges, async (purgeKind) => {
    const found = await purgeKind();
    most = Math.max(most, found);
  });
  return most;
}
