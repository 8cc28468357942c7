/** A client of WeChat Pay's whose requests are answered by a script. */
import type { TextCache } from "../../../../src/providers/exchange.ts";
import { type Timing, WechatClient } from "../../../../src/providers/wechat/client.ts";
import type { WechatPayConfig } from "../../../../src/providers/wechat/config.ts";
import { NOW, recordingFetch, type SentRequest } from "./calls.ts";
import { testKeys } from "./keys.ts";
import { wechatConfig } from "./wechat.ts";

export type Answer = (request: SentRequest) => Promise<Response> | Response;

/** Answers in turn, with the last one again and again. */
export function inTurn(...answers: readonly Answer[]): Answer {
  let next = 0;
  return (request) => {
    const answer = answers[Math.min(next, answers.length - 1)];
    next += 1;
    if (!answer) throw new Error("there is no answer");
    return answer(request);
  };
}

/** A connection that breaks. */
export const broken: Answer = () => Promise.reject(new TypeError("connection lost"));

export function timing(changes: Partial<Timing> = {}): Timing {
  return { signal: AbortSignal.timeout(10_000), now: () => NOW, ...changes };
}

/** A client, and what it sent. */
export async function scriptedClient(answer: Answer, changes: Partial<WechatPayConfig> = {}, cache?: TextCache) {
  const { fetch, sent } = recordingFetch(answer);
  const client = new WechatClient(await wechatConfig(changes), { fetch, ...(cache && { cache }) });
  return { client, sent };
}

/** One member of a request's Authorization header. */
export function signed(request: SentRequest | undefined, member: string): string | undefined {
  return new RegExp(`${member}="([^"]+)"`).exec(request?.headers.get("Authorization") ?? "")?.[1];
}

/** Whether a request's signature covers these, dated as the request says. */
export async function covers(request: SentRequest | undefined, method: string, target: string, body: string) {
  const { merchant } = await testKeys();
  const lines = [method, target, signed(request, "timestamp"), signed(request, "nonce_str"), body, ""];
  return signed(request, "signature") === (await merchant.sign(lines.join("\n")));
}
