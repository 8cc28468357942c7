/** The routes that payment providers call: raw bytes, no token, answered in the provider's own words. */
import { Hono } from "hono";
import { PayError } from "../errors.ts";
import { PaymentManager } from "../payments/manager.ts";
import type { CallbackAnswer, RawCallback } from "../providers/callback.ts";
import type { AppContext, AppEnv } from "./http.ts";
import { limitBody } from "./middleware.ts";

const MAX_CALLBACK_BYTES = 256 * 1024;

/** Both kinds of callback at either address, because Alipay sends refund notices to the address of the payment. */
const PATHS = ["/payments/:provider{wechat|alipay}/notify", "/payments/:provider{wechat|alipay}/refund/notify"];

/** The notify routes, to be mounted at /api/v1 before anything that reads bodies. */
export function notifyRoutes(): Hono<AppEnv> {
  const limit = limitBody(MAX_CALLBACK_BYTES);
  const app = new Hono<AppEnv>();
  for (const path of PATHS) app.post(path, limit, receive);
  return app;
}

async function receive(c: AppContext): Promise<Response> {
  const payments = c.get("payments");
  const name = c.req.param("provider") === "wechat" ? "wechat" : "alipay";
  const provider = payments.providers.find(name);
  if (!provider) throw new PayError("NOT_FOUND");
  let callback: RawCallback = { headers: c.req.raw.headers, body: new Uint8Array() };
  try {
    callback = { ...callback, body: new Uint8Array(await c.req.arrayBuffer()) };
    return answer(await new PaymentManager(payments).notify(name, callback));
  } catch (error) {
    payments.log.error("callback.failed", error, { provider: name });
    return answer(provider.answer("failed", callback));
  }
}

function answer({ status, contentType, body }: CallbackAnswer): Response {
  return new Response(body, { status, headers: { "Content-Type": contentType } });
}
