/** The headers that every answer carries: what browsers and caches may do with it. */
import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { secureHeaders } from "hono/secure-headers";
import type { AppContext, AppEnv } from "./http.ts";

export const REQUEST_ID_HEADER = "X-Request-Id";

/** For two years, browsers ask for nothing here without TLS. */
const TRANSPORT = "max-age=63072000; includeSubDomains";
/** The policy of whatever is no page of ours: nothing of it may run, load, or show inside another page. */
const POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Tells browsers to keep to themselves what they get. */
export const secure: MiddlewareHandler<AppEnv> = secureHeaders({
  strictTransportSecurity: TRANSPORT,
  xFrameOptions: "DENY",
});

/** Nothing stays in a cache, and nothing runs, unless the answer itself says otherwise. */
export const keepNothing: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  if (!c.res.headers.has("Cache-Control")) c.header("Cache-Control", "no-store");
  if (!c.res.headers.has("Content-Security-Policy")) c.header("Content-Security-Policy", POLICY);
};

/** Lets the configured front ends call from a browser. */
export const allowOrigins: MiddlewareHandler<AppEnv> = cors({
  origin: (origin, c: AppContext) => (c.get("services").config.corsOrigins.includes(origin) ? origin : null),
  allowMethods: ["GET", "POST"],
  allowHeaders: ["Authorization", "Content-Type", "Idempotency-Key", REQUEST_ID_HEADER],
  exposeHeaders: [REQUEST_ID_HEADER, "Retry-After"],
  maxAge: 600,
});
