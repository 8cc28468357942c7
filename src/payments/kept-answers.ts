/** Answers under idempotency keys. The first that is written down is the answer, whoever asks again, until the key expires. */
import {
  type AnswerRow,
  deleteExpired,
  expiredAnswers,
  fillAnswer,
  findAnswer,
  freeKeys,
  insertAnswer,
} from "../../db/statements/answers.ts";
import { PayError } from "../errors.ts";
import { inSeconds, type PaymentContext, presentOf } from "./context.ts";
import { AnsweredBefore, assertSameRequest, type RequestKey } from "./idempotency.ts";
import { type Field, seal, unseal } from "./sealed.ts";

const HOUR_SECONDS = 3600;

/** A row may be this much younger than its answer looks: other clocks dated it. A later use of its key is not as old by far. */
const SKEW_SECONDS = 300;

/** A request under a key. */
export interface KeyedRequest extends RequestKey {
  /** The procedure, such as `orders.create`. */
  readonly operation: string;
}

/**
 * Writes down that a request has begun, so that no other can use its key meanwhile. Whoever is let through goes on, also
 * beside others with the same request. Throws AnsweredBefore, and IDEMPOTENCY_KEY_REUSED.
 */
export async function beginRequest(ctx: PaymentContext, request: KeyedRequest): Promise<void> {
  if (await insertAnswer(ctx.db, rowOf(ctx, request, null))) return;
  const row = await findAnswer(ctx.db, request.key);
  if (!row) return;
  if (isExpired(ctx, row)) {
    await forget(ctx, request);
    return await beginRequest(ctx, request);
  }
  assertSameRequest(row.requestHash, request);
  if (row.answer !== null) throw new AnsweredBefore(row);
}

/** The answer that a request was given before, if it was. Frees the key when it has expired. Throws IDEMPOTENCY_KEY_REUSED. */
export async function earlierAnswer(
  ctx: PaymentContext,
  request: KeyedRequest,
  found?: AnswerRow,
): Promise<string | undefined> {
  const row = found ?? (await findAnswer(ctx.db, request.key));
  if (!row) return undefined;
  if (!isExpired(ctx, row)) return await openAnswer(ctx, request, row);
  await forget(ctx, request);
  return undefined;
}

/**
 * Writes down what a request is to be answered. Returns what it has to be answered: somebody may have been faster.
 * Throws IDEMPOTENCY_KEY_REUSED.
 */
export async function keepAnswer(
  ctx: PaymentContext,
  request: KeyedRequest,
  answer: string,
  hasBegun: boolean,
): Promise<string> {
  const row = rowOf(ctx, request, await seal(ctx, fieldOf(request), answer));
  if (hasBegun && (await fillAnswer(ctx.db, row)) > 0) return answer;
  if (await insertAnswer(ctx.db, row)) return answer;
  const there = await findAnswer(ctx.db, request.key);
  const earlier = there && (await openAnswer(ctx, request, there));
  if (earlier === undefined) throw new PayError("REQUEST_IN_PROGRESS", { retryAfter: 1 });
  return earlier;
}

/** Frees a key that has expired from the row that it made. Returns false when there is no such row. */
export async function freeKey(ctx: PaymentContext, { operation, key }: KeyedRequest): Promise<boolean> {
  return (await freeKeys(ctx.db, operation, [key], lifetimeAgo(ctx, 0))) > 0;
}

/** Deletes answers whose keys have expired, and frees the keys. Returns how many it found. */
export async function purgeAnswers(ctx: PaymentContext, limit: number): Promise<number> {
  const now = presentOf(ctx);
  const expired = await expiredAnswers(ctx.db, now, limit);
  if (expired.length === 0) return 0;
  for (const [operation, rows] of Map.groupBy(expired, (row) => row.operation)) {
    await freeKeys(ctx.db, operation, keysOf(rows), lifetimeAgo(ctx, SKEW_SECONDS));
  }
  await deleteExpired(ctx.db, keysOf(expired), now);
  return expired.length;
}

/** The key before the answer: should it end in between, whoever comes next finds the answer and does this again. */
async function forget(ctx: PaymentContext, { operation, key }: KeyedRequest): Promise<void> {
  await freeKeys(ctx.db, operation, [key], lifetimeAgo(ctx, SKEW_SECONDS));
  await deleteExpired(ctx.db, [key], presentOf(ctx));
}

async function openAnswer(ctx: PaymentContext, request: KeyedRequest, row: AnswerRow): Promise<string | undefined> {
  assertSameRequest(row.requestHash, request);
  return row.answer === null ? undefined : await unseal(ctx, fieldOf(request), row.answer);
}

function rowOf(ctx: PaymentContext, { key, hash, operation }: KeyedRequest, answer: AnswerRow["answer"]): AnswerRow {
  const expiresAt = inSeconds(ctx, ctx.settings.idempotencyHours * HOUR_SECONDS);
  return { requestKey: key, requestHash: hash, operation, answer, expiresAt };
}

function fieldOf({ key }: RequestKey): Field {
  return { column: "idempotency_answers.answer", row: key };
}

function isExpired(ctx: PaymentContext, { expiresAt }: AnswerRow): boolean {
  return expiresAt <= presentOf(ctx);
}

function lifetimeAgo(ctx: PaymentContext, skewSeconds: number): Date {
  return inSeconds(ctx, skewSeconds - ctx.settings.idempotencyHours * HOUR_SECONDS);
}

function keysOf(rows: readonly Pick<AnswerRow, "requestKey">[]): string[] {
  return rows.map(({ requestKey }) => requestKey);
}
