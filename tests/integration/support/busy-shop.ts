/** A shop in which everything has happened once, and nothing else has. */
import { sql } from "drizzle-orm";
import { fen } from "../../../src/money.ts";
import { recordAction } from "../../../src/payments/operator-actions.ts";
import { adjustStock } from "../../../src/payments/stock/change-stock.ts";
import { queryTransfer } from "../../../src/payments/transfers/query-transfer.ts";
import { letPass } from "./afresh.ts";
import { invent, reconcile, untilTomorrow } from "./bills.ts";
import { startCombined, twoOrders } from "./combined.ts";
import { deliverAll, deliverEverything, misbehave, payAt } from "./controls.ts";
import { emptyBooks } from "./empty-books.ts";
import { PAYMENT_STORIES } from "./payment-stories.ts";
import { capture, frozenMoney, startFreeze } from "./pre-authorisations.ts";
import { newOrder, newPaidOrder, type Purchase, startPayment } from "./purchases.ts";
import { REFUND_STORIES } from "./refund-stories.ts";
import { newSku, OPERATOR, openShop, type Shop, unique } from "./shop.ts";
import { confirmAt, startTransfer } from "./transfers.ts";

/** Rows that a test may break, by name. */
export interface BusyShop {
  readonly shop: Shop;
  /** Paid through WeChat Pay with points beside the money, and partly refunded with a piece. */
  readonly refunded: Purchase & { readonly outTradeNo: string; readonly refundId: string };
  /** Paid and partly refunded, with a reward for a while. */
  readonly rewarded: Purchase & { readonly refundId: string };
  /** Open, with an open payment. */
  readonly open: Purchase & { readonly outTradeNo: string };
  /** Money of a wrong amount, held for an operator. */
  readonly held: string;
  /** Money that an operator has written off. */
  readonly writtenOff: string;
  readonly combineOutTradeNo: string;
  readonly paidTogether: string;
  readonly transfer: string;
  readonly paidTransfer: string;
  readonly freeze: string;
  readonly openFreeze: string;
}

export async function openBusyShop(): Promise<BusyShop> {
  const shop = openShop();
  await emptyBooks(shop);
  await reconcileDay(shop);
  for (const { stage } of [...PAYMENT_STORIES, ...REFUND_STORIES]) {
    const { act } = await stage(shop);
    await act(shop);
    await shop.idle();
  }
  const refunded = await partlyRefunded(shop);
  const rewarded = await partlyRewarded(shop);
  const open = await newOrder(shop, { points: 900, pointsToUse: 700 });
  const outTradeNo = await startPayment(shop, open, "wechat");
  const [held, writtenOff] = [await wrongMoney(shop), await wrongMoney(shop)];
  await writeOff(shop, writtenOff);
  await adjustStock(shop.ctx, OPERATOR, { sku: await newSku(shop, 5), quantity: 2, reason: "found" });
  const { payment } = await startCombined(shop, await twoOrders(shop));
  const { payment: together } = await startCombined(shop, await twoOrders(shop));
  await payAt("wechat", together.combineOutTradeNo);
  await deliverAll(shop, "wechat", together.combineOutTradeNo);
  const [transfer, paid] = [await startTransfer(shop), await startTransfer(shop)];
  await confirmAt(paid.outBillNo);
  await letPass(shop, 60);
  await queryTransfer(shop.ctx, paid.outBillNo);
  const freeze = await frozenMoney(shop);
  await capture(shop, freeze.outOrderNo, { amount: fen(400) });
  const openFreeze = await startFreeze(shop);
  await deliverEverything(shop);
  await misbehave({ kind: "http_500", times: 3 });
  await capture(shop, freeze.outOrderNo, { amount: fen(100) });
  const { orderId } = await newPaidOrder(shop, "wechat");
  await shop.manager.refund(OPERATOR, { provider: "wechat", orderId, reason: "退货" }, unique("refund"));
  return {
    ...{ shop, refunded, rewarded, open: { ...open, outTradeNo }, held, writtenOff },
    paidTogether: together.combineOutTradeNo,
    ...{ combineOutTradeNo: payment.combineOutTradeNo, transfer: transfer.outBillNo, paidTransfer: paid.outBillNo },
    ...{ freeze: freeze.outOrderNo, openFreeze: openFreeze.outOrderNo },
  };
}

/** A day whose bill lists a payment that nobody made. */
async function reconcileDay(shop: Shop): Promise<void> {
  await newPaidOrder(shop, "wechat");
  const date = await untilTomorrow(shop, 10);
  await invent(date);
  await reconcile(shop);
}

async function partlyRewarded(shop: Shop) {
  const settings = { ...shop.ctx.settings, pointsPerYuan: 1, pointsDays: 30 };
  const generous = { ...shop, ctx: { ...shop.ctx, settings } };
  const purchase = await newPaidOrder(generous, "wechat");
  const request = { provider: "wechat", orderId: purchase.orderId, amount: fen(1050), reason: "破损" } as const;
  const { refundId } = await shop.manager.refund(OPERATOR, request, unique("refund"));
  await letPass(shop, 30);
  await deliverAll(shop, "wechat", purchase.outTradeNo);
  return { ...purchase, refundId };
}

async function partlyRefunded(shop: Shop) {
  const purchase = await newPaidOrder(shop, "wechat", { points: 900, pointsToUse: 700 });
  const { orderId, sku, outTradeNo } = purchase;
  const request = {
    provider: "wechat",
    orderId,
    amount: fen(1150),
    reason: "破损",
    items: [{ sku, quantity: 1 }],
  } as const;
  const { refundId } = await shop.manager.refund(OPERATOR, request, unique("refund"));
  await letPass(shop, 30);
  await deliverAll(shop, "wechat", outTradeNo);
  return { ...purchase, refundId };
}

async function wrongMoney(shop: Shop): Promise<string> {
  const purchase = await newOrder(shop);
  const outTradeNo = await startPayment(shop, purchase, "wechat");
  await payAt("wechat", outTradeNo, 2999);
  await deliverAll(shop, "wechat", outTradeNo);
  return outTradeNo;
}

async function writeOff(shop: Shop, outTradeNo: string): Promise<void> {
  const action = { action: "payments.write_off", subject: outTradeNo, reason: "settled at the counter" };
  await recordAction(shop.ctx, OPERATOR, { ...action, before: {}, after: {} });
  await shop.db.execute(
    sql`update payment_transactions set disposition = 'WRITTEN_OFF' where out_trade_no = ${outTradeNo}`,
  );
  await shop.db.execute(sql`update anomalies set state = 'RESOLVED', resolved_at = now(3), resolved_by = ${OPERATOR.id},
    resolution = 'settled at the counter' where out_trade_no = ${outTradeNo}`);
}
