/** One payment for several orders, 合单 (WeChat Pay V3, "combined payment"). */
import * as z from "zod";
import { formatBeijingRfc3339 } from "../beijing-time.ts";
import type { CallContext } from "../call.ts";
import type { CombinedDraft, CombinedPayments, CombinedRef, CombinedView } from "../combined.ts";
import { readJson } from "../json.ts";
import { WECHAT_METHODS, type WechatMethod } from "../methods.ts";
import type { Outcome } from "../outcome.ts";
import { ok, unknown } from "../outcome.ts";
import { amount, currency, notifyUrl, text, tradeNumber, writeBody } from "./body-rules.ts";
import { failure, plainCode } from "./codes.ts";
import { combinedTrade, readCombined } from "./combined-trades.ts";
import { appIdOf } from "./config.ts";
import type { Merchant } from "./merchant.ts";
import { combinedSceneInfo, payerOf, sceneOf, settleInfo, settleInfoOf } from "./options.ts";
import { wechatMethod } from "./products.ts";
import { isMissing, NOT_FOUND, notUnderstood } from "./replies.ts";
import { createTrade, type OpenedTrade } from "./trade-calls.ts";
import { descriptionOf } from "./trades.ts";
import { CURRENCY } from "./values.ts";

const COMBINE_PATH = "/v3/combine-transactions";
const FEWEST = 2;
/** Pages differ, 10 or 50: what every page allows to a merchant in direct mode. */
const MOST = 10;

const createRequest = z.object({
  combine_appid: text(32),
  combine_mchid: text(32),
  combine_out_trade_no: tradeNumber,
  sub_orders: z
    .array(
      z.object({
        mchid: text(32),
        attach: text(128),
        amount: z.object({ total_amount: amount, currency }),
        out_trade_no: tradeNumber,
        description: text(127),
        goods_tag: text(32).optional(),
        settle_info: settleInfo.optional(),
      }),
    )
    .min(FEWEST, `has fewer than ${FEWEST} orders`)
    .max(MOST, `has more than ${MOST} orders`),
  combine_payer_info: z.object({ openid: text(128) }).optional(),
  scene_info: combinedSceneInfo.optional(),
  time_expire: text(64),
  notify_url: notifyUrl(),
});

/** Combined payments of one merchant, all of whose orders are the merchant's own. */
export class WechatCombinedPayments implements CombinedPayments {
  readonly fewest = FEWEST;
  readonly most = MOST;
  readonly methods = WECHAT_METHODS;
  readonly #merchant: Merchant;

  constructor(merchant: Merchant) {
    this.#merchant = merchant;
  }

  /**
   * Each order's `attach`, which is required here, is its id. Coupons and frozen money are said of each order alike.
   * @throws InputError naming the member that WeChat Pay would not take
   */
  prepare({ details, ...draft }: CombinedDraft): string {
    const { config } = this.#merchant;
    return writeBody(createRequest, {
      combine_appid: appIdOf(config, details.method),
      combine_mchid: config.mchId,
      combine_out_trade_no: draft.combineOutTradeNo,
      sub_orders: draft.orders.map((order) => ({
        mchid: config.mchId,
        attach: order.orderId,
        amount: { total_amount: order.amount, currency: CURRENCY },
        out_trade_no: order.outTradeNo,
        description: descriptionOf(order.subject, order.orderId),
        goods_tag: details.goodsTag,
        settle_info: settleInfoOf(details),
      })),
      combine_payer_info: payerOf(details),
      scene_info: sceneOf(details),
      time_expire: formatBeijingRfc3339(draft.expiresAt),
      notify_url: config.notifyUrl,
    });
  }

  create(payment: CombinedRef, call: CallContext): Promise<Outcome<OpenedTrade<WechatMethod>>> {
    const { request, expiresAt } = payment;
    return createTrade(this.#merchant, { method: wechatMethod(payment.method), request, expiresAt }, call, "combined");
  }

  /** Asks for all trades at once. The reply must carry exactly those asked for. */
  async query(payment: AskedPayment, call: CallContext): Promise<Outcome<CombinedView>> {
    const path = numberPath(payment);
    const reply = await this.#merchant.client.call({ method: "GET", path }, call);
    if (isMissing(reply, "ORDERNOTEXIST", "RESOURCENOTEXISTS")) return ok(NOT_FOUND);
    if (reply.kind !== "success") return failure(reply, "combine_query", call);
    const combined = readJson(reply.body, combinedTrade);
    if (!combined) return notUnderstood("the combined trade lacks a member or has one of another type");
    const { config } = this.#merchant;
    const appId = appIdOf(config, wechatMethod(payment.method));
    if (combined.combine_mchid !== config.mchId) return strange("combine_mchid is another merchant's");
    if (combined.combine_appid !== appId) return strange("combine_appid is another application's");
    if (combined.combine_out_trade_no !== payment.combineOutTradeNo) return strange("it is another combined payment");
    const read = readCombined(combined, config.mchId);
    if (!read.understood) return strange(read.detail);
    return sameNumbers(read.trades, payment.orders)
      ? ok({ status: "found", trades: read.trades })
      : strange("the sub orders are not those asked for");
  }

  /** Closes all trades at once. WeChat Pay wants them all named. */
  async close(payment: AskedPayment, call: CallContext): Promise<Outcome<"closed" | "paid">> {
    const { config, client } = this.#merchant;
    const body = JSON.stringify({
      combine_appid: appIdOf(config, wechatMethod(payment.method)),
      sub_orders: payment.orders.map(({ outTradeNo }) => ({ mchid: config.mchId, out_trade_no: outTradeNo })),
    });
    const reply = await client.call({ method: "POST", path: `${numberPath(payment)}/close`, body }, call);
    if (reply.kind === "success") return reply.status === 204 ? ok("closed") : notUnderstood(`HTTP ${reply.status}`);
    if (reply.kind === "error" && plainCode(reply.error.code) === "ORDERPAID") return ok("paid");
    return failure(reply, "combine_close", call);
  }
}

/** A combined payment as far as it takes to ask for it. */
export interface AskedPayment extends Pick<CombinedRef, "method" | "combineOutTradeNo"> {
  readonly orders: readonly { readonly outTradeNo: string }[];
}

function numberPath(payment: Pick<CombinedRef, "combineOutTradeNo">): string {
  return `${COMBINE_PATH}/out-trade-no/${encodeURIComponent(payment.combineOutTradeNo)}`;
}

function sameNumbers(said: AskedPayment["orders"], asked: AskedPayment["orders"]): boolean {
  const numbers = new Set(said.map(({ outTradeNo }) => outTradeNo));
  return numbers.size === asked.length && asked.every(({ outTradeNo }) => numbers.has(outTradeNo));
}

function strange(message: string): Outcome<never> {
  return unknown("unverified", message);
}
