/** Points that come to their end, and accounts that owe some: what a job sees to, one account at a time. */
import { read } from "../../../db/run.ts";
import {
  insertPointsEntry,
  postExpiry,
  putBackAccount,
  takeDueAccount,
  voidExpiries,
} from "../../../db/statements/points.ts";
import { lastPosted, lookAtAccount } from "../../../db/statements/points-journal.ts";
import { inSeconds, type PaymentContext, presentOf, SYSTEM } from "../context.ts";
import { recordEvent } from "../events.ts";
import { keptSince } from "../retention.ts";
import { reportDebt } from "./debt.ts";

/** Long enough for one look. Whoever dies over it leaves the account to the next one. */
const TAKEN_SECONDS = 300;

/** Points held for an open order may be free again by then, and have come to their end. */
const HELD_SECONDS = 3600;

type Look = Awaited<ReturnType<typeof lookAtAccount>>[number];

/**
 * Looks at an account that is due: ends the points whose time is over, tells of a debt, and sets the time of the next look. Any
 * number of runs at once do the same as one. What changes meanwhile is seen at the next look.
 */
export async function seeToAccount(ctx: PaymentContext, userId: string, seenDue: Date): Promise<void> {
  const until = inSeconds(ctx, TAKEN_SECONDS);
  if ((await takeDueAccount(ctx.db, userId, seenDue, until)) === 0) return;
  const moment = presentOf(ctx);
  const [look] = await read(() => lookAtAccount(ctx.db, userId, moment));
  if (!look) return;
  await voidExpiries(ctx.db, userId, moment);
  if (look.ended > 0 && !(await endPoints(ctx, userId, look, moment))) return;
  await tellOfEnded(ctx, userId);
  if (look.balance - look.held - look.clawed < 0) await reportDebt(ctx, userId, look);
  const version = look.version + (look.ended > 0 ? 1 : 0);
  await putBackAccount(ctx.db, userId, { version, until }, nextLook(ctx, look));
}

/** Held points don't end: they come to it once their order gives them back. */
function nextLook(ctx: PaymentContext, { held, nextEnd }: Look): Date | null {
  if (held === 0) return nextEnd;
  const again = inSeconds(ctx, HELD_SECONDS);
  return nextEnd !== null && nextEnd < again ? nextEnd : again;
}

/** Whether the points ended: not when the account has changed since they were counted. */
async function endPoints(ctx: PaymentContext, userId: string, look: Look, moment: Date): Promise<boolean> {
  const causeId = `${moment.toISOString()}v${look.version}`;
  const entry = { userId, kind: "EXPIRE" as const, causeId, orderId: null, points: look.ended, createdBy: SYSTEM };
  await insertPointsEntry(ctx.db, entry, moment);
  if ((await postExpiry(ctx.db, { userId, causeId, version: look.version }, moment)) > 0) return true;
  await voidExpiries(ctx.db, userId, moment);
  return false;
}

/** The last time that points ended may have been without anybody's hearing of it. */
async function tellOfEnded(ctx: PaymentContext, userId: string): Promise<void> {
  const [ended] = await read(() => lastPosted(ctx.db, userId, "EXPIRE"));
  if (!ended?.postedAt || ended.postedAt < keptSince(ctx)) return;
  const detail = { user: userId, points: ended.points };
  await recordEvent(ctx, { kind: "points.expired", subject: `${userId}:${ended.causeId}`, detail });
}
