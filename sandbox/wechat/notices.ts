/** WeChat Pay's callbacks: an encrypted resource in a signed envelope (WeChat Pay V3, callbacks). */
import { randomUUID } from "node:crypto";
import { seal } from "../crypto.ts";
import type { Notice, SignedRequest } from "../deliveries.ts";
import { NOTICE_KINDS, type SignatureKind } from "../faults.ts";
import { rfc3339 } from "../times.ts";
import { paidTogether, type Refund, type Trade } from "../trade.ts";
import type { World } from "../world.ts";
import { combinedView } from "./combine-view.ts";
import { signatureHeaders } from "./signature.ts";
import type { Signer } from "./signing.ts";
import { refundNoticeV2 } from "./v2-notices.ts";
import { refundNoticeView, tradeView } from "./views.ts";

const SUMMARIES: Readonly<Record<string, string>> = {
  "TRANSACTION.SUCCESS": "支付成功",
  "REFUND.SUCCESS": "退款成功",
  "REFUND.ABNORMAL": "退款异常",
  "REFUND.CLOSED": "退款关闭",
  "MCHTRANSFER.BILL.FINISHED": "商家转账单据终态通知",
  "SECURITY_ECHO.SUCCESS": "回显成功",
};

const MAX_ASSOCIATED_DATA = 15;

/** By the first part of the event. */
const ORIGINAL_TYPES: Readonly<Record<string, string>> = {
  TRANSACTION: "transaction",
  REFUND: "refund",
  MCHTRANSFER: "mch_payment",
  SECURITY_ECHO: "security",
};

/** Tells of a payment, of a combined one as a whole. Nothing to tell where the order names no address. */
export function paymentNotice(world: World, trade: Trade): Notice | undefined {
  if (trade.notifyUrl === undefined) return undefined;
  const trades = paidTogether(trade).map((each) => asTold(world, each));
  const combination = world.wechat.combinations.of(trade);
  const [told = trade] = trades;
  const view = combination ? combinedView(world, { ...combination, trades }) : tradeView(world, told);
  const number = combination?.combineOutTradeNo ?? trade.outTradeNo;
  return notice(world, "TRANSACTION.SUCCESS", number, trade.notifyUrl, JSON.stringify(view));
}

function asTold(world: World, trade: Trade): Trade {
  const fault = world.faults.take(occasion(trade.outTradeNo), ["callback_wrong_amount"]);
  return fault ? { ...trade, amount: fault.amount } : trade;
}

/** Tells how a refund stands. Without an address of its own the notice goes to the merchant's, in V2 form. */
export function refundNotice(world: World, trade: Trade, refund: Refund): Notice | undefined {
  const url = refund.notifyUrl ?? world.wechat.merchant.refundUrl;
  if (url === null) return undefined;
  const fault = world.faults.take(occasion(trade.outTradeNo), NOTICE_KINDS);
  const told = fault?.kind === "callback_wrong_amount" ? { ...refund, amount: fault.amount } : refund;
  if (refund.notifyUrl === undefined || fault?.kind === "refund_notice_v2") {
    return refundNoticeV2(world, trade, told, url);
  }
  const plaintext = JSON.stringify(refundNoticeView(world, trade, told));
  return notice(world, `REFUND.${refund.status}`, trade.outTradeNo, url, plaintext);
}

/** A callback of any event. `outTradeNo` is the number by which tests find it. */
export function notice(world: World, event: string, outTradeNo: string, url: string, plaintext: string): Notice {
  const notifyId = randomUUID();
  const body = envelope(world, event, notifyId, plaintext);
  const sign = (flaw: SignatureKind | undefined) =>
    callbackRequest(world, url, body, world.wechat.signing.callbackSigner(), { flaw });
  return { provider: "wechat", event, notifyId, outTradeNo, url, sign };
}

interface Oddities {
  /** Members of the envelope in place of its own. */
  readonly overrides?: object;
  /** Another associated data than the original type; null leaves it out. */
  readonly associatedData?: string | null | undefined;
}

/** The body of a callback around a plaintext. */
export function envelope(world: World, event: string, id: string, plaintext: string, odd: Oddities = {}): string {
  const kind = event.split(".")[0] ?? event;
  const originalType = ORIGINAL_TYPES[kind] ?? kind.toLowerCase();
  const { associatedData = originalType.slice(0, MAX_ASSOCIATED_DATA), overrides } = odd;
  const sealed = seal(world.wechat.apiV3Key, associatedData ?? "", plaintext);
  return JSON.stringify({
    id,
    create_time: rfc3339(world.clock.now()),
    resource_type: "encrypt-resource",
    event_type: event,
    summary: SUMMARIES[event] ?? event,
    resource: {
      original_type: originalType,
      algorithm: "AEAD_AES_256_GCM",
      ciphertext: sealed.ciphertext,
      ...(associatedData !== null && { associated_data: associatedData }),
      nonce: sealed.nonce,
    },
    ...overrides,
  });
}

/** A callback's request, signed now. */
export function callbackRequest(
  world: World,
  url: string,
  body: string,
  signer: Signer,
  options: Parameters<typeof signatureHeaders>[3],
): SignedRequest {
  const headers = {
    Accept: "*/*",
    "Content-Type": "application/json",
    "User-Agent": "Mozilla/4.0",
    "Request-ID": randomUUID(),
    ...signatureHeaders(world, signer, body, options),
  };
  return { url, headers, body };
}

/** The occasion at which faults of callbacks about a number strike. */
export function occasion(outTradeNo: string) {
  return { provider: "wechat", operation: "callback", outTradeNo } as const;
}
