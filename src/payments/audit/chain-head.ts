/**
 * Ends of the chain of operators' actions that were kept elsewhere: in a log, or on paper. The chain alone can't tell that
 * its end was cut off, or that somebody wrote it anew from some row on; that it still goes through a kept end can.
 */
import { sql } from "drizzle-orm";
import * as z from "zod";
import type { Ask } from "./run-audit.ts";

/** `SEQ:HASH`, as the log's `operator.action` lines have them. */
export const chainHeadText = z
  .string()
  .regex(/^[1-9]\d{0,14}:1\.[0-9a-f]{64}$/, "must be SEQ:HASH, as the log has them");

const found = z.array(z.object({ seq: z.coerce.number(), hash: z.string() }));

export interface ChainEnd {
  /** The last row, as `SEQ:HASH`; null when there is none. Worth keeping. */
  readonly head: string | null;
  /** Whether the chain goes through the end that was kept; null when none was given. */
  readonly keptHeadFound: boolean | null;
}

/** Where the chain ends, and whether it goes through an end that was kept. Two statements. Throws what `ask` throws. */
export async function readChainEnd(ask: Ask, kept: string | undefined): Promise<ChainEnd> {
  const last = found.parse(
    await ask(sql`select seq, hash from operator_actions where seq is not null order by seq desc limit 1`),
  );
  const head = last.map(({ seq, hash }) => `${seq}:${hash}`)[0] ?? null;
  if (kept === undefined) return { head, keptHeadFound: null };
  const [seq = "", hash = ""] = kept.split(":");
  const there = found.parse(
    await ask(sql`select seq, hash from operator_actions where seq = ${Number(seq)} and hash = ${hash}`),
  );
  return { head, keptHeadFound: there.length === 1 };
}
