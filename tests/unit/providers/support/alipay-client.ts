/** A client of Alipay's whose requests are answered by a script, and what an honest gateway does with them. */
import { AlipayClient } from "../../../../src/providers/alipay/client.ts";
import type { AlipayConfig } from "../../../../src/providers/alipay/config.ts";
import { alipayConfig } from "./alipay.ts";
import { recordingFetch, type SentRequest } from "./calls.ts";
import { type TestKeyPair, testKeys } from "./keys.ts";
import type { Answer } from "./wechat-client.ts";

/** A client, and what it sent. */
export async function scriptedClient(answer: Answer, changes: Partial<AlipayConfig> = {}) {
  const { fetch, sent } = recordingFetch(answer);
  return { client: new AlipayClient(await alipayConfig(changes), { fetch }), sent };
}

/** All parameters of a request, from its query and its body. */
export function parametersOf(request: SentRequest | undefined): Readonly<Record<string, string>> {
  return {
    ...Object.fromEntries(request?.url.searchParams ?? []),
    ...Object.fromEntries(new URLSearchParams(request?.body)),
  };
}

/** Whether the application signed exactly these parameters. */
export async function isSigned(parameters: Readonly<Record<string, string>>): Promise<boolean> {
  const { merchant } = await testKeys();
  const { sign, ...others } = parameters;
  const lines = Object.entries(others).map(([name, value]) => `${name}=${value}`);
  return sign === (await merchant.sign(lines.sort().join("&")));
}

export interface Envelope {
  readonly key?: TestKeyPair;
  /** `alipay_cert_sn`. */
  readonly sn?: string;
  /** The node's name, where it is not the method's. */
  readonly name?: string;
}

/** A signed reply whose node is this JSON text. */
export async function replyText(method: string, node: string, envelope: Envelope = {}): Promise<Response> {
  const { platform } = await testKeys();
  const name = envelope.name ?? `${method.replaceAll(".", "_")}_response`;
  const sn = envelope.sn === undefined ? "" : `"alipay_cert_sn":"${envelope.sn}",`;
  return new Response(`{"${name}":${node},${sn}"sign":"${await (envelope.key ?? platform).sign(node)}"}`);
}
