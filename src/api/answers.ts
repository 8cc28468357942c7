/** One answer for one Idempotency-Key: the first that is written down is what every repeat is told, byte for byte. */
import { TRPCError, type TRPCMiddlewareFunction } from "@trpc/server";
import superjson from "superjson";
import type * as z from "zod";
import { giveUpKey } from "../../db/statements/answers.ts";
import { ERRORS, type ErrorCode, type ErrorDetails, PayError } from "../errors.ts";
import { isFinal } from "../kept-errors.ts";
import type { PaymentContext, Role } from "../payments/context.ts";
import { AnsweredBefore, requestKey } from "../payments/idempotency.ts";
import { beginRequest, earlierAnswer, freeKey, type KeyedRequest, keepAnswer } from "../payments/kept-answers.ts";
import { idempotencyKey } from "./context.ts";
import { answerTo } from "./errors.ts";
import { type KeyRules, procedureFor } from "./trpc.ts";

/** As it is kept: what the procedure gave, or why it refused. */
type Answer = { readonly data: unknown } | { readonly refusal: Refusal };

interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
}

/** What a request under a key adds to its context; undefined without a key. */
interface Keyed {
  readonly keyed: KeyedRequest | undefined;
}

type Result = Awaited<ReturnType<TRPCMiddlewareFunction<object, object, object, Keyed, unknown>>>;

/** A request under a key, on its way through its procedure. */
interface Journey {
  readonly payments: PaymentContext;
  readonly request: KeyedRequest;
  /** Whether the operation itself finds the answer that was given before, with what it reads first. */
  readonly looksItself: boolean;
  readonly run: () => Promise<Result>;
}

/** A procedure for these roles, with this input, that does what it does once for each Idempotency-Key. */
export function keyedProcedure<Input extends z.ZodType>(roles: readonly Role[], key: KeyRules, input: Input) {
  return procedureFor(roles)
    .meta({ roles, key })
    .input(input)
    .use(async ({ ctx, path: operation, input: asked, next }) => {
      const callerKey = idempotencyKey(ctx);
      if (callerKey === undefined && key.need === "required") throw new PayError("IDEMPOTENCY_KEY_REQUIRED");
      const known = await requestKey(ctx.actor, operation, callerKey, asked);
      const keyed = known && { ...known, operation };
      const run = () => next({ ctx: { keyed } });
      if (!keyed) return await run();
      return await answerOnce({ payments: ctx.payments, request: keyed, looksItself: key.looksItself, run });
    })
    .use(async ({ ctx: { payments, keyed }, next }) => {
      if (keyed && !key.looksItself) await beginRequest(payments, keyed);
      return await next();
    });
}

async function answerOnce(journey: Journey): Promise<Result> {
  const result = await journey.run();
  const earlier = await foundBy(journey, result);
  if (earlier === "expired") return await answerOnce(journey);
  return earlier === undefined ? await conclude(journey, result) : told(earlier, result);
}

/** What the operation came upon: the answer that was given before, or that the key's time is over and it may run anew. */
async function foundBy({ payments, request }: Journey, result: Result) {
  const cause = result.ok ? undefined : result.error.cause;
  if (cause instanceof AnsweredBefore) return (await earlierAnswer(payments, request, cause.row)) ?? "expired";
  const isReused = cause instanceof PayError && cause.code === "IDEMPOTENCY_KEY_REUSED";
  return isReused && (await freeKey(payments, request)) ? "expired" : undefined;
}

/** Writes down what is final, and answers what has been written down. */
async function conclude(journey: Journey, result: Result): Promise<Result> {
  const { payments, request, looksItself } = journey;
  const answer = answerOf(journey, result);
  if (answer) return told(await keepAnswer(payments, request, superjson.stringify(answer), !looksItself), result);
  const earlier = result.ok ? undefined : await afterTrouble(journey, result.error);
  return earlier === undefined ? result : told(earlier, result);
}

function answerOf({ payments }: Journey, result: Result): Answer | undefined {
  if (result.ok) return { data: result.data };
  const { code, message, details } = answerTo(result.error);
  if (!isFinal(code)) return undefined;
  return { refusal: { code, message, details: { ...details, requestId: payments.requestId } } };
}

/** Statuses of requests that did nothing. */
const NOTHING_DONE: readonly number[] = [400, 403, 404];

/**
 * A request that is wrong now may have been right when it came first, and was answered then. If it was not, the key is free
 * for a better one.
 */
async function afterTrouble({ payments, request, looksItself }: Journey, error: unknown): Promise<string | undefined> {
  const { code } = answerTo(error);
  if (code === "REQUEST_IN_PROGRESS") return await awaitAnswer(payments, request);
  if (!NOTHING_DONE.includes(ERRORS[code].status)) return undefined;
  if (looksItself) return await earlierAnswer(payments, request);
  await giveUpKey(payments.db, { requestKey: request.key, requestHash: request.hash });
  return undefined;
}

/** How long to wait between looks, in milliseconds: most requests are answered in this time. */
const WAITS = [50, 100, 200, 400, 800] as const;

/** Waits a while for the answer of the same request, which is being worked on elsewhere. */
async function awaitAnswer(payments: PaymentContext, request: KeyedRequest): Promise<string | undefined> {
  for (const wait of WAITS) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    const answer = await earlierAnswer(payments, request);
    if (answer !== undefined) return answer;
  }
  return undefined;
}

/** What was kept, in the place of the procedure's own result. */
function told(text: string, { marker }: Result): Result {
  const answer = superjson.parse<Answer>(text);
  if ("data" in answer) return { marker, ok: true, data: answer.data };
  const { code, message, details } = answer.refusal;
  const cause = new PayError(code, details, message);
  return { marker, ok: false, error: new TRPCError({ code: ERRORS[code].trpc, message, cause }) };
}
