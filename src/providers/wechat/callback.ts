/** What a verified callback says (WeChat Pay V3, "callback notifications"). */
import * as z from "zod";
import type { Bytes } from "../../crypto/bytes.ts";
import type { CryptoKey } from "../../crypto/key.ts";
import { readJson } from "../json.ts";
import type { CallbackEvent, CallbackVerdict, VerificationFailure } from "../provider.ts";
import { refundNotice, refundView } from "./refunds.ts";
import { openResource, sealedResource } from "./resource.ts";
import { isInYuan, tradeView, wechatTrade } from "./trades.ts";

const envelope = z.object({ id: z.string().min(1), event_type: z.string(), resource: sealedResource });

/** Whose callbacks count. */
interface CallbackOwner {
  readonly mchId: string;
  readonly appId: string;
  readonly apiV3Key: CryptoKey;
}

/** A callback's id and event, with what was encrypted. */
interface OpenedCallback {
  readonly notifyId: string;
  readonly event: string;
  readonly plaintext: Bytes;
}

/**
 * Reads the body of a callback whose signature has been verified. Refund notices of the V2 protocol are XML
 * and end up here as `malformed`: they can't be signed the V3 way.
 */
export async function readCallback(body: Uint8Array, owner: CallbackOwner): Promise<CallbackVerdict> {
  const outer = readJson(body, envelope);
  if (!outer) return refuse("malformed", "the body is not a callback envelope");
  const plaintext = await openResource(outer.resource, owner.apiV3Key);
  if (!plaintext) return refuse("undecryptable", "the resource does not decrypt with the APIv3 key");
  const callback = { notifyId: outer.id, event: outer.event_type, plaintext };
  if (callback.event === "TRANSACTION.SUCCESS") return readTrade(callback, owner);
  if (callback.event.startsWith("REFUND.")) return readRefund(callback, owner);
  return accept(other(callback));
}

/** A combined payment's notice is a TRANSACTION.SUCCESS too, but about orders this service does not make. */
const combinedTrade = z.object({ combine_out_trade_no: z.string() });

function readTrade(callback: OpenedCallback, owner: CallbackOwner): CallbackVerdict {
  if (readJson(callback.plaintext, combinedTrade)) return accept(other(callback));
  const trade = readJson(callback.plaintext, wechatTrade);
  if (!trade) return refuse("malformed", "the transaction lacks a member or has one of another type");
  if (trade.mchid !== owner.mchId) return refuse("foreign_merchant", "mchid is another merchant's");
  if (trade.appid !== owner.appId) return refuse("foreign_application", "appid is another application's");
  if (!isInYuan(trade)) return refuse("malformed", "amount.currency is not CNY");
  const view = tradeView(trade);
  if (!view) return refuse("malformed", "the transaction's state is unknown or its receipt incomplete");
  const { notifyId, event } = callback;
  return accept({ kind: "trade", notifyId, event, outTradeNo: trade.out_trade_no, trade: view });
}

function readRefund(callback: OpenedCallback, owner: CallbackOwner): CallbackVerdict {
  const notice = readJson(callback.plaintext, refundNotice);
  if (!notice) return refuse("malformed", "the refund lacks a member or has one of another type");
  if (notice.mchid !== owner.mchId) return refuse("foreign_merchant", "mchid is another merchant's");
  const view = refundView(notice);
  if (!view) return accept(other(callback));
  return accept({
    kind: "refund",
    notifyId: callback.notifyId,
    event: callback.event,
    outTradeNo: notice.out_trade_no,
    outRefundNo: notice.out_refund_no,
    providerTradeNo: notice.transaction_id,
    refund: view,
  });
}

function other({ notifyId, event }: OpenedCallback): CallbackEvent {
  return { kind: "other", notifyId, event };
}

function accept(event: CallbackEvent): CallbackVerdict {
  return { verified: true, event };
}

function refuse(reason: VerificationFailure, detail: string): CallbackVerdict {
  return { verified: false, reason, detail };
}
