/** Alipay's open platform (mainland, RSA2, public-key mode) as a PaymentProvider. */
import { credentialEnd } from "../credential.ts";
import type { ProviderRuntime } from "../exchange.ts";
import { ok, unknown } from "../outcomes.ts";
import type {
  AttemptDraft,
  AttemptRef,
  CallbackAnswer,
  CallbackReply,
  CallbackVerdict,
  CallContext,
  CloseResult,
  CreatedAttempt,
  Credential,
  Outcome,
  PaymentProvider,
  RawCallback,
  RefundDraft,
  RefundRef,
  RefundView,
  TradeView,
} from "../provider.ts";
import { readNotice } from "./callback.ts";
import { AlipayClient, type AlipayReply } from "./client.ts";
import { PRECREATE_CODES, plainCode, REFUND_CODES, readFailure, writeFailure } from "./codes.ts";
import type { AlipayConfig } from "./config.ts";
import { verifyNotice } from "./notice.ts";
import { ALIPAY_METHODS, alipayProduct } from "./products.ts";
import {
  queriedRefund,
  refundContent,
  refundQueryContent,
  refundQueryReply,
  refundReply,
  startedRefund,
} from "./refunds.ts";
import { closedTrade, queriedTrade, tradeView } from "./trades.ts";

type StartedRefund = Exclude<RefundView, { status: "not_found" }>;

const ANSWERS: Readonly<Record<CallbackReply, CallbackAnswer>> = {
  accepted: answer(200, "success"),
  unverified: answer(401, "failure"),
  failed: answer(500, "failure"),
};

/** Speaks for one Alipay application. */
export class AlipayPayProvider implements PaymentProvider {
  readonly name = "alipay";
  readonly methods = ALIPAY_METHODS;
  readonly refundLimits = { parts: null, secondsApart: null, days: null };
  readonly #config: AlipayConfig;
  readonly #client: AlipayClient;

  constructor(config: AlipayConfig, runtime: ProviderRuntime) {
    this.#config = config;
    this.#client = new AlipayClient(config, runtime);
  }

  prepare(draft: AttemptDraft): string {
    return alipayProduct(draft.details.method).content(draft);
  }

  async create(attempt: AttemptRef, call: CallContext): Promise<Outcome<CreatedAttempt>> {
    const product = alipayProduct(attempt.method);
    const { notifyUrl } = this.#config;
    const reply = await this.#client.call({ method: product.method, bizContent: attempt.request, notifyUrl }, call);
    if (reply.kind !== "success") return writeFailure(reply, PRECREATE_CODES, call);
    const created = product.reply.safeParse(reply.node).data;
    if (!created) return unknown("unlisted", "the reply holds no credential");
    if (created.outTradeNo !== attempt.outTradeNo) return anotherTrade();
    const { credential } = created;
    return ok({ status: "pending", credential, credentialExpiresAt: credentialEnd(attempt, call.now()) });
  }

  present(credential: Credential): Credential {
    return credential;
  }

  async query(attempt: AttemptRef, call: CallContext): Promise<Outcome<TradeView>> {
    const reply = await this.#client.call({ method: "alipay.trade.query", bizContent: tradeNumber(attempt) }, call);
    if (isError(reply, "TRADE_NOT_EXIST")) return ok({ status: "not_found" });
    if (reply.kind !== "success") return readFailure(reply);
    const trade = queriedTrade.safeParse(reply.node).data;
    if (!trade) return unknown("unlisted", "the trade lacks a member or has one of another type");
    if (trade.out_trade_no !== attempt.outTradeNo) return anotherTrade();
    const view = tradeView({
      tradeStatus: trade.trade_status,
      tradeNo: trade.trade_no,
      totalAmount: trade.total_amount,
      paidAt: trade.send_pay_date,
      refunded: (trade.refund_fee ?? 0) > 0,
      creditPayMode: trade.credit_pay_mode,
      saidAt: new Date(call.now()),
    });
    return view ? ok(view) : unknown("unlisted", "the trade's state is unknown or its receipt incomplete");
  }

  async close(attempt: AttemptRef, call: CallContext): Promise<Outcome<CloseResult>> {
    const reply = await this.#client.call({ method: "alipay.trade.close", bizContent: tradeNumber(attempt) }, call);
    if (reply.kind === "success") {
      const closed = closedTrade.safeParse(reply.node).data;
      return closed?.out_trade_no === attempt.outTradeNo ? ok("closed") : anotherTrade();
    }
    const result = reply.kind === "error" ? CLOSE_RESULTS.get(plainCode(reply.error.code)) : undefined;
    return result ? ok(result) : readFailure(reply);
  }

  prepareRefund(draft: RefundDraft): string {
    return refundContent(draft);
  }

  async refund(refund: RefundRef, call: CallContext): Promise<Outcome<StartedRefund>> {
    const reply = await this.#client.call({ method: "alipay.trade.refund", bizContent: refund.request }, call);
    if (reply.kind !== "success") return writeFailure(reply, REFUND_CODES, call);
    const started = refundReply.safeParse(reply.node).data;
    if (!started) return unknown("unlisted", "the refund lacks a member or has one of another type");
    if (started.out_trade_no !== refund.outTradeNo) return anotherTrade();
    return ok(startedRefund(started, refund));
  }

  async queryRefund(refund: RefundRef, call: CallContext): Promise<Outcome<RefundView>> {
    const method = "alipay.trade.fastpay.refund.query";
    const reply = await this.#client.call({ method, bizContent: refundQueryContent(refund) }, call);
    if (isError(reply, "TRADE_NOT_EXIST")) return ok({ status: "not_found" });
    if (reply.kind !== "success") return readFailure(reply);
    const queried = refundQueryReply.safeParse(reply.node).data;
    if (!queried) return unknown("unlisted", "the refund has a member of another type");
    const view = queriedRefund(queried, refund);
    return view ? ok(view) : unknown("unverified", "the refund's number or amount is not what was asked for");
  }

  async verifyCallback(callback: RawCallback, now: number): Promise<CallbackVerdict> {
    const verification = await verifyNotice(callback.body, await this.#client.publicKey());
    return verification.verified ? readNotice(verification.notice, this.#config, now) : verification;
  }

  answer(reply: CallbackReply): CallbackAnswer {
    return ANSWERS[reply];
  }
}

/** What an error of closing tells. A paid or closed trade can't be closed: a query tells which it was. */
const CLOSE_RESULTS: ReadonlyMap<string, CloseResult> = new Map([
  ["TRADE_NOT_EXIST", "not_started"],
  ["TRADE_STATUS_ERROR", "paid"],
  ["REASON_TRADE_STATUS_INVALID", "paid"],
  ["REASON_ILLEGAL_STATUS", "paid"],
]);

function tradeNumber(attempt: AttemptRef): string {
  return JSON.stringify({ out_trade_no: attempt.outTradeNo });
}

function isError(reply: AlipayReply, code: string): boolean {
  return reply.kind === "error" && plainCode(reply.error.code) === code;
}

function anotherTrade(): Outcome<never> {
  return unknown("unverified", "out_trade_no is another trade's");
}

function answer(status: number, body: string): CallbackAnswer {
  return { status, contentType: "text/plain; charset=utf-8", body };
}
