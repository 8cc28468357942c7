/** What a verified callback says (WeChat Pay V3, "callbacks"). */
import * as z from "zod";
import type { Bytes } from "../../crypto/bytes.ts";
import type { CryptoKey } from "../../crypto/key.ts";
import type { CallbackEvent, CallbackVerdict } from "../callback.ts";
import { readJson, readPlainJson } from "../json.ts";
import { combinedTrade, readCombined } from "./combined-trades.ts";
import type { WechatPayConfig } from "./config.ts";
import { methodsOf } from "./merchant.ts";
import { refundNotice, refundView } from "./refunds.ts";
import { openResource, sealedResource } from "./resource.ts";
import { factsOf, tradeView, wechatTrade } from "./trades.ts";
import { transferBill, transferView } from "./transfer-bills.ts";
import { isYuan } from "./values.ts";
import { accept, refuse } from "./verdicts.ts";

const envelope = z.object({ id: z.string().min(1), event_type: z.string(), resource: sealedResource });

/** Whose callbacks count. */
export interface CallbackOwner extends Pick<WechatPayConfig, "mchId" | "appId" | "miniAppId" | "mobileAppId"> {
  readonly apiV3Key: CryptoKey;
}

/** A callback's id and event, with what was encrypted. */
interface OpenedCallback {
  readonly notifyId: string;
  readonly event: string;
  readonly plaintext: Bytes;
}

/** Reads the body of a callback whose signature has been verified. */
export async function readCallback(body: Uint8Array, owner: CallbackOwner): Promise<CallbackVerdict> {
  const outer = readPlainJson(body, envelope);
  if (!outer) return refuse("malformed", "the body is not a callback envelope");
  const plaintext = await openResource(outer.resource, owner.apiV3Key);
  if (!plaintext) return refuse("undecryptable", "the resource does not decrypt with the APIv3 key");
  const callback = { notifyId: outer.id, event: outer.event_type, plaintext };
  if (callback.event === "TRANSACTION.SUCCESS") return readTransaction(callback, owner);
  if (callback.event.startsWith("REFUND.")) return readRefund(callback, owner);
  if (callback.event === "MCHTRANSFER.BILL.FINISHED") return readTransfer(callback, owner);
  return accept(other(callback));
}

/** Single and combined payments share one event; the number of the combined one tells them apart. */
const combinedMark = z.object({ combine_out_trade_no: z.string() });

function readTransaction(callback: OpenedCallback, owner: CallbackOwner): CallbackVerdict {
  return readJson(callback.plaintext, combinedMark) ? readCombinedTrade(callback, owner) : readTrade(callback, owner);
}

function readTrade({ notifyId, event, plaintext }: OpenedCallback, owner: CallbackOwner): CallbackVerdict {
  const trade = readPlainJson(plaintext, wechatTrade);
  if (!trade) return refuse("malformed", "the transaction lacks a member or has one of another type");
  if (trade.mchid !== owner.mchId) return refuse("foreign_merchant", "mchid is another merchant's");
  const methods = methodsOf(owner, trade.appid);
  if (methods.length === 0) return refuse("foreign_application", "appid is another application's");
  if (!isYuan(trade.amount?.currency)) return refuse("malformed", "amount.currency is not CNY");
  const view = tradeView(factsOf(trade));
  if (!view) return refuse("malformed", "the transaction's state is unknown or its receipt incomplete");
  return accept({ kind: "trade", notifyId, event, outTradeNo: trade.out_trade_no, methods, trade: view });
}

function readCombinedTrade({ notifyId, event, plaintext }: OpenedCallback, owner: CallbackOwner): CallbackVerdict {
  const combined = readPlainJson(plaintext, combinedTrade);
  if (!combined) return refuse("malformed", "the combined transaction lacks a member or has one of another type");
  if (combined.combine_mchid !== owner.mchId) return refuse("foreign_merchant", "combine_mchid is another merchant's");
  const methods = methodsOf(owner, combined.combine_appid);
  if (methods.length === 0) return refuse("foreign_application", "combine_appid is another application's");
  const read = readCombined(combined, owner.mchId);
  if (!read.understood) return refuse(read.foreign ? "foreign_merchant" : "malformed", read.detail);
  const { combine_out_trade_no: combineOutTradeNo } = combined;
  return accept({ kind: "combined", notifyId, event, combineOutTradeNo, methods, trades: read.trades });
}

/** The status decides, also where the event's name says something else. */
function readRefund(callback: OpenedCallback, owner: CallbackOwner): CallbackVerdict {
  const notice = readPlainJson(callback.plaintext, refundNotice);
  if (!notice) return refuse("malformed", "the refund lacks a member or has one of another type");
  if (notice.mchid !== owner.mchId) return refuse("foreign_merchant", "mchid is another merchant's");
  const refund = refundView(notice);
  if (!refund) return accept(other(callback));
  return accept({
    kind: "refund",
    notifyId: callback.notifyId,
    event: callback.event,
    outTradeNo: notice.out_trade_no,
    outRefundNo: notice.out_refund_no,
    providerTradeNo: notice.transaction_id,
    refund,
  });
}

function readTransfer(callback: OpenedCallback, owner: CallbackOwner): CallbackVerdict {
  const notice = readPlainJson(callback.plaintext, transferBill);
  if (!notice) return refuse("malformed", "the transfer lacks a member or has one of another type");
  if (notice.mch_id !== owner.mchId) return refuse("foreign_merchant", "mch_id is another merchant's");
  const transfer = transferView(notice);
  if (!transfer) return accept(other(callback));
  const { notifyId, event } = callback;
  return accept({ kind: "transfer", notifyId, event, outBillNo: notice.out_bill_no, transfer });
}

function other({ notifyId, event }: OpenedCallback): CallbackEvent {
  return { kind: "other", notifyId, event };
}
