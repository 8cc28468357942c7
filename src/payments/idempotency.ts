/**
 * Idempotency keys: a unique column on the row that a request makes, so that the same request makes it once. What was
 * answered is kept beside it; see kept-answers.ts.
 */
import { eq, type SQL, sql } from "drizzle-orm";
import { idempotencyAnswers } from "../../db/schema/answers.ts";
import type { AnswerRow } from "../../db/statements/answers.ts";
import { PayError } from "../errors.ts";
import type { Actor } from "./context.ts";

export interface RequestKey {
  /** Names the request: actor, operation and the caller's key, hashed. */
  readonly key: string;
  /** Tells whether a repeat asks for the same thing. The caller's key is in it, so that nobody finds out by trying what was asked. */
  readonly hash: string;
}

/** Makes the columns of an idempotency key, or undefined when the caller sent none. */
export async function requestKey(
  actor: Actor,
  operation: string,
  callerKey: string | undefined,
  input: unknown,
): Promise<RequestKey | undefined> {
  if (callerKey === undefined) return undefined;
  return {
    key: await sha256([actor.id, operation, callerKey]),
    hash: await sha256([actor.role, callerKey, canonical(input)]),
  };
}

/** Refuses a key that came with another request before. Throws IDEMPOTENCY_KEY_REUSED. */
export function assertSameRequest(recorded: string | null, request: RequestKey): void {
  if (recorded !== request.hash) throw new PayError("IDEMPOTENCY_KEY_REUSED");
}

/** The request was answered before: nothing is to be done but to answer it again. */
export class AnsweredBefore extends Error {
  override readonly name = "AnsweredBefore";
  readonly row: AnswerRow;

  constructor(row: AnswerRow) {
    super("the request was answered before");
    this.row = row;
  }
}

/** Joins the answer of a key, if there is one, to whatever an operation reads first: looking for it costs no round trip. */
export function underKey(requestKey: string | undefined): SQL {
  return requestKey === undefined ? sql`false` : eq(idempotencyAnswers.requestKey, requestKey);
}

/** One row of nothing, for reads whose every table is joined and may have no row. */
export const NOTHING_BUT = sql`(select 1 as nothing) as nothing`;

/** Throws AnsweredBefore for what was found under the key. */
export function assertUnanswered(row: AnswerRow | null | undefined): void {
  if (row) throw new AnsweredBefore(row);
}

/** The same value, whatever order its members came in. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => [name, canonical(member)]);
}

async function sha256(value: unknown): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(value)));
  const base64 = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replace("=", "");
}
