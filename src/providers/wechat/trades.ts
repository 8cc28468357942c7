/** Trades in WeChat Pay's words: the body that creates one, and what a query or callback says about it. */
import * as z from "zod";
import type { Fen } from "../../money.ts";
import { formatBeijingRfc3339 } from "../beijing-time.ts";
import type { AttemptDraft, Receipt, TradeView } from "../provider.ts";
import { normaliseSubject } from "../subject.ts";
import type { WechatPayConfig } from "./config.ts";
import { amountInFen, rfc3339 } from "./values.ts";

const DESCRIPTION = { maxLength: 127, replace: {} };
const CURRENCY = "CNY";

/** The body of a create call. Repeating a number needs this very text again, `time_expire` included. */
export function createBody(draft: AttemptDraft, config: WechatPayConfig): string {
  return JSON.stringify({
    appid: config.appId,
    mchid: config.mchId,
    description: normaliseSubject(draft.subject, DESCRIPTION, draft.orderId),
    out_trade_no: draft.outTradeNo,
    time_expire: formatBeijingRfc3339(draft.expiresAt),
    notify_url: config.notifyUrl,
    amount: { total: draft.amount, currency: CURRENCY },
  });
}

/** A trade as the query replies and TRANSACTION callbacks carry it. Members and states may be added any time. */
export const wechatTrade = z.object({
  appid: z.string(),
  mchid: z.string(),
  out_trade_no: z.string(),
  trade_state: z.string(),
  transaction_id: z.string().nullish(),
  success_time: rfc3339.nullish(),
  amount: z.object({ total: amountInFen.nullish(), currency: z.string().nullish() }).nullish(),
});

export type WechatTrade = z.output<typeof wechatTrade>;

const STATES: ReadonlyMap<string, TradeView["status"]> = new Map([
  ["SUCCESS", "paid"],
  ["REFUND", "refunded"],
  ["NOTPAY", "pending"],
  ["USERPAYING", "pending"],
  ["CLOSED", "closed"],
  ["REVOKED", "closed"],
  ["PAYERROR", "closed"],
]);

/** Says what a trade's state means. Returns undefined for a state not known, or a paid trade without its receipt. */
export function tradeView(trade: WechatTrade): TradeView | undefined {
  const status = STATES.get(trade.trade_state);
  if (status !== "paid" && status !== "refunded") return status && { status };
  const receipt = receiptOf(trade);
  return receipt && { status, receipt };
}

/** Whether the trade is in yuan: nothing else is ever ordered, and other amounts mean other money. */
export function isInYuan(trade: WechatTrade): boolean {
  return (trade.amount?.currency ?? CURRENCY) === CURRENCY;
}

function receiptOf(trade: WechatTrade): Receipt | undefined {
  const amount: Fen | null | undefined = trade.amount?.total;
  if (!trade.transaction_id || !trade.success_time || amount === undefined || amount === null) return undefined;
  return { providerTradeNo: trade.transaction_id, amount, paidAt: trade.success_time };
}
