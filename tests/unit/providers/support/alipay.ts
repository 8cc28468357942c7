/** Alipay's side of the protocol for tests: signed replies and notices. */
import type { AlipayConfig } from "../../../../src/providers/alipay/config.ts";
import { AlipayPayProvider } from "../../../../src/providers/alipay/provider.ts";
import { recordingFetch, type SentRequest } from "./calls.ts";
import { testKeys } from "./keys.ts";

export const ALIPAY_APP_ID = "2021000000000001";
const SELLER_ID = "2088000000000001";

export async function alipayConfig(changes: Partial<AlipayConfig> = {}): Promise<AlipayConfig> {
  const { merchant, platform } = await testKeys();
  return {
    appId: ALIPAY_APP_ID,
    privateKeyPem: merchant.privatePem,
    publicKeyPem: platform.publicPem,
    gatewayUrl: "https://openapi.alipay.com/gateway.do",
    notifyUrl: "https://pay.example.com/api/v1/payments/alipay/notify",
    sellerId: SELLER_ID,
    ...changes,
  };
}

/** A provider whose calls are answered by `reply`, and what it sent. */
export async function alipayProvider(
  reply: (request: SentRequest) => Promise<Response> | Response,
  changes: Partial<AlipayConfig> = {},
) {
  const { fetch, sent } = recordingFetch(reply);
  return { provider: new AlipayPayProvider(await alipayConfig(changes), { fetch }), sent };
}

/** A provider's pre-authorisations, all of whose calls are answered by this node, and what it sent. */
export async function alipayPreAuth(node: Readonly<Record<string, unknown>> = {}, changes: Partial<AlipayConfig> = {}) {
  const reply = ({ url }: SentRequest) => nodeReply(url.searchParams.get("method") ?? "", node);
  const { provider, sent } = await alipayProvider(reply, changes);
  return { ours: provider.preAuthorisations, sent };
}

/** A signed reply. `node` is an object, or the exact JSON text of one. */
export async function nodeReply(method: string, node: string | Readonly<Record<string, unknown>>): Promise<Response> {
  const { platform } = await testKeys();
  const text = typeof node === "string" ? node : JSON.stringify(node).replaceAll("/", "\\/");
  const name = `${method.replaceAll(".", "_")}_response`;
  return new Response(`{"${name}":${text},"sign":"${await platform.sign(text)}"}`);
}

export function success(fields: Readonly<Record<string, unknown>>) {
  return { code: "10000", msg: "Success", ...fields };
}

export function businessError(subCode: string) {
  return { code: "40004", msg: "Business Failed", sub_code: subCode, sub_msg: "交易状态不合法" };
}

export const PAYMENT_NOTICE: Readonly<Record<string, string>> = {
  app_id: ALIPAY_APP_ID,
  auth_app_id: ALIPAY_APP_ID,
  buyer_logon_id: "abc***@example.com",
  charset: "utf-8",
  fund_bill_list: '[{"amount":"100.50","fundChannel":"ALIPAYACCOUNT"}]',
  gmt_create: "2026-11-22 09:59:00",
  gmt_payment: "2026-11-22 09:59:30",
  notify_id: "2026112200222095930000000000000001",
  notify_time: "2026-11-22 09:59:31",
  notify_type: "trade_status_sync",
  out_trade_no: "01JD8ZC4Q6V0X5T2R9N7M3K1B8A1",
  seller_id: SELLER_ID,
  subject: "中道商城 A+B 50%",
  total_amount: "100.50",
  trade_no: "2026112222001400000000000001",
  trade_status: "TRADE_SUCCESS",
  version: "1.0",
};

export interface NoticeForm {
  /** Keep empty values in what is signed. */
  readonly signEmpty?: boolean;
  /** Keep sign_type in what is signed. */
  readonly signType?: boolean;
}

/** Signs and encodes a notice. */
export async function noticeBody(fields: Readonly<Record<string, string>>, form: NoticeForm = {}): Promise<Uint8Array> {
  const { platform } = await testKeys();
  const all = { ...fields, sign_type: "RSA2" };
  const content = Object.entries(all)
    .filter(([name, value]) => (value !== "" || form.signEmpty) && (name !== "sign_type" || form.signType))
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join("&");
  const body = new URLSearchParams({ ...all, sign: await platform.sign(content) });
  return new TextEncoder().encode(body.toString());
}
