import { and, desc, eq, lt } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { pointsAccounts, pointsLogs } from "../../../db/schema/points.ts";
import { insertPointsEntry, openAccount, postGrant } from "../../../db/statements/points.ts";
import { PayError } from "../../errors.ts";
import { type Actor, type PaymentContext, presentOf } from "../context.ts";
import { requestKey } from "../idempotency.ts";
import { newId } from "../ids.ts";

export interface PointsBalance {
  readonly userId: string;
  readonly balance: number;
  /** Promised to open orders. */
  readonly held: number;
  readonly available: number;
}

/** A user's points. A user without an account has none. */
export async function getBalance(ctx: PaymentContext, userId: string): Promise<PointsBalance> {
  const [account] = await read(() => ctx.db.select().from(pointsAccounts).where(eq(pointsAccounts.userId, userId)));
  const { balance, held } = account ?? { balance: 0, held: 0 };
  return { userId, balance, held, available: balance - held };
}

/** A user's points entries, newest first, before a moment. */
export function listEntries(
  ctx: PaymentContext,
  userId: string,
  page: { readonly before?: Date | undefined; readonly limit: number },
) {
  const older = page.before === undefined ? undefined : lt(pointsLogs.createdAt, page.before);
  return read(() =>
    ctx.db
      .select()
      .from(pointsLogs)
      .where(and(eq(pointsLogs.userId, userId), older))
      .orderBy(desc(pointsLogs.createdAt))
      .limit(page.limit),
  );
}

/** Throws IDEMPOTENCY_KEY_REUSED when the key granted this user another number of points before. */
async function assertSameGrant(
  ctx: PaymentContext,
  grant: { readonly userId: string; readonly causeId: string; readonly points: number },
): Promise<void> {
  const [entry] = await read(() =>
    ctx.db
      .select({ points: pointsLogs.points })
      .from(pointsLogs)
      .where(
        and(eq(pointsLogs.userId, grant.userId), eq(pointsLogs.kind, "GRANT"), eq(pointsLogs.causeId, grant.causeId)),
      ),
  );
  if (entry && entry.points !== grant.points) throw new PayError("IDEMPOTENCY_KEY_REUSED");
}

/** Gives a user points, once per user and idempotency key. Returns the balance afterwards. Throws IDEMPOTENCY_KEY_REUSED. */
export async function grantPoints(
  ctx: PaymentContext,
  actor: Actor,
  grant: { readonly userId: string; readonly points: number; readonly reason: string },
  idempotencyKey?: string,
): Promise<PointsBalance> {
  const causeId =
    (await requestKey(actor, `points.grant ${grant.userId}`, idempotencyKey, grant))?.key ?? newId(ctx.now());
  const { userId, points, reason } = grant;
  const now = presentOf(ctx);
  await openAccount(ctx.db, userId);
  const entry = { userId, kind: "GRANT" as const, causeId, orderId: null, points, reason, createdBy: actor.id };
  if (!(await insertPointsEntry(ctx.db, entry, now))) await assertSameGrant(ctx, entry);
  await postGrant(ctx.db, userId, causeId, now);
  ctx.log.info("points.granted", { user: userId, points, by: actor.id });
  return await getBalance(ctx, userId);
}
