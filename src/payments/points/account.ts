import { and, eq } from "drizzle-orm";
import { DatabaseUnavailable, read } from "../../../db/run.ts";
import { pointsAccounts, pointsLogs } from "../../../db/schema/points.ts";
import { insertPointsEntry, openAccount, postGrant, renewTerm } from "../../../db/statements/points.ts";
import { PayError } from "../../errors.ts";
import { type Actor, type PaymentContext, presentOf } from "../context.ts";
import { requestKey } from "../idempotency.ts";
import { newId } from "../ids.ts";
import { recordAction } from "../operator-actions.ts";
import { pointsEnd } from "./rules.ts";

export interface PointsBalance {
  readonly userId: string;
  /** What the journal adds up to, points that were taken back after refunds among it; below zero in debt. */
  readonly balance: number;
  /** Promised to open orders. */
  readonly held: number;
  readonly available: number;
  /** Points that were spent before the payment that had earned them was refunded. The next ones pay it. */
  readonly debt: number;
}

const NOTHING = { balance: 0, held: 0, clawed: 0 };

/** A user's points. A user without an account has none. */
export async function getBalance(ctx: PaymentContext, userId: string): Promise<PointsBalance> {
  const [account] = await read(() => ctx.db.select().from(pointsAccounts).where(eq(pointsAccounts.userId, userId)));
  const { balance, held, clawed } = account ?? NOTHING;
  const usable = balance - held - clawed;
  return { userId, balance: balance - clawed, held, available: Math.max(0, usable), debt: Math.max(0, -usable) };
}

interface Grant {
  readonly userId: string;
  readonly points: number;
  readonly reason: string;
}

/** Gives a user points, once per user and idempotency key. Returns the balance afterwards. Throws IDEMPOTENCY_KEY_REUSED. */
export async function grantPoints(
  ctx: PaymentContext,
  actor: Actor,
  grant: Grant,
  idempotencyKey?: string,
): Promise<PointsBalance> {
  const { userId, points } = grant;
  const causeId = (await requestKey(actor, `points.grant ${userId}`, idempotencyKey, grant))?.key ?? newId(ctx.now());
  await openAccount(ctx.db, userId);
  const written = await writeGrant(ctx, actor, grant, causeId);
  if (written.points !== points) throw new PayError("IDEMPOTENCY_KEY_REUSED");
  if (written.state === "PENDING") {
    await recordGrant(ctx, actor, grant);
    await postGrant(ctx.db, userId, causeId, presentOf(ctx));
    ctx.log.info("points.granted", { user: userId, points, by: actor.id });
  }
  return await getBalance(ctx, userId);
}

/** Writes an entry, or finds the one that the same key wrote before. */
async function writeGrant(ctx: PaymentContext, actor: Actor, { userId, points, reason }: Grant, causeId: string) {
  const key = { userId, kind: "GRANT" as const, causeId };
  const entry = { ...key, orderId: null, points, reason, createdBy: actor.id, expiresAt: pointsEnd(ctx) };
  if (await insertPointsEntry(ctx.db, entry, presentOf(ctx))) return { points, state: "PENDING" };
  const isIt = and(eq(pointsLogs.userId, userId), eq(pointsLogs.kind, "GRANT"), eq(pointsLogs.causeId, causeId));
  const [earlier] = await read(() => ctx.db.select().from(pointsLogs).where(isIt));
  if (!earlier) throw new DatabaseUnavailable("an entry is there and can't be read");
  // Whoever wrote it never came to post it: the points last from when they are there.
  if (earlier.state === "PENDING") await renewTerm(ctx.db, entry);
  return earlier;
}

async function recordGrant(ctx: PaymentContext, actor: Actor, { userId, points, reason }: Grant): Promise<void> {
  const { balance } = await getBalance(ctx, userId);
  const change = { before: { balance }, after: { balance: balance + points } };
  await recordAction(ctx, actor, { action: "points.grant", subject: userId, reason, ...change });
}
