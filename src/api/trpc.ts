/** tRPC, set up once: who may call a procedure, and how its errors look. */
import { initTRPC, TRPCError } from "@trpc/server";
import superjson from "superjson";
import { PayError } from "../errors.ts";
import type { Role } from "../payments/context.ts";
import { callersJson } from "./callers-json.ts";
import type { ApiContext } from "./context.ts";
import { answerTo, toTrpcError } from "./errors.ts";
import { logOperation, touchesMoney } from "./operation-log.ts";

/** How a procedure takes an Idempotency-Key. */
export interface KeyRules {
  readonly need: "optional" | "required";
  /** Whether the operation looks for its earlier answer with what it reads first. Otherwise that is one round trip more. */
  readonly looksItself: boolean;
}

/** Which roles may call a procedure; "public" needs no token. */
interface ProcedureMeta {
  readonly roles: readonly Role[] | "public";
  /** Absent where calls are not told apart by keys. */
  readonly key?: KeyRules;
}

/** Answers go out as superjson. Of what comes in only the JSON counts. */
const transformer = {
  input: { serialize: superjson.serialize, deserialize: callersJson },
  output: superjson,
};

const t = initTRPC
  .context<ApiContext>()
  .meta<ProcedureMeta>()
  .create({
    transformer,
    // By default this is guessed from NODE_ENV, which a Worker lacks, and answers would carry stack traces.
    isDev: false,
    errorFormatter: ({ shape, error, ctx }) => {
      const { code: reason, message, details } = answerTo(error);
      const { code, httpStatus, path } = shape.data;
      return { ...shape, message, data: { code, httpStatus, path, reason, requestId: ctx?.requestId, ...details } };
    },
  });

export const { router } = t;

const logged = t.procedure.use(async ({ ctx, path: operation, type, next, getRawInput }) => {
  const startedAt = ctx.payments.now();
  const result = await next();
  if (touchesMoney(operation, type)) {
    const input = await getRawInput().catch(() => undefined);
    await logOperation(ctx, { operation, startedAt, input, result });
  }
  return result;
});

const guarded = logged.use(async ({ next, getRawInput }) => {
  await getRawInput().catch(unreadable);
  const result = await next();
  if (result.ok) return result;
  throw toTrpcError(result.error);
});

/** A body that is no JSON is the caller's mistake; tRPC takes it for one of the server's. */
function unreadable(): never {
  throw new TRPCError({ code: "BAD_REQUEST" });
}

/** For everybody, with or without a token. Counted by user where the token counts, else by address. */
export const publicProcedure = guarded.meta({ roles: "public" }).use(async ({ ctx, path, type, next }) => {
  const actor = ctx.hasCredentials ? await ctx.authenticate().catch(() => undefined) : undefined;
  if (actor) await ctx.limits.countCall(actor, path, type);
  else await ctx.limits.countAddress("addresses", ctx.callerAddress);
  return next();
});

/** For these roles only. The procedure finds who calls in `ctx.actor`. */
export function procedureFor(roles: readonly Role[]) {
  return guarded.meta({ roles }).use(async ({ ctx, path, type, next, getRawInput }) => {
    const actor = await ctx.authenticate();
    await ctx.limits.countCall(actor, path, type);
    if (!roles.includes(actor.role)) throw new PayError("FORBIDDEN");
    if (actor.role !== "operator" || type !== "mutation") return next({ ctx: { actor } });
    const operatorsReason = reasonIn(await getRawInput());
    return next({ ctx: { actor, payments: { ...ctx.payments, operatorsReason } } });
  });
}

/** An operator's reason, which is then validated with everything else. Throws BAD_INPUT without one. */
function reasonIn(input: unknown): string {
  const reason = typeof input === "object" && input !== null && "reason" in input ? input.reason : undefined;
  if (typeof reason === "string") return reason;
  throw new PayError("BAD_INPUT", { issues: [{ path: "reason", message: "operators have to say why" }] });
}

/** Those who read what is their own; auditors and operators read everything. */
export const READERS = ["customer", "service", "operator", "auditor"] as const;
/** Those who order, pay and ask for money back. */
export const BUYERS = ["customer", "service", "operator"] as const;
/** Those who freeze buyers' money, take of it and release it. */
export const CASHIERS = ["service", "operator"] as const;
/** Those who look into the shop's books. */
export const INSPECTORS = ["operator", "auditor"] as const;
export const OPERATORS = ["operator"] as const;
