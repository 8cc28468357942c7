/** tRPC, set up once: who may call a procedure, and how its errors look. */
import { initTRPC, TRPCError } from "@trpc/server";
import superjson from "superjson";
import { PayError } from "../errors.ts";
import type { Role } from "../payments/context.ts";
import type { ApiContext } from "./context.ts";
import { answerTo, toTrpcError } from "./errors.ts";

/** Which roles may call a procedure; "public" needs no token. */
interface ProcedureMeta {
  readonly roles: readonly Role[] | "public";
}

const t = initTRPC
  .context<ApiContext>()
  .meta<ProcedureMeta>()
  .create({
    transformer: superjson,
    // By default this is guessed from NODE_ENV, which a Worker lacks, and answers would carry stack traces.
    isDev: false,
    errorFormatter: ({ shape, error, ctx }) => {
      const { code: reason, message, details } = answerTo(error);
      const { code, httpStatus, path } = shape.data;
      return { ...shape, message, data: { code, httpStatus, path, reason, requestId: ctx?.requestId, ...details } };
    },
  });

export const { router } = t;

const guarded = t.procedure.use(async ({ next, getRawInput }) => {
  await getRawInput().catch(unreadable);
  const result = await next();
  if (result.ok) return result;
  throw toTrpcError(result.error);
});

/** A body that is no JSON is the caller's mistake; tRPC takes it for one of the server's. */
function unreadable(): never {
  throw new TRPCError({ code: "BAD_REQUEST" });
}

/** For everybody, with or without a token. */
export const publicProcedure = guarded.meta({ roles: "public" });

/** For these roles only. The procedure finds who calls in `ctx.actor`. */
export function procedureFor(roles: readonly Role[]) {
  return guarded.meta({ roles }).use(async ({ ctx, next }) => {
    const actor = await ctx.authenticate();
    if (!roles.includes(actor.role)) throw new PayError("FORBIDDEN");
    return next({ ctx: { actor } });
  });
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
