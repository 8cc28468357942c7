/** The shop's attempts and refunds beside what the simulated providers have in their books. */
import { and, inArray, ne } from "drizzle-orm";
import { paymentTransactions, refundRecords } from "../../../db/schema/payments.ts";
import { type ProviderTrade, providerTrades } from "./controls.ts";
import type { Shop } from "./shop.ts";

type Attempt = typeof paymentTransactions.$inferSelect;
type Refund = typeof refundRecords.$inferSelect;

/** Says in which attempts and refunds of these orders the two sides differ; empty when they agree. */
export async function compareWithProviders(shop: Shop, orderIds: readonly string[]): Promise<string[]> {
  if (orderIds.length === 0) return [];
  const ids = [...orderIds];
  const [attempts, refunds, trades] = await Promise.all([
    shop.db
      .select()
      .from(paymentTransactions)
      .where(and(inArray(paymentTransactions.orderId, ids), ne(paymentTransactions.provider, "points"))),
    shop.db.select().from(refundRecords).where(inArray(refundRecords.orderId, ids)),
    providerTrades(),
  ]);
  const ofOrders = trades.filter((trade) => ids.some((id) => trade.outTradeNo.startsWith(id)));
  return [
    ...attempts.flatMap((attempt) => {
      const trade = ofOrders.find((each) => each.outTradeNo === attempt.outTradeNo);
      const own = refunds.filter((refund) => refund.outTradeNo === attempt.outTradeNo);
      return [...attemptDifferences(attempt, trade), ...refundDifferences(own, trade)];
    }),
    ...ofOrders
      .filter((trade) => !attempts.some((attempt) => attempt.outTradeNo === trade.outTradeNo))
      .map((trade) => `${trade.outTradeNo}: the provider has a trade that nobody recorded`),
  ];
}

function attemptDifferences(attempt: Attempt, trade: ProviderTrade | undefined): string[] {
  const paid = trade?.state === "paid";
  const booked = attempt.state === "SUCCESS";
  if (paid !== booked) return [`${attempt.outTradeNo}: ${trade?.state ?? "no trade"}, but ${attempt.state} here`];
  if (!paid) return [];
  if (attempt.received !== trade.amount) return [`${attempt.outTradeNo}: ${trade.amount} fen, but ${attempt.received}`];
  const sameNumber = attempt.providerTradeNo === trade.providerTradeNo;
  return sameNumber ? [] : [`${attempt.outTradeNo}: ${trade.providerTradeNo}, but ${attempt.providerTradeNo}`];
}

function refundDifferences(own: readonly Refund[], trade: ProviderTrade | undefined): string[] {
  const theirs = trade?.refunds ?? [];
  const missing = theirs
    .filter((refund) => !own.some((each) => each.outRefundNo === refund.outRefundNo))
    .map((refund) => `${refund.outRefundNo}: the provider gave money back that nobody recorded`);
  const differing = own.flatMap((refund) => {
    const there = theirs.find((each) => each.outRefundNo === refund.outRefundNo);
    const agree = (there?.status === "SUCCESS") === (refund.state === "SUCCESS");
    if (refund.provider === "points" || (agree && (there?.amount ?? refund.amount) === refund.amount)) return [];
    return [`${refund.outRefundNo}: ${there?.status ?? "no refund"}, but ${refund.state} here`];
  });
  return [...missing, ...differing];
}
