/**
 * A reverse proxy as shops set one up whose own address changes: calls through it come from one fixed address, which
 * the merchant can have listed for the calls that WeChat Pay takes from listed addresses only.
 */
import { Hono } from "hono";
import type { SandboxEnv } from "./http.ts";

const PREFIX = "/listed-proxy";

/** Where calls through the proxy come from. An address that no machine has (RFC 5737). */
const PROXY_ADDRESS = "203.0.113.10";

/** The proxy's address for a shop, where the simulator is at `url`. */
export function proxyUrl(url: string): string {
  return `${url}${PREFIX}`;
}

/** Passes /listed-proxy/v3/… on as /v3/…, changing nothing that is signed. */
export function listedProxy(gateway: Hono<SandboxEnv>): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();
  app.all(`${PREFIX}/v3/*`, (c) => {
    const target = (c.env.incoming.url ?? PREFIX).slice(PREFIX.length);
    const request = new Request(new URL(target, c.req.url), c.req.raw);
    return gateway.fetch(request, { ...c.env, proxied: { target, address: PROXY_ADDRESS } });
  });
  return app;
}
