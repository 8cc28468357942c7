/** What both gateways share as HTTP servers: the request as it came over the wire, and misbehaving on request. */
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { Context } from "hono";
import { CALL_KINDS, type Fault, type Operation, SIGNATURE_KINDS, type SignatureKind } from "./faults.ts";
import type { World } from "./world.ts";

export interface SandboxEnv {
  Bindings: HttpBindings & {
    /** Of a call through a proxy: path and query as the proxy passes them on, and the proxy's address. */
    readonly proxied?: { readonly target: string; readonly address: string };
  };
}
export type SandboxContext = Context<SandboxEnv>;

/** One verified call of the shop, about to be carried out. */
export interface Call {
  readonly provider: "wechat" | "alipay";
  readonly operation: Operation;
  readonly outTradeNo: string | undefined;
  /** Carries it out and answers, refusals included. */
  perform(flaw: SignatureKind | undefined): Response | Promise<Response>;
  /** The answer of a provider that does not do what it was asked. */
  fail(fault: Fault): Response | Promise<Response>;
}

/** Carries a call out, or misbehaves when a fault is waiting for it. */
export async function carryOut(c: SandboxContext, world: World, call: Call): Promise<Response> {
  const occasion = { ...call, host: c.req.header("host") };
  const fault = world.faults.take(occasion, CALL_KINDS);
  if (!fault) return call.perform(world.faults.take(occasion, SIGNATURE_KINDS)?.kind);
  switch (fault.kind) {
    case "timeout_before":
      return hang(c);
    case "drop_before":
      return drop(c);
    case "timeout_after":
      call.perform(undefined);
      return hang(c);
    case "drop_after":
      call.perform(undefined);
      return drop(c);
    default:
      if (fault.effect) call.perform(undefined);
      return call.fail(fault);
  }
}

/** Says nothing until the caller hangs up. */
function hang(c: SandboxContext): Promise<Response> {
  return new Promise((resolve) => {
    if (c.env.outgoing.destroyed) resolve(RESPONSE_ALREADY_SENT);
    else c.env.outgoing.once("close", () => resolve(RESPONSE_ALREADY_SENT));
  });
}

/** Breaks the connection off. */
function drop(c: SandboxContext): Response {
  c.env.outgoing.destroy();
  return RESPONSE_ALREADY_SENT;
}
