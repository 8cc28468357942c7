/** The Hono app: middleware and mounts, nothing else. */
import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { docsRoutes } from "./api/docs.ts";
import { healthRoutes } from "./api/health.ts";
import { type AppEnv, errorResponse } from "./api/http.ts";
import { allowOrigins, identify, limitBody, noStore, withServices } from "./api/middleware.ts";
import { notifyRoutes } from "./api/notify.ts";
import { restRoutes } from "./api/rest/serve.ts";
import { returnRoutes } from "./api/return.ts";
import { serveTrpc } from "./api/trpc-mount.ts";
import { PayError } from "./errors.ts";
import type { LoadServices, Surroundings } from "./services.ts";

const MAX_BODY_BYTES = 64 * 1024;

/** Makes the app. `load` gives the services of a request's environment. */
export function createApp(load: LoadServices, surroundings: Pick<Surroundings, "now" | "writeLog">): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError((error, c) => errorResponse(c, error));
  app.notFound((c) => errorResponse(c, new PayError("NOT_FOUND")));
  app.use(identify(surroundings), secureHeaders());
  app.route("/", healthRoutes(load));

  app.use("/api/v1/*", noStore, withServices(load), allowOrigins);
  app.route("/api/v1", docsRoutes());
  app.route("/api/v1", notifyRoutes());
  app.route("/api/v1", returnRoutes());
  app.use("/api/v1/*", limitBody(MAX_BODY_BYTES));
  app.route("/api/v1", restRoutes());

  app.use("/trpc/*", noStore, withServices(load), allowOrigins, limitBody(MAX_BODY_BYTES));
  app.all("/trpc/*", serveTrpc);
  return app;
}
