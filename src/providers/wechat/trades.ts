/** Trades in WeChat Pay's words: the body that creates one, and what a query or callback says about it. */
import * as z from "zod";
import type { Fen } from "../../money.ts";
import type { AttemptDraft } from "../attempt.ts";
import { formatBeijingRfc3339 } from "../beijing-time.ts";
import { normaliseSubject } from "../subject.ts";
import type { Receipt, TradeView } from "../trade.ts";
import { amount, currency, notifyUrl, text, tradeNumber, writeBody } from "./body-rules.ts";
import { appIdOf, type WechatPayConfig } from "./config.ts";
import { detailOf, optionShapes, payerOf, sceneOf, settleInfoOf, type WechatDetails } from "./options.ts";
import { amountInFen, CURRENCY, optionalNumber, optionalText, optionalTime } from "./values.ts";

/** A trade before it is put into WeChat Pay's words. */
export interface TradeDraft extends Pick<AttemptDraft, "outTradeNo" | "orderId" | "amount" | "subject" | "expiresAt"> {
  readonly details: WechatDetails;
}

const createRequest = z.object({
  appid: text(32),
  mchid: text(32),
  description: text(127),
  out_trade_no: tradeNumber,
  time_expire: text(64),
  attach: text(128).optional(),
  notify_url: notifyUrl(),
  goods_tag: text(32).optional(),
  support_fapiao: z.boolean().optional(),
  amount: z.object({ total: amount, currency }),
  payer: z.object({ openid: text(128) }).optional(),
  ...optionShapes,
});

/**
 * The body of a create call. Repeating a number needs this very text again, `time_expire` included.
 * @throws InputError naming the member that WeChat Pay would not take
 */
export function createBody(draft: TradeDraft, config: WechatPayConfig): string {
  const { details } = draft;
  return writeBody(createRequest, {
    appid: appIdOf(config, details.method),
    mchid: config.mchId,
    description: descriptionOf(draft.subject, draft.orderId),
    out_trade_no: draft.outTradeNo,
    time_expire: formatBeijingRfc3339(draft.expiresAt),
    attach: details.attach,
    notify_url: config.notifyUrl,
    goods_tag: details.goodsTag,
    support_fapiao: details.supportFapiao,
    amount: { total: draft.amount, currency: CURRENCY },
    payer: payerOf(details),
    detail: detailOf(details),
    scene_info: sceneOf(details),
    settle_info: settleInfoOf(details),
  });
}

/** What the payer sees of an order; its number when nothing that can be sent is left of the subject. */
export function descriptionOf(subject: string, orderId: string): string {
  return normaliseSubject(subject, { maxLength: 127, replace: {} }, orderId);
}

/** A trade as the query replies and TRANSACTION callbacks carry it. Members and states may be added any time. */
export const wechatTrade = z.object({
  appid: z.string(),
  mchid: z.string(),
  out_trade_no: z.string(),
  trade_state: z.string(),
  transaction_id: optionalNumber,
  success_time: optionalTime,
  attach: optionalText,
  amount: z.object({ total: amountInFen.nullish(), currency: optionalText }).nullish(),
});

export type WechatTrade = z.output<typeof wechatTrade>;

/** What tells a trade's state, the same in single and in combined payments. */
export interface TradeFacts {
  readonly state: string;
  readonly transactionId: string | null;
  readonly total: Fen | null | undefined;
  readonly succeededAt: Date | null | undefined;
}

/** A trade that exists. */
export type ExistingTrade = Exclude<TradeView, { status: "not_found" }>;

/** PAYERROR says that one try to pay failed, which is no end: the next may succeed. */
const STATES: ReadonlyMap<string, ExistingTrade["status"]> = new Map([
  ["SUCCESS", "paid"],
  ["REFUND", "refunded"],
  ["NOTPAY", "pending"],
  ["USERPAYING", "pending"],
  ["PAYERROR", "pending"],
  ["CLOSED", "closed"],
  ["REVOKED", "closed"],
]);

/** Says what a trade's state means. Returns undefined for a state not known, or a paid trade without its receipt. */
export function tradeView(facts: TradeFacts): ExistingTrade | undefined {
  const status = STATES.get(facts.state);
  if (status !== "paid" && status !== "refunded") return status && { status };
  const receipt = receiptOf(facts);
  return receipt && { status, receipt };
}

/** What a single trade tells. */
export function factsOf(trade: WechatTrade): TradeFacts {
  return {
    state: trade.trade_state,
    transactionId: trade.transaction_id,
    total: trade.amount?.total,
    succeededAt: trade.success_time,
  };
}

function receiptOf({ transactionId, total, succeededAt }: TradeFacts): Receipt | undefined {
  if (!transactionId || !succeededAt || total === undefined || total === null) return undefined;
  return { providerTradeNo: transactionId, amount: total, paidAt: succeededAt };
}
