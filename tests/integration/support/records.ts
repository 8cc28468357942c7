/** What is on record about a payment, here and at its provider. */
import { eq } from "drizzle-orm";
import { paymentTransactions, refundRecords } from "../../../db/schema/payments.ts";
import { anomalies } from "../../../db/schema/records.ts";
import { recordedAttempt } from "../../../src/payments/attempts/view.ts";
import { providerTrades } from "./controls.ts";
import type { Shop } from "./shop.ts";

export async function attemptOf(shop: Shop, outTradeNo: string) {
  const [attempt] = await shop.db
    .select()
    .from(paymentTransactions)
    .where(eq(paymentTransactions.outTradeNo, outTradeNo));
  return attempt;
}

/** The exact text that was recorded for an attempt, as JSON. */
export async function recordedRequest(shop: Shop, outTradeNo: string): Promise<Record<string, unknown>> {
  const attempt = await attemptOf(shop, outTradeNo);
  if (!attempt) throw new Error(`no attempt ${outTradeNo}`);
  return JSON.parse((await recordedAttempt(shop.ctx, attempt)).request);
}

export function refundsOf(shop: Shop, outTradeNo: string) {
  return shop.db
    .select()
    .from(refundRecords)
    .where(eq(refundRecords.outTradeNo, outTradeNo))
    .orderBy(refundRecords.outRefundNo);
}

export async function anomaliesOf(shop: Shop, outTradeNo: string): Promise<string[]> {
  const found = await shop.db.select().from(anomalies).where(eq(anomalies.outTradeNo, outTradeNo));
  return found.map((anomaly) => anomaly.kind).sort();
}

export async function refundedAtProvider(outTradeNo: string): Promise<number | undefined> {
  return (await providerTrades()).find((trade) => trade.outTradeNo === outTradeNo)?.refunded;
}

/** Closes an attempt in the books alone, as on a provider's word that its money then belies. */
export async function closeInTheBooks(shop: Shop, outTradeNo: string): Promise<void> {
  await shop.db
    .update(paymentTransactions)
    .set({ state: "CLOSED", nextCheckAt: null })
    .where(eq(paymentTransactions.outTradeNo, outTradeNo));
}
