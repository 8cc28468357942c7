/** The Hono app: middleware and mounts, nothing else. */
import { Hono } from "hono";
import { docsRoutes } from "./api/docs.ts";
import { allowOrigins, keepNothing, secure } from "./api/headers.ts";
import { healthRoutes } from "./api/health.ts";
import { type AppEnv, errorResponse } from "./api/http.ts";
import { metricsRoutes } from "./api/metrics.ts";
import { identify, limitAddress, limitBody, refuseForeignPages, withLimits, withServices } from "./api/middleware.ts";
import { notifyRoutes } from "./api/notify.ts";
import { restRoutes } from "./api/rest/serve.ts";
import { returnRoutes } from "./api/return.ts";
import { serveTrpc } from "./api/trpc-mount.ts";
import { PayError } from "./errors.ts";
import { CallbackGate } from "./security/callback-gate.ts";
import type { LoadServices, Surroundings } from "./services.ts";

const MAX_BODY_BYTES = 64 * 1024;
/** What anybody may look at. Procedures count their calls themselves, and callbacks are never held up by others. */
const OPEN_PATHS = [
  "/healthz",
  "/readyz",
  "/metrics",
  "/api/v1/docs",
  "/api/v1/openapi.json",
  "/api/v1/payments/alipay/return",
];

/** Makes the app. `load` gives the services of a request's environment. */
export function createApp(load: LoadServices, surroundings: Pick<Surroundings, "now" | "writeLog">): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError((error, c) => errorResponse(c, error));
  app.notFound((c) => errorResponse(c, new PayError("NOT_FOUND")));
  app.use(identify(surroundings), secure, keepNothing, withLimits());
  for (const path of OPEN_PATHS) app.use(path, limitAddress);
  app.route("/", healthRoutes(load));
  app.route("/", metricsRoutes(load));

  app.use("/api/v1/*", withServices(load), allowOrigins);
  app.route("/api/v1", docsRoutes());
  app.route("/api/v1", notifyRoutes(new CallbackGate(surroundings.now)));
  app.route("/api/v1", returnRoutes());
  app.use("/api/v1/*", refuseForeignPages, limitBody(MAX_BODY_BYTES));
  app.route("/api/v1", restRoutes());

  app.use("/trpc/*", withServices(load), allowOrigins, refuseForeignPages, limitBody(MAX_BODY_BYTES));
  app.all("/trpc/*", serveTrpc);
  return app;
}
