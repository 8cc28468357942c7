/** Receiving callbacks: from raw bytes to a verdict, and back to WeChat Pay's words. */
import type { CallbackAnswer, CallbackReply, CallbackVerdict, RawCallback } from "../callback.ts";
import { readCallback } from "./callback.ts";
import type { Merchant } from "./merchant.ts";
import { isXml, readV2Notice } from "./v2-notice.ts";

/**
 * Verifies a callback over its raw bytes and says what it means. Changes nothing, never throws for bad input.
 * @param now milliseconds since the epoch
 */
export async function receiveCallback(
  { config, client }: Merchant,
  callback: RawCallback,
  now: number,
): Promise<CallbackVerdict> {
  if (isXml(callback.body)) return readV2Notice(callback.body, config);
  const verification = await client.verifyCallback(callback, now);
  if (!verification.verified) return verification;
  return readCallback(callback.body, { ...config, apiV3Key: await client.apiV3Key() });
}

interface Words {
  readonly status: number;
  readonly code: "SUCCESS" | "FAIL";
  readonly message: string;
  /** What V2 says for it. */
  readonly v2Message: string;
}

const WORDS: Readonly<Record<CallbackReply, Words>> = {
  accepted: { status: 200, code: "SUCCESS", message: "成功", v2Message: "OK" },
  unverified: { status: 401, code: "FAIL", message: "验签失败", v2Message: "签名失败" },
  failed: { status: 500, code: "FAIL", message: "处理失败", v2Message: "处理失败" },
};

/** The answer to a callback, in the form it came in. */
export function answerCallback(reply: CallbackReply, callback: RawCallback): CallbackAnswer {
  const { status, code, message, v2Message } = WORDS[reply];
  if (!isXml(callback.body)) {
    return { status, contentType: "application/json; charset=utf-8", body: JSON.stringify({ code, message }) };
  }
  const members = `<return_code>${cdata(code)}</return_code><return_msg>${cdata(v2Message)}</return_msg>`;
  return { status, contentType: "text/xml; charset=utf-8", body: `<xml>${members}</xml>` };
}

function cdata(text: string): string {
  return `<![CDATA[${text}]]>`;
}
