/** Payments by the bar code on the buyer's phone (alipay.trade.pay): paid at once, or in doubt for up to a minute. */

import type { AttemptRef, CreatedAttempt } from "../attempt.ts";
import type { CallContext } from "../call.ts";
import { credentialEnd } from "../credential.ts";
import type { Outcome } from "../outcome.ts";
import { ok } from "../outcome.ts";
import type { TradeView } from "../trade.ts";
import type { Application } from "./application.ts";
import { failure } from "./codes.ts";
import { findTrade } from "./find-trade.ts";
import { PRODUCTS } from "./products.ts";
import { anotherTrade, notUnderstood } from "./replies.ts";
import { paidTrade, tradeView } from "./trades.ts";

/** What a payment by bar code came to: the money is there, or the buyer has yet to confirm it. */
export type BarcodePayment = Extract<TradeView, { status: "paid" | "pending" }>;

const PAID = "10000";
const PENDING: BarcodePayment = { status: "pending" };

/** Asks for the buyer's money. The same text again is the same trade, and takes no second payment. */
export async function payTrade(
  { client, config }: Application,
  trade: Pick<AttemptRef, "outTradeNo" | "request">,
  call: CallContext,
): Promise<Outcome<BarcodePayment>> {
  const { method } = PRODUCTS.ALIPAY_BARCODE;
  const reply = await client.call({ method, bizContent: trade.request, notifyUrl: config.notifyUrl }, call);
  if (reply.kind !== "success") return failure(reply, "pay", call);
  const node = paidTrade.safeParse(reply.node).data;
  if (!node) return notUnderstood("the payment lacks a member or has one of another type");
  if (node.out_trade_no !== trade.outTradeNo) return anotherTrade("out_trade_no");
  if (node.code !== PAID) return ok(PENDING);
  const view = tradeView({
    tradeStatus: "TRADE_SUCCESS",
    tradeNo: node.trade_no,
    totalAmount: node.total_amount,
    paidAt: node.gmt_payment,
    refunded: false,
    refundFee: undefined,
    creditPayMode: node.credit_pay_mode,
    saidAt: new Date(call.now()),
  });
  return isUnderWay(view) ? ok(view) : notUnderstood("the payment's receipt is incomplete");
}

/**
 * The same as an attempt. What is not known is pending: the buyer's money may be on its way, and queries tell. A repeat
 * asks first, and pays only what Alipay does not have. What has ended, or may be another trade's, is `unknown` (`echo`).
 */
export async function payAttempt(
  application: Application,
  attempt: AttemptRef,
  call: CallContext,
): Promise<Outcome<CreatedAttempt>> {
  const before = call.firstSend ? undefined : await underWay(application, attempt, call);
  if (before) return ok(answerOf(before, attempt, call));
  const paid = await payTrade(application, attempt, call);
  if (paid.kind === "ok") return ok(answerOf(paid.value, attempt, call));
  if (paid.kind !== "unknown") return paid;
  if (paid.cause !== "echo") return ok(answerOf(PENDING, attempt, call));
  const after = await underWay(application, attempt, call);
  return after ? ok(answerOf(after, attempt, call)) : paid;
}

/** The payment, if Alipay has it and it has not ended; pending as long as Alipay does not say. */
async function underWay(
  application: Application,
  { outTradeNo }: AttemptRef,
  call: CallContext,
): Promise<BarcodePayment | undefined> {
  const found = await findTrade(application, { outTradeNo }, call);
  if (found.kind !== "ok") return PENDING;
  return "trade" in found.value && isUnderWay(found.value.trade) ? found.value.trade : undefined;
}

function isUnderWay(trade: TradeView | undefined): trade is BarcodePayment {
  return trade?.status === "paid" || trade?.status === "pending";
}

function answerOf(payment: BarcodePayment, attempt: AttemptRef, call: CallContext): CreatedAttempt {
  const credential = { method: "ALIPAY_BARCODE" } as const;
  if (payment.status === "paid") return { ...payment, credential };
  return { ...payment, credential, credentialExpiresAt: credentialEnd(attempt, call.now()) };
}
