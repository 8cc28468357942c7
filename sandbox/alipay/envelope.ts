/** Alipay's answers: a node named after the method, its text signed as it stands (gateway protocol v2). */
import { randomUUID } from "node:crypto";
import { signText } from "../crypto.ts";
import type { SignatureKind } from "../faults.ts";
import type { World } from "../world.ts";

/** A signed answer. Slashes are escaped inside, as the real gateway does. */
export function signedAnswer(world: World, method: string, node: object, flaw?: SignatureKind): Response {
  const text = slashesEscaped(node);
  if (flaw === "unsigned") return answer(`{"${nodeName(method)}":${text}}`);
  const spoilt = flaw !== undefined && flaw !== "stale_timestamp";
  const sign = signText(world.alipay.gatewayKey.privateKey, spoilt ? `${text} ` : text);
  return answer(`{"${nodeName(method)}":${text},"sign":"${sign}"}`);
}

/** What the gateway says to callers it doesn't know: without a signature, under the method's node if there is one. */
export function unsignedAnswer(method: string | undefined, node: object): Response {
  const name = method === undefined ? "error_response" : nodeName(method);
  return answer(`{"${name}":${slashesEscaped(node)}}`);
}

function answer(body: string): Response {
  return new Response(body, { headers: { "Content-Type": "text/html;charset=utf-8", trace_id: randomUUID() } });
}

function nodeName(method: string): string {
  return `${method.replaceAll(".", "_")}_response`;
}

function slashesEscaped(node: object): string {
  return JSON.stringify(node).replaceAll("/", "\\/");
}
