/** What replies to several calls have in common. */

import type { Outcome } from "../outcome.ts";
import { unknown } from "../outcome.ts";
import type { AlipayReply } from "./call.ts";
import { plainCode } from "./codes.ts";

/** What was asked for does not exist: only ever the answer to a query. */
export interface NotFound {
  readonly status: "not_found";
}
export const NOT_FOUND: NotFound = { status: "not_found" };

/** Whether a call was answered by an error of one of these codes, spelt without their prefix. */
export function isError(reply: AlipayReply, ...codes: readonly string[]): boolean {
  return reply.kind === "error" && codes.includes(plainCode(reply.error.code));
}

/** A verified reply that does not say what it should: it proves nothing. */
export function notUnderstood(message: string): Outcome<never> {
  return unknown("unlisted", message);
}

/** A verified reply about something else than what was asked for. */
export function anotherTrade(member: "out_trade_no" | "trade_no"): Outcome<never> {
  return unknown("unverified", `${member} is another trade's`);
}

/** A trade by the number that the merchant gave it, or by Alipay's own. */
export type TradeNumber = { readonly outTradeNo: string } | { readonly tradeNo: string };

/** The number as a member of biz_content. */
export function numberMember(asked: TradeNumber): { readonly out_trade_no: string } | { readonly trade_no: string } {
  return "outTradeNo" in asked ? { out_trade_no: asked.outTradeNo } : { trade_no: asked.tradeNo };
}

/** Which number of a reply is not the one asked for. */
export function strangeNumber(
  said: { readonly out_trade_no?: string | undefined; readonly trade_no?: string | undefined },
  asked: TradeNumber,
): "out_trade_no" | "trade_no" | undefined {
  if ("outTradeNo" in asked) return said.out_trade_no === asked.outTradeNo ? undefined : "out_trade_no";
  return said.trade_no === asked.tradeNo ? undefined : "trade_no";
}
