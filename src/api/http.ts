/** What Hono carries through a request, and how it answers errors. */
import type { Context } from "hono";
import { ERRORS } from "../errors.ts";
import type { PaymentContext } from "../payments/context.ts";
import type { RateLimits } from "../security/rate-limits.ts";
import type { Scope, Services } from "../services.ts";
import type { Logger } from "../telemetry/log.ts";
import { answerTo, logFault } from "./errors.ts";

export interface AppEnv {
  Bindings: object;
  Variables: {
    /** Names the request, and outlives it in deferred work. */
    scope: Scope;
    log: Logger;
    limits: RateLimits;
    services: Services;
    payments: PaymentContext;
  };
}

export type AppContext = Context<AppEnv>;

/** Answers an error: its body, and Retry-After where a repeat makes sense. */
export function errorResponse(c: AppContext, error: unknown): Response {
  logFault(c.get("log"), error, c.req.path);
  const { code, message, details } = answerTo(error);
  const { retryAfter, ...shown } = details;
  if (retryAfter !== undefined) c.header("Retry-After", String(retryAfter));
  return c.json({ code, message, requestId: c.get("scope").requestId, ...shown }, ERRORS[code].status);
}
