/** Payments by WeChat Pay that go back in parts. */
import { eq } from "drizzle-orm";
import { paymentTransactions } from "../../../db/schema/payments.ts";
import { fen } from "../../../src/money.ts";
import type { Actor } from "../../../src/payments/context.ts";
import { providerTrades } from "./controls.ts";
import type { Purchase } from "./purchases.ts";
import { OPERATOR, type Shop, unique } from "./shop.ts";

export type Paid = Purchase & { readonly outTradeNo: string };

/** Asks for 1.00 of a payment back, or for another amount in fen. */
export function partOf(shop: Shop, { orderId }: Paid, key = unique("refund"), actor: Actor = OPERATOR, amount = 100) {
  return shop.manager.refund(actor, { provider: "wechat", orderId, amount: fen(amount), reason: "部分退款" }, key);
}

/** Changes a payment in the books behind everybody's back. */
export function changePayment(
  shop: Shop,
  { outTradeNo }: Paid,
  values: Partial<typeof paymentTransactions.$inferInsert>,
) {
  return shop.db.update(paymentTransactions).set(values).where(eq(paymentTransactions.outTradeNo, outTradeNo));
}

/** How many refunds of a payment its provider has. */
export async function partsAtProvider({ outTradeNo }: Paid): Promise<number | undefined> {
  return (await providerTrades()).find((trade) => trade.outTradeNo === outTradeNo)?.refunds.length;
}
