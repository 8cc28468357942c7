import { read } from "../../db/run.ts";
import { dueAccounts } from "../../db/statements/points-journal.ts";
import { type PaymentContext, presentOf } from "../payments/context.ts";
import { seeToAccount } from "../payments/points/expiry.ts";
import { eachApart } from "./each.ts";

/** Ends the points whose time is over, and tells of the accounts that refunds have left in debt. */
export async function expirePoints(ctx: PaymentContext, limit: number): Promise<number> {
  const due = await read(() => dueAccounts(ctx.db, presentOf(ctx), limit));
  return await eachApart(ctx, "points", due, async ({ userId, nextCheckAt }) => {
    if (nextCheckAt) await seeToAccount(ctx, userId, nextCheckAt);
  });
}
