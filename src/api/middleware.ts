/** What every request passes through before it is served. */
import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { PayError } from "../errors.ts";
import { writeProviderCalls } from "../payments/provider-calls.ts";
import { ACCESS_HEADER } from "../security/access.ts";
import { LIMITS, RateLimits, readLimiters } from "../security/rate-limits.ts";
import type { LoadServices, Surroundings } from "../services.ts";
import { createLogger } from "../telemetry/log.ts";
import { callerAddressOf } from "./context.ts";
import { REQUEST_ID_HEADER } from "./headers.ts";
import { type AppEnv, errorResponse } from "./http.ts";

const LOGGED_PATH_LENGTH = 200;

/** Gives the request its id, the caller's own when that is a sane one, and its line in the access log. */
export function identify(surroundings: Pick<Surroundings, "now" | "writeLog">): MiddlewareHandler<AppEnv> {
  const { now, writeLog } = surroundings;
  return async (c, next) => {
    const startedAt = now();
    const requestId = saneId(c.req.header(REQUEST_ID_HEADER)) ?? crypto.randomUUID();
    const log = createLogger({ requestId }, writeLog, now);
    c.set("scope", { requestId, waitUntil: (work) => c.executionCtx.waitUntil(work) });
    c.set("log", log);
    c.header(REQUEST_ID_HEADER, requestId);
    await next();
    const { method, path } = c.req;
    const durationMs = now() - startedAt;
    log.info("request", { method, path: path.slice(0, LOGGED_PATH_LENGTH), status: c.res.status, durationMs });
  };
}

function saneId(given: string | undefined): string | undefined {
  return given !== undefined && /^[\w.:-]{1,64}$/.test(given) ? given : undefined;
}

/** Finds the services of the request's environment. Throws ConfigError. */
export function withServices(load: LoadServices): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const services = load(c.env);
    c.set("services", services);
    const payments = services.requestContext(c.get("scope"));
    c.set("payments", payments);
    await next();
    if (payments.calls?.isEmpty === false) c.get("scope").waitUntil(writeProviderCalls(payments));
  };
}

/** Finds the limits of the request's environment. What an environment lacks is told once. */
export function withLimits(): MiddlewareHandler<AppEnv> {
  const told = new WeakSet<object>();
  return async (c, next) => {
    const limiters = readLimiters(c.env);
    const missing = Object.entries(LIMITS).filter(([limit]) => !(limit in limiters));
    if (missing.length > 0 && !told.has(c.env)) {
      c.get("log").warn("rate_limits.missing", { bindings: missing.map(([, name]) => name).join(" ") });
    }
    told.add(c.env);
    c.set("limits", new RateLimits(limiters, c.get("log")));
    await next();
  };
}

/** Counts a request by the address it comes from, for what needs no token. */
export const limitAddress: MiddlewareHandler<AppEnv> = async (c, next) => {
  await c.get("limits").countAddress("addresses", callerAddressOf(c.req.raw.headers));
  await next();
};

/**
 * Keeps other sites' pages from acting in an operator's name: the edge adds the Access token to whatever that browser
 * sends. Bearer tokens need no such care, since nothing but the front end knows them.
 */
export const refuseForeignPages: MiddlewareHandler<AppEnv> = async (c, next) => {
  const { config } = c.get("services");
  const origin = c.req.header("Origin");
  const isSigned = config.access !== undefined && c.req.header(ACCESS_HEADER) !== undefined;
  const isOwn = origin === undefined || origin === new URL(c.req.url).origin || config.corsOrigins.includes(origin);
  if (isSigned && !isOwn) throw new PayError("FORBIDDEN");
  await next();
};

/** Refuses bodies over this size with PAYLOAD_TOO_LARGE. */
export function limitBody(bytes: number): MiddlewareHandler<AppEnv> {
  return bodyLimit({ maxSize: bytes, onError: (c) => errorResponse(c, new PayError("PAYLOAD_TOO_LARGE")) });
}
