/**
 * Refund notices of the V2 protocol: XML, unsigned, with a part that is sealed with the V2 key. They come for refunds
 * that name no address and for those made by hand (WeChat Pay V3, XML trap).
 */
import { randomUUID } from "node:crypto";
import { randomText, sealV2 } from "../crypto.ts";
import type { Notice, SignedRequest } from "../deliveries.ts";
import { dateTime } from "../times.ts";
import type { Refund, RefundStatus, Trade } from "../trade.ts";
import type { World } from "../world.ts";
import { RECEIVED_BY } from "./views.ts";

/** The shop says so in XML. */
const ACCEPTED = /<return_code>\s*(?:<!\[CDATA\[SUCCESS\]\]>|SUCCESS)\s*<\/return_code>/;

type Members = Readonly<Record<string, string>>;

const STATUSES: Readonly<Record<Exclude<RefundStatus, "PROCESSING">, string>> = {
  SUCCESS: "SUCCESS",
  ABNORMAL: "CHANGE",
  CLOSED: "REFUNDCLOSE",
};

/** Tells how a refund ended. */
export function refundNoticeV2(world: World, trade: Trade, refund: Refund, url: string): Notice {
  const sealed = sealedText(sealedMembers(trade, refund));
  return {
    provider: "wechat",
    event: `REFUND.${refund.status}`,
    notifyId: randomUUID(),
    outTradeNo: trade.outTradeNo,
    url,
    sign: () => requestV2(url, bodyV2(world, sealed, world.wechat.v2Key)),
    accepts: (status, body) => status === 200 && ACCEPTED.test(body),
  };
}

/** What the sealed part says. Amounts are fen, times Beijing's. */
export function sealedMembers(trade: Trade, refund: Refund): Members {
  return {
    out_refund_no: refund.outRefundNo,
    out_trade_no: trade.outTradeNo,
    refund_account: "REFUND_SOURCE_RECHARGE_FUNDS",
    refund_fee: String(refund.amount),
    refund_id: refund.providerRefundNo,
    refund_recv_accout: RECEIVED_BY,
    refund_request_source: refund.byHand ? "VENDOR_PLATFORM" : "API",
    refund_status: refund.status === "PROCESSING" ? "PROCESSING" : STATUSES[refund.status],
    settlement_refund_fee: String(refund.amount),
    settlement_total_fee: String(trade.amount),
    ...(refund.succeededAt !== null && { success_time: dateTime(refund.succeededAt) }),
    total_fee: String(trade.amount),
    transaction_id: trade.providerTradeNo ?? "",
  };
}

/** The sealed part as XML. */
export function sealedText(members: Members): string {
  return xml("root", members);
}

/** The notice's XML around a text to seal, with the members of `overrides` in place of its own. */
export function bodyV2(world: World, sealed: string, key: string, overrides: Members = {}): string {
  return xml("xml", {
    return_code: "SUCCESS",
    appid: world.wechat.appId,
    mch_id: world.wechat.mchId,
    nonce_str: randomText(32),
    req_info: sealV2(key, sealed),
    ...overrides,
  });
}

/** The notice's request. Nothing in it is signed. */
export function requestV2(url: string, body: string): SignedRequest {
  return { url, headers: { Accept: "*/*", "Content-Type": "text/xml", "User-Agent": "Mozilla/4.0" }, body };
}

function xml(root: string, members: Members): string {
  const lines = Object.entries(members).map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`);
  return `<${root}>\n${lines.join("\n")}\n</${root}>`;
}
