/** What replies to several calls have in common. */

import type { Outcome } from "../outcome.ts";
import { unknown } from "../outcome.ts";
import type { WechatReply } from "./call.ts";
import { plainCode } from "./codes.ts";

/** What was asked for does not exist: only ever the answer to a query. */
export interface NotFound {
  readonly status: "not_found";
}
export const NOT_FOUND: NotFound = { status: "not_found" };

/** Whether a query was answered that there is no such thing, by one of the codes, spelt without underscores. */
export function isMissing(reply: WechatReply, ...codes: readonly string[]): boolean {
  return reply.kind === "error" && reply.status === 404 && codes.includes(plainCode(reply.error.code));
}

/** A verified reply that does not say what it should: it proves nothing. */
export function notUnderstood(message: string): Outcome<never> {
  return unknown("unlisted", message);
}
