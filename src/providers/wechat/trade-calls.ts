/** The calls about single trades (WeChat Pay V3, "payments", "query and close"). */

import type { AttemptRef } from "../attempt.ts";
import type { CallContext } from "../call.ts";
import { credentialEnd } from "../credential.ts";
import { readJson } from "../json.ts";
import type { WechatMethod } from "../methods.ts";
import type { Outcome } from "../outcome.ts";
import { ok, unknown } from "../outcome.ts";
import type { CloseResult } from "../trade.ts";
import { failure, plainCode } from "./codes.ts";
import { invocationSigner, type Merchant, methodsOf } from "./merchant.ts";
import { type CredentialOf, wechatProduct } from "./products.ts";
import { isMissing, NOT_FOUND, type NotFound, notUnderstood } from "./replies.ts";
import { type ExistingTrade, factsOf, tradeView, wechatTrade } from "./trades.ts";
import { isYuan } from "./values.ts";

/** A trade that waits for the buyer. */
export interface OpenedTrade<M extends WechatMethod> {
  readonly credential: CredentialOf<M>;
  readonly credentialExpiresAt: Date;
}

/** A trade that a query found. */
export interface FoundTrade {
  readonly outTradeNo: string;
  /** The methods that share the application which it belongs to. */
  readonly methods: readonly WechatMethod[];
  /** As it was given when the trade was created. */
  readonly attach: string | null;
  readonly trade: ExistingTrade;
}

/** Where trades are created, one or several at once, and by which table errors are read. */
const CREATION = {
  single: { path: "/v3/pay/transactions", operation: "create" },
  combined: { path: "/v3/combine-transactions", operation: "combine_create" },
} as const;

/** Sends a create call, or repeats it: the same text gives the same trade, with a fresh credential. */
export async function createTrade<M extends WechatMethod>(
  merchant: Merchant,
  trade: Pick<AttemptRef, "request" | "expiresAt"> & { readonly method: M },
  call: CallContext,
  kind: keyof typeof CREATION = "single",
): Promise<Outcome<OpenedTrade<M>>> {
  const { endpoint, credential: read } = wechatProduct(trade.method);
  const path = `${CREATION[kind].path}/${endpoint}`;
  const reply = await merchant.client.call({ method: "POST", path, body: trade.request }, call);
  if (reply.kind !== "success") return failure(reply, CREATION[kind].operation, call);
  const credential = await read(reply.body, await invocationSigner(merchant, trade.method, call));
  if (!credential) return notUnderstood("the reply holds no credential");
  return ok({ credential, credentialExpiresAt: credentialEnd(trade, call.now()) });
}

/** Asks for a trade by the number that the merchant gave it, or by WeChat Pay's own once it is paid. */
export async function findTrade(
  merchant: Merchant,
  asked: { readonly outTradeNo: string } | { readonly transactionId: string },
  call: CallContext,
): Promise<Outcome<FoundTrade | NotFound>> {
  const reply = await merchant.client.call({ method: "GET", path: queryPath(merchant, asked) }, call);
  if (isMissing(reply, "ORDERNOTEXIST")) return ok(NOT_FOUND);
  if (reply.kind !== "success") return failure(reply, "query", call);
  const trade = readJson(reply.body, wechatTrade);
  if (!trade) return notUnderstood("the trade lacks a member or has one of another type");
  const methods = methodsOf(merchant.config, trade.appid);
  if (trade.mchid !== merchant.config.mchId) return unknown("unverified", "mchid is another merchant's");
  if (methods.length === 0) return anotherApplication();
  if ("outTradeNo" in asked && trade.out_trade_no !== asked.outTradeNo) return anotherTrade("out_trade_no");
  if ("transactionId" in asked && trade.transaction_id !== asked.transactionId) return anotherTrade("transaction_id");
  if (!isYuan(trade.amount?.currency)) return unknown("unverified", "amount.currency is not CNY");
  const view = tradeView(factsOf(trade));
  if (!view) return notUnderstood("the trade's state is unknown or its receipt incomplete");
  return ok({ outTradeNo: trade.out_trade_no, methods, attach: trade.attach, trade: view });
}

/** Asks for a trade that was created by a certain method: one of another application is not the one asked for. */
export async function queryTrade(
  merchant: Merchant,
  asked: { readonly outTradeNo: string; readonly method: WechatMethod },
  call: CallContext,
): Promise<Outcome<ExistingTrade | NotFound>> {
  const found = await findTrade(merchant, { outTradeNo: asked.outTradeNo }, call);
  if (found.kind !== "ok") return found;
  if (!("trade" in found.value)) return ok(found.value);
  return found.value.methods.includes(asked.method) ? ok(found.value.trade) : anotherApplication();
}

/** Closes an unpaid trade. WeChat Pay answers the same 204 for a trade closed before or never created. */
export async function closeTrade(
  merchant: Merchant,
  outTradeNo: string,
  call: CallContext,
): Promise<Outcome<CloseResult>> {
  const path = `/v3/pay/transactions/out-trade-no/${encodeURIComponent(outTradeNo)}/close`;
  const body = JSON.stringify({ mchid: merchant.config.mchId });
  const reply = await merchant.client.call({ method: "POST", path, body }, call);
  if (reply.kind === "success") return reply.status === 204 ? ok("closed") : notUnderstood(`HTTP ${reply.status}`);
  const result = reply.kind === "error" ? CLOSE_RESULTS.get(plainCode(reply.error.code)) : undefined;
  return result ? ok(result) : failure(reply, "close", call);
}

/** The errors that tell what to do next. None of them is signed, so none of them closes anything. */
const CLOSE_RESULTS: ReadonlyMap<string, CloseResult> = new Map([
  ["ORDERPAID", "paid"],
  ["ORDERNOTEXIST", "not_started"],
]);

function queryPath(
  { config }: Merchant,
  asked: { readonly outTradeNo: string } | { readonly transactionId: string },
): string {
  const [kind, number] = "outTradeNo" in asked ? ["out-trade-no", asked.outTradeNo] : ["id", asked.transactionId];
  return `/v3/pay/transactions/${kind}/${encodeURIComponent(number)}?mchid=${encodeURIComponent(config.mchId)}`;
}

function anotherTrade(member: string): Outcome<never> {
  return unknown("unverified", `${member} is another trade's`);
}

function anotherApplication(): Outcome<never> {
  return unknown("unverified", "appid is another application's");
}
