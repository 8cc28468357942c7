/** What bills tell of a time: payments that arrived and refunds that went back, as the books have them. */
import { DAY, dateTime } from "../times.ts";
import type { Refund, Trade } from "../trade.ts";
import type { World } from "../world.ts";
import type { BillPeriod } from "./bills-calendar.ts";

export interface Entry {
  readonly kind: "payment" | "refund";
  readonly at: number;
  readonly createdAt: number;
  readonly tradeNo: string;
  readonly outTradeNo: string;
  readonly subject: string;
  /** Fen; of refunds, what went back. */
  readonly amount: number;
  /** Of the whole trade. */
  readonly total: number;
  readonly requestNo: string;
  readonly remark: string;
  readonly storeId: string;
  readonly operatorId: string;
  readonly terminalId: string;
}

/** Entries in the order of time, then the invented payments of each day, made one by one. */
export function* entries(world: World, period: BillPeriod): Generator<Entry> {
  const trades = world.books.trades("alipay").filter((trade) => trade.paidAt !== null);
  const real = trades.flatMap((trade) => [paymentEntry(trade), ...refundEntries(trade)]);
  yield* real.filter(({ at }) => at >= period.from && at < period.to).sort((a, b) => a.at - b.at);
  for (let from = period.from; from < period.to; from += DAY) yield* inventedPayments(world, from);
}

function paymentEntry(trade: Trade): Entry {
  const { body, storeId, operatorId, terminalId } = trade.alipay ?? {};
  return {
    kind: "payment",
    at: trade.paidAt ?? 0,
    createdAt: trade.openedAt ?? trade.createdAt,
    tradeNo: trade.providerTradeNo ?? "",
    outTradeNo: trade.outTradeNo,
    subject: trade.subject,
    amount: trade.amount,
    total: trade.amount,
    requestNo: "",
    remark: body ?? "",
    storeId: storeId ?? "",
    operatorId: operatorId ?? "",
    terminalId: terminalId ?? "",
  };
}

function refundEntries(trade: Trade): Entry[] {
  return trade.refunds.flatMap((refund: Refund) =>
    refund.succeededAt === null
      ? []
      : [
          {
            ...paymentEntry(trade),
            kind: "refund" as const,
            at: refund.succeededAt,
            createdAt: refund.createdAt,
            amount: refund.amount,
            requestNo: refund.outRefundNo,
            remark: refund.reason ?? "",
          },
        ],
  );
}

/** Payments spread over a day, the same ones each time. */
function* inventedPayments(world: World, from: number): Generator<Entry> {
  const date = dateTime(from).slice(0, 10);
  const count = world.alipay.bills.invented(date);
  const digits = date.replaceAll("-", "");
  for (let index = 0; index < count; index += 1) {
    const at = from + Math.floor((index * DAY) / count);
    const amount = 1 + ((index * 7919) % 100_000);
    yield {
      kind: "payment",
      at,
      createdAt: at,
      tradeNo: `${digits}22009999${String(index).padStart(12, "0")}`,
      outTradeNo: `load${digits}${String(index).padStart(8, "0")}`,
      subject: `压测商品 ${index}`,
      amount,
      total: amount,
      requestNo: "",
      remark: "",
      storeId: "",
      operatorId: "",
      terminalId: "",
    };
  }
}
