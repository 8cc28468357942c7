/** The routes that payment providers call: raw bytes, no token, answered in the provider's own words. */
import { Hono } from "hono";
import { PayError } from "../errors.ts";
import { PaymentManager } from "../payments/manager.ts";
import type { CallbackAnswer, RawCallback } from "../providers/callback.ts";
import type { CallbackGate } from "../security/callback-gate.ts";
import { PERIOD_SECONDS } from "../security/rate-limits.ts";
import { readBody } from "./callback-body.ts";
import { callerAddressOf } from "./context.ts";
import { type AppContext, type AppEnv, errorResponse } from "./http.ts";

/** Providers give up after five seconds. What is left of four, when the body is there, is for what it says. */
const BODY_LIMITS = { bytes: 256 * 1024, milliseconds: 2000 };
const ANSWER_WITHIN_MS = 4000;

/** Both kinds of callback at either address, because Alipay sends refund notices to the address of the payment. */
const PATHS = ["/payments/:provider{wechat|alipay}/notify", "/payments/:provider{wechat|alipay}/refund/notify"];

/** The notify routes, to be mounted at /api/v1 before anything that reads bodies. */
export function notifyRoutes(gate: CallbackGate): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  for (const path of PATHS) app.post(path, (c) => receive(c, gate));
  return app;
}

async function receive(c: AppContext, gate: CallbackGate): Promise<Response> {
  const payments = c.get("payments");
  const name = c.req.param("provider") === "wechat" ? "wechat" : "alipay";
  const provider = payments.providers.find(name);
  if (!provider) throw new PayError("NOT_FOUND");
  const address = callerAddressOf(c.req.raw.headers);
  const startedAt = payments.now();
  const { headers } = c.req.raw;
  let callback: RawCallback = { headers, body: new Uint8Array() };
  if (!gate.admits(name, address)) return putOff(provider.answer("failed", callback));
  try {
    const body = await readBody(c.req.raw, BODY_LIMITS);
    if (typeof body === "string") {
      await gate.unverified(c.get("limits"), name, address);
      return unread(c, body, provider.answer("failed", callback));
    }
    callback = { headers, body };
    const left = ANSWER_WITHIN_MS - (payments.now() - startedAt);
    const said = await new PaymentManager(payments).notify(name, callback, left);
    if (said.status === 200) gate.verified(name, address);
    else if (said.status === 401) await gate.unverified(c.get("limits"), name, address);
    return answer(said);
  } catch (error) {
    payments.log.error("callback.failed", error, { provider: name });
    return answer(provider.answer("failed", callback));
  }
}

/** One that is too large never gets better; one that is too slow may when it comes again. */
function unread(c: AppContext, why: "too_large" | "too_slow", again: CallbackAnswer): Response {
  if (why === "too_large") return errorResponse(c, new PayError("PAYLOAD_TOO_LARGE"));
  c.get("log").warn("callback.slow", { provider: c.req.param("provider"), afterMs: BODY_LIMITS.milliseconds });
  return answer(again);
}

function answer({ status, contentType, body }: CallbackAnswer): Response {
  return new Response(body, { status, headers: { "Content-Type": contentType } });
}

/** Says to come again, for want of time to look into it: so many from this address did not verify. */
function putOff({ contentType, body }: CallbackAnswer): Response {
  const headers = { "Content-Type": contentType, "Retry-After": String(PERIOD_SECONDS) };
  return new Response(body, { status: 429, headers });
}
