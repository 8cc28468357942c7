/** Asking for a trade (alipay.trade.query). */

import type { CallContext } from "../call.ts";
import type { Outcome } from "../outcome.ts";
import { ok } from "../outcome.ts";
import type { Application } from "./application.ts";
import { failure } from "./codes.ts";
import { decodePassback } from "./options.ts";
import {
  anotherTrade,
  isError,
  NOT_FOUND,
  type NotFound,
  notUnderstood,
  numberMember,
  strangeNumber,
  type TradeNumber,
} from "./replies.ts";
import { type ExistingTrade, queriedTrade, tradeView } from "./trades.ts";

/** A trade that a query found. */
export interface FoundTrade {
  readonly outTradeNo: string;
  /** As it was given when the trade was created. */
  readonly passbackParams: string | null;
  readonly trade: ExistingTrade;
}

/**
 * Asks for a trade. Not found means for page, wap, app and QR trades that the buyer has not got to the cashier yet, and
 * may still until `expiresAt`.
 */
export async function findTrade(
  { client }: Application,
  asked: TradeNumber,
  call: CallContext,
): Promise<Outcome<FoundTrade | NotFound>> {
  const bizContent = JSON.stringify(numberMember(asked));
  const reply = await client.call({ method: "alipay.trade.query", bizContent }, call);
  if (isError(reply, "TRADE_NOT_EXIST")) return ok(NOT_FOUND);
  if (reply.kind !== "success") return failure(reply, "query", call);
  const said = queriedTrade.safeParse(reply.node).data;
  if (!said) return notUnderstood("the trade lacks a member or has one of another type");
  const strange = strangeNumber(said, asked);
  if (strange) return anotherTrade(strange);
  const trade = tradeView({
    tradeStatus: said.trade_status,
    tradeNo: said.trade_no,
    totalAmount: said.total_amount,
    paidAt: said.send_pay_date,
    refunded: (said.refund_fee ?? 0) > 0,
    refundFee: said.refund_fee,
    creditPayMode: said.credit_pay_mode,
    saidAt: new Date(call.now()),
  });
  if (!trade) return notUnderstood("the trade's state is unknown or its receipt incomplete");
  const { out_trade_no: outTradeNo, passback_params: passback } = said;
  return ok({ outTradeNo, passbackParams: passback === undefined ? null : decodePassback(passback), trade });
}
