/** The figures as Prometheus reads them, for scrapers with the token of their own and for those who look into the books. */
import { Hono } from "hono";
import { PayError } from "../errors.ts";
import { JOB_NAMES } from "../jobs/run.ts";
import { scrape } from "../payments/figures/scrape.ts";
import { isSameSecret } from "../security/same-secret.ts";
import type { LoadServices, Services } from "../services.ts";
import { CONTENT_TYPE, exposition } from "../telemetry/prometheus.ts";
import { createApiContext } from "./context.ts";
import type { AppContext, AppEnv } from "./http.ts";

const READERS: readonly string[] = ["operator", "auditor"];

/** `/metrics`. */
export function metricsRoutes(load: LoadServices): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.get("/metrics", async (c) => {
    const services = load(c.env);
    await assertMayRead(services, c);
    const metrics = await scrape(services.requestContext(c.get("scope")), JOB_NAMES);
    return c.body(exposition(metrics), 200, { "Content-Type": CONTENT_TYPE });
  });
  return app;
}

/** Throws UNAUTHENTICATED, and FORBIDDEN for those who only shop. */
async function assertMayRead(services: Services, c: AppContext): Promise<void> {
  const { metricsToken } = services.config;
  const given = /^Bearer +(\S+)$/i.exec(c.req.header("Authorization") ?? "")?.[1];
  if (metricsToken !== undefined && given !== undefined && (await isSameSecret(given, metricsToken))) return;
  const scope = c.get("scope");
  const { authenticate } = createApiContext(
    services,
    services.requestContext(scope),
    c.req.raw,
    scope,
    c.get("limits"),
  );
  if (!READERS.includes((await authenticate()).role)) throw new PayError("FORBIDDEN");
}
