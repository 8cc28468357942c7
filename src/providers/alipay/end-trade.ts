/** Ending trades that nobody is to pay any more: close for those that wait, cancel for payments in doubt. */
import * as z from "zod";
import type { CallContext } from "../call.ts";
import type { Outcome } from "../outcome.ts";
import { ok, unknown } from "../outcome.ts";
import type { CloseResult, GivenBack } from "../trade.ts";
import type { Application } from "./application.ts";
import { failure, plainCode } from "./codes.ts";
import { findTrade } from "./find-trade.ts";
import { anotherTrade, notUnderstood } from "./replies.ts";
import { alipayOwnNumber, optional } from "./values.ts";

/**
 * What became of a trade that was to end. `closed`: can't be paid any more. `not_started`: unknown to Alipay, and payable
 * until its deadline. `not_closable`: too late; a query tells whether it is paid, or has been closed before.
 */
export type TradeEnd = "closed" | "not_started" | "not_closable" | GivenBack;

const closed = z.object({ out_trade_no: z.string() });

/** What an error of closing tells. */
const CLOSE_RESULTS: ReadonlyMap<string, TradeEnd> = new Map([
  ["TRADE_NOT_EXIST", "not_started"],
  ["TRADE_STATUS_ERROR", "not_closable"],
  ["REASON_TRADE_STATUS_INVALID", "not_closable"],
  ["REASON_ILLEGAL_STATUS", "not_closable"],
]);

/** Closes an unpaid trade (alipay.trade.close). `not_started` is nothing to rely on before its `expiresAt`. */
export async function closeTrade(
  { client }: Application,
  outTradeNo: string,
  call: CallContext,
): Promise<Outcome<TradeEnd>> {
  const bizContent = JSON.stringify({ out_trade_no: outTradeNo });
  const reply = await client.call({ method: "alipay.trade.close", bizContent }, call);
  if (reply.kind === "success") {
    return closed.safeParse(reply.node).data?.out_trade_no === outTradeNo ? ok("closed") : anotherTrade("out_trade_no");
  }
  const result = reply.kind === "error" ? CLOSE_RESULTS.get(plainCode(reply.error.code)) : undefined;
  return result ? ok(result) : failure(reply, "close", call);
}

const cancelled = z.object({
  out_trade_no: optional(z.string()),
  trade_no: optional(alipayOwnNumber),
  retry_flag: optional(z.string()),
  action: optional(z.string()),
});

/** What an error of cancelling tells: the trade has got further than a cancel can take back. A query tells how far. */
const CANCEL_RESULTS: ReadonlyMap<string, TradeEnd> = new Map([
  ["CANCEL_NOT_ALLOWED", "not_closable"],
  ["REASON_TRADE_BEEN_FREEZEN", "not_closable"],
  ["REASON_TRADE_REFUND_FEE_ERR", "not_closable"],
  ["SELLER_BALANCE_NOT_ENOUGH", "not_closable"],
  ["TRADE_CANCEL_TIME_OUT", "not_closable"],
  ["TRADE_HAS_FINISHED", "not_closable"],
]);

/** How often a cancel is sent that Alipay wants to have again. */
const MOST_CANCELS = 3;

/**
 * Cancels a payment in doubt (alipay.trade.cancel), within 24 hours of its creation: an unpaid trade is closed, the money
 * of a paid one goes back. Success without an action is what a number that Alipay does not know is answered too.
 */
export async function cancelTrade(
  { client }: Application,
  outTradeNo: string,
  call: CallContext,
): Promise<Outcome<TradeEnd>> {
  const bizContent = JSON.stringify({ out_trade_no: outTradeNo });
  for (let sends = 1; sends <= MOST_CANCELS; sends += 1) {
    const reply = await client.call({ method: "alipay.trade.cancel", bizContent }, call);
    if (reply.kind !== "success") {
      const result = reply.kind === "error" ? CANCEL_RESULTS.get(plainCode(reply.error.code)) : undefined;
      return result ? ok(result) : failure(reply, "cancel", call);
    }
    const said = cancelled.safeParse(reply.node).data;
    if (!said) return notUnderstood("the cancel has a member of another type");
    const isOurs = said.out_trade_no === outTradeNo || (said.out_trade_no === undefined && said.action === undefined);
    if (!isOurs) return anotherTrade("out_trade_no");
    if (said.retry_flag !== "Y") return resultOf(said);
  }
  return unknown("server", "the cancel has to be sent again");
}

/**
 * Ends a payment by bar code whose outcome is in doubt: asks once more, and cancels what Alipay says is not paid. So the
 * money of a buyer who has confirmed meanwhile stays, but for the moment between the two calls. Without an answer nothing is
 * cancelled: there is a day for that.
 */
export async function endPayment(
  application: Application,
  outTradeNo: string,
  call: CallContext,
): Promise<Outcome<CloseResult>> {
  const found = await findTrade(application, { outTradeNo }, call);
  if (found.kind !== "ok") return found;
  const trade = "trade" in found.value ? found.value.trade : undefined;
  if (trade && "receipt" in trade) return ok("paid");
  return trade?.status === "closed" ? ok("closed") : tooLate(await cancelTrade(application, outTradeNo, call));
}

/** Closes any other payment. */
export async function closePayment(
  application: Application,
  outTradeNo: string,
  call: CallContext,
): Promise<Outcome<CloseResult>> {
  return tooLate(await closeTrade(application, outTradeNo, call));
}

/** In the shop's words: what can't be closed may have been paid, and is asked about. */
function tooLate(ended: Outcome<TradeEnd>): Outcome<CloseResult> {
  if (ended.kind !== "ok") return ended;
  return ok(ended.value === "not_closable" ? "paid" : ended.value);
}

function resultOf({ action, trade_no }: z.output<typeof cancelled>): Outcome<TradeEnd> {
  if (action === undefined) return ok("not_started");
  if (action === "close") return ok("closed");
  if (action !== "refund") return notUnderstood("the cancel's action is unknown");
  return ok({ status: "refunded", providerTradeNo: trade_no ?? null });
}
