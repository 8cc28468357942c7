/** What a callback is about and when that happened: for the record and for the log. */
import type { CallbackEvent } from "../providers/callback.ts";
import type { TradeView } from "../providers/trade.ts";
import { asKey } from "./anomalies.ts";

/** The number that an operator would look for, as a key column takes it; null where there is none. */
export function subjectOf(event: CallbackEvent): string | null {
  switch (event.kind) {
    case "trade":
    case "refund":
    case "refund_returned":
      return asKey(event.outTradeNo, 64);
    case "combined":
      return asKey(event.combineOutTradeNo, 64);
    case "refund_hint":
      return asKey(event.outTradeNo || event.outRefundNo, 64);
    case "transfer":
      return asKey(event.outBillNo, 64);
    case "freeze":
    case "freeze_hint":
      return asKey(event.outOrderNo, 64);
    case "other":
      return null;
  }
}

/** When that happened which it tells, by the provider's own clock; null where it does not say. */
export function happenedAt(event: CallbackEvent): Date | null {
  switch (event.kind) {
    case "trade":
      return paidAt(event.trade);
    case "combined":
      return event.trades.map(({ trade }) => paidAt(trade)).find((moment) => moment !== null) ?? null;
    case "refund":
      return event.refund.succeededAt;
    case "transfer":
      return event.transfer.updatedAt;
    case "freeze":
      return event.freeze.status === "frozen" ? event.freeze.frozenAt : null;
    case "refund_hint":
    case "refund_returned":
    case "freeze_hint":
    case "other":
      return null;
  }
}

/** Of money that has gone back since, the payment is no news. */
function paidAt(trade: TradeView): Date | null {
  return trade.status === "paid" ? trade.receipt.paidAt : null;
}

/** Attempts' numbers begin with their order's. */
const ATTEMPT = /^(?=[0-9A-Z]{27,32}$)[0-9A-Z]{26}/;

/** Names the order and the attempt that a callback is about, where its number can be one of the shop's own. */
export function namesOf(event: CallbackEvent): { readonly orderId?: string; readonly outTradeNo?: string } {
  if (!("outTradeNo" in event)) return {};
  const [orderId] = ATTEMPT.exec(event.outTradeNo) ?? [];
  return orderId === undefined ? {} : { orderId, outTradeNo: event.outTradeNo };
}
