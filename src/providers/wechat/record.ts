import { parseJson } from "../json.ts";
import { memberOf, type ProviderCall } from "../record.ts";
import type { FailedReply, VerifiedReply, WechatCall } from "./call.ts";
import { CODE } from "./trouble.ts";

/** What a path is called, and the number in it. */
const OPERATIONS: readonly (readonly [WechatCall["method"], RegExp, string])[] = [
  ["POST", /^\/v3\/pay\/transactions\/[a-z0-9]+$/, "create"],
  ["GET", /^\/v3\/pay\/transactions\/(?:out-trade-no|id)\/([^/]+)$/, "query"],
  ["POST", /^\/v3\/pay\/transactions\/out-trade-no\/([^/]+)\/close$/, "close"],
  ["POST", /^\/v3\/combine-transactions\/[a-z0-9]+$/, "combine_create"],
  ["GET", /^\/v3\/combine-transactions\/out-trade-no\/([^/]+)$/, "combine_query"],
  ["POST", /^\/v3\/combine-transactions\/out-trade-no\/([^/]+)\/close$/, "combine_close"],
  ["POST", /^\/v3\/refund\/domestic\/refunds$/, "refund"],
  ["GET", /^\/v3\/refund\/domestic\/refunds\/([^/]+)$/, "query_refund"],
  ["POST", /^\/v3\/refund\/domestic\/refunds\/([^/]+)\/apply-abnormal-refund$/, "abnormal_refund"],
  ["POST", /^\/v3\/fund-app\/mch-transfer\/transfer-bills$/, "transfer"],
  ["GET", /^\/v3\/fund-app\/mch-transfer\/transfer-bills\/[a-z-]+\/([^/]+)$/, "query_transfer"],
  ["POST", /^\/v3\/fund-app\/mch-transfer\/transfer-bills\/[a-z-]+\/([^/]+)\/cancel$/, "cancel_transfer"],
  ["GET", /^\/v3\/bill\/[a-z]+$/, "bill"],
  ["GET", /^\/v3\/certificates$/, "certificates"],
];

/** Calls about a trade by our own number of it. */
const OF_TRADES = ["create", "query", "close"];

type Reply = VerifiedReply | FailedReply | { readonly kind: "success"; readonly stream: unknown };

/** What may be kept of one send. */
export function wechatRecord(call: WechatCall, reply: Reply, sentAt: number, now: number): ProviderCall {
  const { operation, inPath } = operationOf(call);
  const request = { ...queryOf(call.path), ...asObject(parseJson(call.body ?? "{}")) };
  const response = responseOf(reply);
  const number =
    inPath ?? memberOf(request, "out_refund_no", "out_bill_no", "combine_out_trade_no", "out_trade_no") ?? "-";
  const own = OF_TRADES.includes(operation) && !call.path.startsWith("/v3/pay/transactions/id/") ? number : undefined;
  return {
    ...{ provider: "wechat", operation, number, request, response, sentAt },
    outTradeNo: memberOf(request, "out_trade_no") ?? memberOf(response, "out_trade_no") ?? own,
    durationMs: now - sentAt,
    status: "status" in reply ? reply.status : undefined,
    code: codeOf(reply),
  };
}

function operationOf({ method, path }: WechatCall): { operation: string; inPath: string | undefined } {
  const [withoutQuery = ""] = path.split("?");
  for (const [verb, pattern, operation] of OPERATIONS) {
    const match = verb === method ? pattern.exec(withoutQuery) : null;
    if (match) return { operation, inPath: match[1] === undefined ? undefined : decodeURIComponent(match[1]) };
  }
  return { operation: "other", inPath: undefined };
}

function queryOf(path: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(path.split("?")[1] ?? ""));
}

function responseOf(reply: Reply): unknown {
  if (reply.kind === "success") return "body" in reply ? parseJson(new TextDecoder().decode(reply.body)) : {};
  const said = reply.error ? { code: reply.error.code } : {};
  return reply.kind === "unknown" ? { unknown: reply.cause, ...said } : said;
}

function codeOf(reply: Reply): string | undefined {
  const code = reply.kind === "success" ? undefined : reply.error?.code;
  return code !== undefined && CODE.test(code) ? code : undefined;
}

function asObject(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}
