/** The shop's books beside the providers', trade by trade and refund by refund. */
import { isFinal, type Refund, type Trade } from "../../../sandbox/trade.ts";
import type { Simulation } from "../simulation.ts";
import type { AttemptRow, RefundRow, ShopBooks } from "./books.ts";

/** In what the two sides differ; empty when they agree. */
export function compareWithProviders(sim: Simulation, books: ShopBooks): string[] {
  const trades = sim.providers.act((world) => world.books.trades());
  const remote = books.attempts.filter(({ provider }) => provider !== "points");
  return [
    ...remote.flatMap((attempt) => {
      const trade = trades.find(({ outTradeNo }) => outTradeNo === attempt.out_trade_no);
      return trade ? ofTrade(attempt, trade, books) : withoutTrade(attempt);
    }),
    ...trades
      .filter(({ outTradeNo }) => !remote.some((attempt) => attempt.out_trade_no === outTradeNo))
      .map(({ outTradeNo }) => `the provider has a trade ${outTradeNo} that nobody recorded`),
  ];
}

function withoutTrade({ out_trade_no: no, state }: AttemptRow): string[] {
  return state === "SUCCESS" ? [`${no} is paid here, and the provider knows no such trade`] : [];
}

function ofTrade(attempt: AttemptRow, trade: Trade, books: ShopBooks): string[] {
  const { out_trade_no: no, state, received } = attempt;
  // A refund of points alone is none of the provider's.
  const known = books.refunds.filter((refund) => refund.out_trade_no === no && refund.amount > 0);
  const refunds = [
    ...trade.refunds
      .filter((refund) => !isCancellation(refund, attempt))
      .flatMap((refund) => ofRefund(refund, known, books)),
    ...known.flatMap((refund) => withoutRefund(refund, trade)),
  ];
  if ((trade.state === "paid") !== (state === "SUCCESS")) {
    return [`${no} is ${trade.state} at the provider, and ${state} here`, ...refunds];
  }
  if (trade.state !== "paid") return refunds;
  const amount = received === trade.amount ? [] : [`${no} brought ${trade.amount} fen, and ${received} are booked`];
  const number =
    attempt.provider_trade_no === trade.providerTradeNo ? [] : [`${no} has another number at the provider`];
  return [...amount, ...number, ...refunds];
}

/** Cancelling a payment at the till gives back what had come, under the payment's own number. */
function isCancellation({ outRefundNo, outTradeNo }: Refund, attempt: AttemptRow): boolean {
  return outRefundNo === outTradeNo && attempt.unapplied_reason === "GONE_BACK";
}

/** Refunds that operators made in the provider's console are outside of the shop's knowledge until it is told. */
function ofRefund(refund: Refund, known: readonly RefundRow[], books: ShopBooks): string[] {
  const { outRefundNo: no, status, amount } = refund;
  const record = known.find((each) => each.out_refund_no === no);
  if (no.startsWith("console")) return [];
  if (!isFinal(refund)) return [`refund ${no} is still ${status} at the provider`];
  if (!record) return [`the provider gave ${amount} fen back under ${no}, and nobody recorded it`];
  if (record.origin === "EXTERNAL" && no !== record.out_trade_no) {
    return [`the shop refunded under ${no}, and has no refund of its own by that number`];
  }
  if (record.amount !== amount)
    return [`refund ${no} is of ${amount} fen at the provider, and of ${record.amount} here`];
  if ((status === "SUCCESS") === (record.state === "SUCCESS") || isReported(record, books)) return [];
  return [`refund ${no} is ${status} at the provider, and ${record.state} here`];
}

function withoutRefund({ out_refund_no: no, state, origin }: RefundRow, trade: Trade): string[] {
  if (state !== "SUCCESS" || origin === "EXTERNAL" || trade.refunds.some((each) => each.outRefundNo === no)) return [];
  return [`refund ${no} succeeded here, and the provider knows no such refund`];
}

/** Money that went back though the books had freed it: an operator has to be told, and then it is known. */
function isReported({ id }: RefundRow, books: ShopBooks): boolean {
  return books.anomalies.some(({ kind, refund_id }) => kind === "REFUND_AFTER_CLOSE" && refund_id === id);
}
