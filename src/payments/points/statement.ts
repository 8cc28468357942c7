import { read } from "../../../db/run.ts";
import { POINTS_KINDS } from "../../../db/schema/points.ts";
import { type StatementPosition, statementPage } from "../../../db/statements/points-journal.ts";
import type { PaymentContext } from "../context.ts";

export interface StatementPage {
  readonly entries: Awaited<ReturnType<typeof statementPage>>;
  /** Pass as `before` for the next page; null at the end. */
  readonly next: string | null;
}

/** A user's points entries, newest first, each with the balance after it. */
export async function readStatement(
  ctx: PaymentContext,
  userId: string,
  { before, limit }: { readonly before?: StatementPosition | undefined; readonly limit: number },
): Promise<StatementPage> {
  const rows = await read(() => statementPage(ctx.db, userId, before, limit + 1));
  const entries = rows.slice(0, limit);
  const last = entries.at(-1);
  return { entries, next: rows.length > limit && last ? formatPosition(last) : null };
}

type Shown = StatementPage["entries"][number];

/** A position as callers carry it from page to page. What is in it may stand in a URL. */
function formatPosition({ at, createdAt, kind, causeId }: Shown): string {
  return [(at ?? createdAt).toISOString(), kind, encodeURIComponent(causeId)].join("~");
}

/** As toISOString writes the years that the database knows. */
const FULL_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Reads what formatPosition wrote. Undefined for anything else. */
export function parsePosition(text: string): StatementPosition | undefined {
  const [time = "", name, ...cause] = text.split("~");
  const at = new Date(FULL_TIME.test(time) ? time : Number.NaN);
  const kind = POINTS_KINDS.find((known) => known === name);
  const causeId = decodeCause(cause.join("~"));
  if (Number.isNaN(at.getTime()) || kind === undefined || causeId === undefined) return undefined;
  return { at, kind, causeId };
}

function decodeCause(text: string): string | undefined {
  try {
    const causeId = decodeURIComponent(text);
    return /^[\x20-\x7e]{1,64}$/.test(causeId) ? causeId : undefined;
  } catch {
    return undefined;
  }
}
