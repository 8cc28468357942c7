import { parseJson } from "../json.ts";
import { memberOf, type ProviderCall } from "../record.ts";
import type { AlipayCall, FailedReply, VerifiedReply } from "./call.ts";
import { CODE } from "./trouble.ts";

const NUMBERS = ["out_request_no", "out_biz_no", "out_order_no", "out_trade_no", "trade_no"] as const;

/** What may be kept of one send. */
export function alipayRecord(
  call: AlipayCall,
  reply: VerifiedReply | FailedReply,
  sentAt: number,
  now: number,
): ProviderCall {
  const request = parseJson(call.bizContent);
  const response = responseOf(reply);
  return {
    ...{ provider: "alipay", operation: call.method.replace(/^alipay\./, ""), request, response, sentAt },
    number: memberOf(request, ...NUMBERS) ?? "-",
    outTradeNo: memberOf(request, "out_trade_no") ?? memberOf(response, "out_trade_no"),
    durationMs: now - sentAt,
    // A success is read from a 200 only.
    status: reply.kind === "success" ? 200 : reply.status,
    code: codeOf(reply),
  };
}

function responseOf(reply: VerifiedReply | FailedReply): unknown {
  if (reply.kind === "success") return reply.node;
  if (reply.kind === "error") return { code: reply.gatewayCode, sub_code: reply.error.code };
  return { unknown: reply.cause, ...(reply.error && { sub_code: reply.error.code }) };
}

function codeOf(reply: VerifiedReply | FailedReply): string | undefined {
  const code = reply.kind === "success" ? undefined : reply.error?.code;
  return code !== undefined && CODE.test(code) ? code : undefined;
}
