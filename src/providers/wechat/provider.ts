/** WeChat Pay V3 as a PaymentProvider, for a merchant in direct mode. */
import { credentialEnd } from "../credential.ts";
import type { ProviderRuntime } from "../exchange.ts";
import { readJson } from "../json.ts";
import { type CodeTable, ok, unknown } from "../outcomes.ts";
import type {
  AttemptDraft,
  AttemptRef,
  CallbackAnswer,
  CallbackReply,
  CallbackVerdict,
  CallContext,
  CloseResult,
  CreatedAttempt,
  Outcome,
  PaymentProvider,
  RawCallback,
  RefundDraft,
  RefundRef,
  RefundView,
  TradeView,
} from "../provider.ts";
import { readCallback } from "./callback.ts";
import { WechatClient, type WechatReply } from "./client.ts";
import { CREATE_CODES, plainCode, READ_CODES, REFUND_CODES, wechatErrorOutcome } from "./codes.ts";
import type { WechatPayConfig } from "./config.ts";
import { WECHAT_METHODS, wechatProduct } from "./products.ts";
import { REFUNDS_PATH, refundBody, refundReply, refundView } from "./refunds.ts";
import { createBody, isInYuan, tradeView, type WechatTrade, wechatTrade } from "./trades.ts";

type StartedRefund = Exclude<RefundView, { status: "not_found" }>;

const ANSWERS: Readonly<Record<CallbackReply, CallbackAnswer>> = {
  accepted: answer(200, "SUCCESS", "成功"),
  unverified: answer(401, "FAIL", "验签失败"),
  failed: answer(500, "FAIL", "处理失败"),
};

/** Speaks WeChat Pay V3 for one merchant and one application. */
export class WechatPayProvider implements PaymentProvider {
  readonly name = "wechat";
  readonly methods = WECHAT_METHODS;
  readonly #config: WechatPayConfig;
  readonly #client: WechatClient;

  constructor(config: WechatPayConfig, runtime: ProviderRuntime) {
    this.#config = config;
    this.#client = new WechatClient(config, runtime);
  }

