/** Points come to their end by the rule: a user's journal gone through once more, lot by lot. */
import type { PointsRow } from "./books.ts";

interface Lot {
  left: number;
  readonly endsAt: number;
}

const GIVING: readonly string[] = ["GRANT", "EARN", "REFUND"];
const NEVER = Number.POSITIVE_INFINITY;
/** An order's points are held from when it becomes one on, a little after its entry was written. */
const DRAFT_MS = 120_000;

/**
 * Who takes points takes those that end first; what is given pays a debt first; only what had come to its end may be ended,
 * and at `now`, when the jobs have run, none such is left. Returns what is not so. Takes POSTED entries of one user.
 */
export function replayEndings(journal: readonly PointsRow[], now: number): string[] {
  const entries = [...journal].sort((a, b) => atOf(a) - atOf(b) || Number(gives(b)) - Number(gives(a)));
  const lots: Lot[] = [];
  const problems: string[] = [];
  let debt = 0;
  for (const entry of entries) {
    const at = atOf(entry);
    if (gives(entry)) {
      const paid = Math.min(debt, entry.points);
      debt -= paid;
      lots.push({ left: entry.points - paid, endsAt: entry.expires_at?.getTime() ?? NEVER });
    } else if (entry.kind === "EXPIRE") {
      const short = take(lots, entry.points, at);
      const isBlurred = entries.some((each) => each.kind === "HOLD" && Math.abs(at - atOf(each)) < DRAFT_MS);
      if (short > 0 && !isBlurred) problems.push(`${short} points of ${entry.cause_id} ended before their time`);
    } else debt += take(lots, entry.points, NEVER);
  }
  const overdue = lots.filter(({ endsAt }) => endsAt <= now).reduce((sum, { left }) => sum + left, 0);
  return overdue > 0 ? [...problems, `${overdue} points have come to their end, and are still there`] : problems;
}

/** Takes from the lots that end by a moment, the first to end first. Returns how many were not there. */
function take(lots: readonly Lot[], points: number, by: number): number {
  let wanted = points;
  for (const lot of [...lots].sort((a, b) => a.endsAt - b.endsAt)) {
    if (lot.endsAt > by) break;
    const taken = Math.min(lot.left, wanted);
    lot.left -= taken;
    wanted -= taken;
  }
  return wanted;
}

function gives({ kind }: PointsRow): boolean {
  return GIVING.includes(kind);
}

function atOf({ kind, created_at: createdAt, posted_at: postedAt }: PointsRow): number {
  return (kind === "HOLD" || postedAt === null ? createdAt : postedAt).getTime();
}
