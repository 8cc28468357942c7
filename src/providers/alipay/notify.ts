/** Receiving notices: from raw bytes to a verdict, and back to Alipay's words. */
import type { CallbackAnswer, CallbackReply, CallbackVerdict, RawCallback } from "../callback.ts";
import type { Application } from "./application.ts";
import { readNotice } from "./callback.ts";

/**
 * Verifies a notice over its raw bytes and says what it means. Changes nothing, never throws for bad input.
 * @param now milliseconds since the epoch
 */
export async function receiveNotice(
  { config, client }: Application,
  { body }: Pick<RawCallback, "body">,
  now: number,
): Promise<CallbackVerdict> {
  const verification = await client.verifyNotice(body, now);
  return verification.verified ? readNotice(verification.fields, config, now) : verification;
}

const ANSWERS: Readonly<Record<CallbackReply, CallbackAnswer>> = {
  accepted: answer(200, "success"),
  unverified: answer(401, "failure"),
  failed: answer(500, "failure"),
};

/** The answer to a notice. Anything but the seven letters of `success` makes Alipay send it again. */
export function answerNotice(reply: CallbackReply): CallbackAnswer {
  return ANSWERS[reply];
}

function answer(status: number, body: string): CallbackAnswer {
  return { status, contentType: "text/plain; charset=utf-8", body };
}