  prepare(draft: AttemptDraft): string {
    wechatProduct(draft.method);
    return createBody(draft, this.#config);
  }

  async create(attempt: AttemptRef, call: CallContext): Promise<Outcome<CreatedAttempt>> {
    const product = wechatProduct(attempt.method);
    const reply = await this.#client.call({ method: "POST", path: product.path, body: attempt.request }, call);
    if (reply.kind !== "success") return failure(reply, CREATE_CODES, call);
    const credential = readJson(reply.body, product.credential);
    if (!credential) return notUnderstood("the reply holds no credential");
    return ok({ status: "pending", credential, credentialExpiresAt: credentialEnd(attempt, call.now()) });
  }

  async query(attempt: AttemptRef, call: CallContext): Promise<Outcome<TradeView>> {
    const reply = await this.#client.call({ method: "GET", path: this.#tradePath(attempt) }, call);
    if (isMissing(reply, "ORDERNOTEXIST")) return ok({ status: "not_found" });
    if (reply.kind !== "success") return failure(reply, READ_CODES, call);
    const trade = readJson(reply.body, wechatTrade);
    if (!trade) return notUnderstood("the trade lacks a member or has one of another type");
    const strange = this.#strangeness(trade, attempt);
    if (strange) return unknown("unverified", strange);
    const view = tradeView(trade);
    return view ? ok(view) : notUnderstood("the trade's state is unknown or its receipt incomplete");
  }

  async close(attempt: AttemptRef, call: CallContext): Promise<Outcome<CloseResult>> {
    const path = `/v3/pay/transactions/out-trade-no/${encodeURIComponent(attempt.outTradeNo)}/close`;
    const body = JSON.stringify({ mchid: this.#config.mchId });
    const reply = await this.#client.call({ method: "POST", path, body }, call);
    if (reply.kind === "success") return reply.status === 204 ? ok("closed") : notUnderstood(`HTTP ${reply.status}`);
    const result = reply.kind === "error" ? CLOSE_RESULTS.get(plainCode(reply.error.code)) : undefined;
    return result ? ok(result) : failure(reply, READ_CODES, call);
  }

  prepareRefund(draft: RefundDraft): string {
    return refundBody(draft, this.#config);
  }

  async refund(refund: RefundRef, call: CallContext): Promise<Outcome<StartedRefund>> {
    const reply = await this.#client.call({ method: "POST", path: REFUNDS_PATH, body: refund.request }, call);
    return reply.kind === "success" ? readRefund(reply, refund) : failure(reply, REFUND_CODES, call);
  }

  async queryRefund(refund: RefundRef, call: CallContext): Promise<Outcome<RefundView>> {
    const path = `${REFUNDS_PATH}/${encodeURIComponent(refund.outRefundNo)}`;
    const reply = await this.#client.call({ method: "GET", path }, call);
    if (isMissing(reply, "RESOURCENOTEXISTS")) return ok({ status: "not_found" });
    return reply.kind === "success" ? readRefund(reply, refund) : failure(reply, READ_CODES, call);
  }

  async verifyCallback(callback: RawCallback, now: number): Promise<CallbackVerdict> {
    const verification = await this.#client.verifyCallback(callback, now);
    if (!verification.verified) return verification;
    const { mchId, appId } = this.#config;
    return readCallback(callback.body, { mchId, appId, apiV3Key: await this.#client.apiV3Key() });
  }

  answer(reply: CallbackReply): CallbackAnswer {
    return ANSWERS[reply];
  }

  #tradePath(attempt: AttemptRef): string {
    const number = encodeURIComponent(attempt.outTradeNo);
    return `/v3/pay/transactions/out-trade-no/${number}?mchid=${encodeURIComponent(this.#config.mchId)}`;
  }

  /** Why a trade is not the one asked for, though its signature is right. */
  #strangeness(trade: WechatTrade, attempt: AttemptRef): string | undefined {
    if (trade.mchid !== this.#config.mchId) return "mchid is another merchant's";
    if (trade.appid !== this.#config.appId) return "appid is another application's";
    if (trade.out_trade_no !== attempt.outTradeNo) return "out_trade_no is another trade's";
    return isInYuan(trade) ? undefined : "amount.currency is not CNY";
  }
}

const CLOSE_RESULTS: ReadonlyMap<string, CloseResult> = new Map([
  ["ORDERPAID", "paid"],
  ["ORDERNOTEXIST", "not_started"],
]);

function readRefund(reply: Extract<WechatReply, { kind: "success" }>, asked: RefundRef): Outcome<StartedRefund> {
  const refund = readJson(reply.body, refundReply);
  if (!refund) return notUnderstood("the refund lacks a member or has one of another type");
  if (refund.out_refund_no !== asked.outRefundNo) return unknown("unverified", "out_refund_no is another refund's");
  if (refund.out_trade_no !== asked.outTradeNo) return unknown("unverified", "out_trade_no is another trade's");
  if (refund.amount.refund !== asked.amount) return unknown("unverified", "amount.refund is not what was asked for");
  const view = refundView(refund);
  return view ? ok(view) : notUnderstood("the refund's status is unknown");
}

function isMissing(reply: WechatReply, code: string): boolean {
  return reply.kind === "error" && reply.status === 404 && plainCode(reply.error.code) === code;
}

function failure(
  reply: Exclude<WechatReply, { kind: "success" }>,
  table: CodeTable,
  call: CallContext,
): Outcome<never> {
  return reply.kind === "unknown" ? reply : wechatErrorOutcome(reply, table, call);
}

function notUnderstood(message: string): Outcome<never> {
  return unknown("unlisted", message);
}

function answer(status: number, code: string, message: string): CallbackAnswer {
  return { status, contentType: "application/json; charset=utf-8", body: JSON.stringify({ code, message }) };
}
