/** What queries and callbacks say about combined payments (WeChat Pay V3, "combined payment"). */
import * as z from "zod";
import { type ExistingTrade, tradeView } from "./trades.ts";
import { amountInFen, isYuan, optionalNumber, optionalText, optionalTime } from "./values.ts";

/** Amounts are named otherwise than in single trades. */
const subOrder = z.object({
  mchid: z.string(),
  out_trade_no: z.string().min(1),
  trade_state: z.string(),
  transaction_id: optionalNumber,
  success_time: optionalTime,
  amount: z.object({ total_amount: amountInFen.nullish(), currency: optionalText }).nullish(),
});

/** Far above what may be combined. */
const MAX_SUB_ORDERS = 100;

/** A combined payment as the query replies and TRANSACTION callbacks carry it. */
export const combinedTrade = z.object({
  combine_appid: z.string(),
  combine_mchid: z.string(),
  combine_out_trade_no: z.string().min(1),
  sub_orders: z.array(subOrder).min(1).max(MAX_SUB_ORDERS),
});

/** One of the trades of a combined payment. */
interface CombinedPart {
  readonly outTradeNo: string;
  readonly trade: ExistingTrade;
}

type ReadCombined =
  | { readonly understood: true; readonly trades: readonly CombinedPart[] }
  | { readonly understood: false; readonly foreign: boolean; readonly detail: string };

/** Reads all trades of a combined payment, or says why it can't: one strange part makes the whole strange. */
export function readCombined(combined: z.output<typeof combinedTrade>, mchId: string): ReadCombined {
  const trades: CombinedPart[] = [];
  for (const order of combined.sub_orders) {
    if (order.mchid !== mchId) return refused("the mchid of a sub order is another merchant's", true);
    if (!isYuan(order.amount?.currency)) return refused("amount.currency of a sub order is not CNY");
    const trade = viewOf(order);
    if (!trade) return refused("the state of a sub order is unknown or its receipt incomplete");
    trades.push({ outTradeNo: order.out_trade_no, trade });
  }
  if (new Set(trades.map(({ outTradeNo }) => outTradeNo)).size < trades.length) {
    return refused("a sub order is there twice");
  }
  return { understood: true, trades };
}

function viewOf(order: z.output<typeof subOrder>): ExistingTrade | undefined {
  return tradeView({
    state: order.trade_state,
    transactionId: order.transaction_id,
    total: order.amount?.total_amount,
    succeededAt: order.success_time,
  });
}

function refused(detail: string, foreign = false): ReadCombined {
  return { understood: false, foreign, detail };
}
