/** WeChat Pay's callbacks: an encrypted resource in a signed envelope (WeChat Pay V3, callbacks). */
import { randomUUID } from "node:crypto";
import type { Refund, Trade } from "../books.ts";
import { seal } from "../crypto.ts";
import type { Notice, SignedRequest } from "../deliveries.ts";
import type { SignatureKind } from "../faults.ts";
import { rfc3339 } from "../times.ts";
import type { World } from "../world.ts";
import { publicKeySigner, type Signer, signatureHeaders } from "./signature.ts";
import { refundNoticeView, tradeView } from "./views.ts";

const SUMMARIES: Record<string, string> = {
  "TRANSACTION.SUCCESS": "支付成功",
  "REFUND.SUCCESS": "退款成功",
  "REFUND.ABNORMAL": "退款异常",
  "REFUND.CLOSED": "退款关闭",
};

/** Tells of a payment. Nothing to tell where the order names no address. */
export function paymentNotice(world: World, trade: Trade): Notice | undefined {
  if (trade.notifyUrl === undefined) return undefined;
  const plaintext = JSON.stringify(tradeView(world, trade));
  return notice(world, "TRANSACTION.SUCCESS", trade.outTradeNo, trade.notifyUrl, plaintext);
}

/** Tells how a refund ended. A refund that names no address gets no V3 callback. */
export function refundNotice(world: World, trade: Trade, refund: Refund): Notice | undefined {
  if (refund.notifyUrl === undefined) return undefined;
  const plaintext = JSON.stringify(refundNoticeView(world, trade, refund));
  return notice(world, `REFUND.${refund.status}`, trade.outTradeNo, refund.notifyUrl, plaintext);
}

function notice(world: World, event: string, outTradeNo: string, url: string, plaintext: string): Notice {
  const notifyId = randomUUID();
  const body = envelope(world, event, notifyId, plaintext);
  const sign = (flaw: SignatureKind | undefined) => callbackRequest(world, url, body, publicKeySigner(world), { flaw });
  return { provider: "wechat", event, notifyId, outTradeNo, url, sign };
}

/** The body of a callback around a plaintext, with the members of `overrides` in place of its own. */
export function envelope(world: World, event: string, id: string, plaintext: string, overrides: object = {}): string {
  const originalType = event.startsWith("REFUND.") ? "refund" : "transaction";
  const sealed = seal(world.wechat.apiV3Key, originalType, plaintext);
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
      associated_data: sealed.associatedData,
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
