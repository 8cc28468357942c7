/** The calls about refunds (WeChat Pay V3, "refunds"). */

import type { CallContext } from "../call.ts";
import { readJson } from "../json.ts";
import type { Outcome } from "../outcome.ts";
import { ok, unknown } from "../outcome.ts";
import type { AbnormalRefundTarget, FoundRefund } from "../refund.ts";
import { abnormalRefundBody } from "./abnormal-refund.ts";
import type { WechatReply } from "./call.ts";
import { failure } from "./codes.ts";
import type { Merchant } from "./merchant.ts";
import { type ExistingRefund, type RefundReply, refundReply, refundView } from "./refunds.ts";
import { isMissing, NOT_FOUND, type NotFound, notUnderstood } from "./replies.ts";
import { isYuan } from "./values.ts";

const REFUNDS_PATH = "/v3/refund/domestic/refunds";

/** What a reply must be about: whatever is known of the refund asked for. */
export interface AskedRefund {
  readonly outRefundNo: string;
  readonly providerRefundNo?: string | undefined;
  readonly outTradeNo?: string | undefined;
  readonly transactionId?: string | undefined;
  readonly amount?: number | undefined;
}

/** Sends a refund call, or repeats it: the same text gives the same refund. */
export async function startRefund(
  merchant: Merchant,
  asked: AskedRefund & { readonly request: string },
  call: CallContext,
): Promise<Outcome<ExistingRefund>> {
  const reply = await merchant.client.call({ method: "POST", path: REFUNDS_PATH, body: asked.request }, call);
  return reply.kind === "success" ? onlyRefund(readRefund(reply, asked)) : failure(reply, "refund", call);
}

/** Asks for a refund by its number. What else is known of it, the reply must confirm. */
export async function findRefund(
  merchant: Merchant,
  asked: AskedRefund,
  call: CallContext,
): Promise<Outcome<FoundRefund | NotFound>> {
  const path = `${REFUNDS_PATH}/${encodeURIComponent(asked.outRefundNo)}`;
  const reply = await merchant.client.call({ method: "GET", path }, call);
  if (isMissing(reply, "RESOURCENOTEXISTS")) return ok(NOT_FOUND);
  return reply.kind === "success" ? readRefund(reply, asked) : failure(reply, "refund_query", call);
}

/**
 * Sends the money of an ABNORMAL refund elsewhere. What names the buyer's account is encrypted for WeChat Pay.
 * `unknown`, without anything sent, when the key to encrypt with can't be had now.
 * @throws InputError naming the member that WeChat Pay would not take
 */
export async function applyAbnormalRefund(
  merchant: Merchant,
  asked: AskedRefund & { readonly providerRefundNo: string },
  target: AbnormalRefundTarget,
  call: CallContext,
): Promise<Outcome<ExistingRefund>> {
  const request = await abnormalRefundBody(merchant, asked.outRefundNo, target, call);
  if (request.kind !== "ok") return request;
  const path = `${REFUNDS_PATH}/${encodeURIComponent(asked.providerRefundNo)}/apply-abnormal-refund`;
  const reply = await merchant.client.call({ method: "POST", path, ...request.value }, call);
  return reply.kind === "success" ? onlyRefund(readRefund(reply, asked)) : failure(reply, "abnormal_refund", call);
}

/** The refund of an outcome, without what else was found. */
function onlyRefund(found: Outcome<FoundRefund>): Outcome<ExistingRefund> {
  return found.kind === "ok" ? ok(found.value.refund) : found;
}

function readRefund(reply: Extract<WechatReply, { kind: "success" }>, asked: AskedRefund): Outcome<FoundRefund> {
  const refund = readJson(reply.body, refundReply);
  if (!refund) return notUnderstood("the refund lacks a member or has one of another type");
  const strange = strangeness(refund, asked);
  if (strange) return unknown("unverified", strange);
  const view = refundView(refund);
  if (!view) return notUnderstood("the refund's status is unknown");
  return ok({ outTradeNo: refund.out_trade_no, providerTradeNo: refund.transaction_id, refund: view });
}

/** Why a refund is not the one asked for, though its signature is right. */
function strangeness(refund: RefundReply, asked: AskedRefund): string | undefined {
  const known = [
    ["out_refund_no", refund.out_refund_no, asked.outRefundNo],
    ["refund_id", refund.refund_id, asked.providerRefundNo],
    ["out_trade_no", refund.out_trade_no, asked.outTradeNo],
    ["transaction_id", refund.transaction_id, asked.transactionId],
    ["amount.refund", refund.amount.refund, asked.amount],
  ] as const;
  const differing = known.find(([, said, expected]) => expected !== undefined && said !== expected);
  if (differing) return `${differing[0]} is not what was asked for`;
  return isYuan(refund.amount.currency) ? undefined : "amount.currency is not CNY";
}
