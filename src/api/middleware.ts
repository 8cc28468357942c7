/** What every request passes through before it is served. */
import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import { PayError } from "../errors.ts";
import { writeProviderCalls } from "../payments/provider-calls.ts";
import type { LoadServices, Surroundings } from "../services.ts";
import { createLogger } from "../telemetry/log.ts";
import { type AppContext, type AppEnv, errorResponse } from "./http.ts";

const REQUEST_ID_HEADER = "X-Request-Id";
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

/** Nothing about money stays in a cache. */
export const noStore: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  if (!c.res.headers.has("Cache-Control")) c.header("Cache-Control", "no-store");
};

/** Lets the configured front ends call from a browser. */
export const allowOrigins: MiddlewareHandler<AppEnv> = cors({
  origin: (origin, c: AppContext) => (c.get("services").config.corsOrigins.includes(origin) ? origin : null),
  allowMethods: ["GET", "POST"],
  allowHeaders: ["Authorization", "Content-Type", "Idempotency-Key", REQUEST_ID_HEADER],
  exposeHeaders: [REQUEST_ID_HEADER, "Retry-After"],
  maxAge: 600,
});

/** Refuses bodies over this size with PAYLOAD_TOO_LARGE. */
export function limitBody(bytes: number): MiddlewareHandler<AppEnv> {
  return bodyLimit({ maxSize: bytes, onError: (c) => errorResponse(c, new PayError("PAYLOAD_TOO_LARGE")) });
}
