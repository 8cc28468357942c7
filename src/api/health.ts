/** Whether the service is alive, and whether it can do its work. */
import { sql } from "drizzle-orm";
import { Hono } from "hono";
import type { LoadServices } from "../services.ts";
import type { AppContext, AppEnv } from "./http.ts";

/** `/healthz` answers as long as the Worker runs; `/readyz` once its configuration is right and its database answers. */
export function healthRoutes(load: LoadServices): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.get("/healthz", (c) => c.json({ status: "ok" }));
  app.get("/readyz", async (c) => {
    const ready = await isReady(load, c);
    return c.json({ status: ready ? "ready" : "not ready" }, ready ? 200 : 503);
  });
  return app;
}

async function isReady(load: LoadServices, c: AppContext): Promise<boolean> {
  try {
    await load(c.env).requestContext(c.get("scope")).db.execute(sql`select 1`);
    return true;
  } catch (error) {
    c.get("log").error("not_ready", error);
    return false;
  }
}
