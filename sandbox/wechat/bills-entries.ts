/** What a trade bill tells of one day: payments that arrived and refunds that were started. */
import { DAY } from "../times.ts";
import type { Refund, RefundStatus, Trade } from "../trade.ts";
import type { World } from "../world.ts";
import type { BillDay } from "./bills-calendar.ts";
import { productOf } from "./products.ts";

export interface PaymentEntry {
  readonly kind: "payment";
  readonly at: number;
  readonly appId: string;
  readonly openid: string;
  readonly tradeType: string;
  readonly transactionId: string;
  readonly outTradeNo: string;
  readonly deviceId: string;
  readonly description: string;
  readonly attach: string;
  readonly amount: number;
  /** The part of the amount that a coupon paid. */
  readonly coupon: number;
}

export interface RefundEntry {
  readonly kind: "refund";
  /** When it was asked for; when it arrived, as far as known when the bill was made. */
  readonly at: number;
  readonly succeededAt: number | null;
  readonly payment: PaymentEntry;
  readonly refundId: string;
  readonly outRefundNo: string;
  readonly amount: number;
  /** The part of it that goes back into the coupon. */
  readonly coupon: number;
  readonly status: RefundStatus;
}

export type Entry = PaymentEntry | RefundEntry;

export const BILL_TYPES = ["ALL", "SUCCESS", "REFUND"] as const;
export type BillType = (typeof BILL_TYPES)[number];

/** A day's entries in the order of time, then `invented` payments for load tests, made one by one. */
export function* entries(world: World, day: BillDay, type: BillType, invented: number): Generator<Entry> {
  const trades = world.books
    .trades("wechat")
    .reverse()
    .filter((trade) => trade.paidAt !== null);
  const real = trades.flatMap((trade) => [
    ...(type === "REFUND" ? [] : [paymentEntry(trade)]),
    ...(type === "SUCCESS" ? [] : trade.refunds.map((refund) => refundEntry(trade, refund, day.madeAt))),
  ]);
  yield* real.filter((entry) => isWithin(entry.at, day)).sort((a, b) => a.at - b.at);
  if (type !== "REFUND") yield* inventedPayments(world, day, invented);
}

function paymentEntry(trade: Trade): PaymentEntry {
  return {
    kind: "payment",
    at: trade.paidAt ?? 0,
    appId: trade.appId,
    openid: trade.openid ?? "",
    tradeType: productOf(trade).tradeType,
    transactionId: trade.providerTradeNo ?? "",
    outTradeNo: trade.outTradeNo,
    deviceId: trade.deviceId ?? "",
    description: trade.subject,
    attach: trade.attach ?? "",
    amount: trade.amount,
    coupon: trade.coupon,
  };
}

function refundEntry(trade: Trade, refund: Refund, madeAt: number): RefundEntry {
  const { providerRefundNo, outRefundNo, amount, createdAt, succeededAt } = refund;
  const known = refund.changes.filter((change) => change.at < madeAt);
  return {
    kind: "refund",
    at: createdAt,
    succeededAt: succeededAt !== null && succeededAt < madeAt ? succeededAt : null,
    payment: paymentEntry(trade),
    refundId: providerRefundNo,
    outRefundNo,
    amount,
    coupon: amount - Math.floor((amount * (trade.amount - trade.coupon)) / trade.amount),
    status: known.at(-1)?.status ?? "PROCESSING",
  };
}

export function isWithin(time: number, day: BillDay): boolean {
  return time >= day.from && time < day.to;
}

/** Payments spread over the day, the same ones each time. */
export function* inventedPayments(world: World, day: BillDay, count: number): Generator<PaymentEntry> {
  const date = day.date.replaceAll("-", "");
  for (let index = 0; index < count; index += 1) {
    yield {
      kind: "payment",
      at: day.from + Math.floor((index * DAY) / count),
      appId: world.wechat.appId,
      openid: `load${String(index).padStart(24, "0")}`,
      tradeType: "NATIVE",
      transactionId: `4200009999${date}${String(index).padStart(10, "0")}`,
      outTradeNo: `load${date}${String(index).padStart(8, "0")}`,
      deviceId: "",
      description: `压测商品 ${index}`,
      attach: "",
      amount: 1 + ((index * 7919) % 100_000),
      coupon: 0,
    };
  }
}
