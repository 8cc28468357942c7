/** A WeChat Pay V3 merchant, written from the protocol alone. */
import { createDecipheriv, createPublicKey, createVerify, randomBytes, sign } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { type Received, send } from "./http.ts";

export type Env = Readonly<Record<string, string>>;

/** Departures from what a correct client does. */
export interface Oddities {
  readonly mchid?: string;
  readonly serial?: string;
  readonly timestamp?: number;
  readonly signedBody?: string;
  readonly authorization?: string;
  /** Headers to replace; an empty text leaves one out. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeout?: number;
}

/** Calls the API with a signed request. */
export function call(env: Env, method: string, target: string, body?: unknown, odd: Oddities = {}): Promise<Received> {
  const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
  const headers: Record<string, string> = {
    Accept: "application/json",
    "User-Agent": "shop/1.0",
    "Content-Type": body === undefined ? "" : "application/json",
    "Wechatpay-Serial": value(env, "WECHAT_PUBLIC_KEY_ID"),
    Authorization: odd.authorization ?? authorization(env, method, target, odd.signedBody ?? text, odd),
    ...odd.headers,
  };
  const kept = Object.fromEntries(Object.entries(headers).filter(([, header]) => header !== ""));
  const url = value(env, "WECHAT_API_BASE_URL") + target;
  return send({ method, url, headers: kept, body: text, ...(odd.timeout && { timeout: odd.timeout }) });
}

/** The Authorization of a request, signed now. */
export function authorization(env: Env, method: string, target: string, body: string, odd: Oddities = {}): string {
  const timestamp = odd.timestamp ?? Math.floor(Date.now() / 1000);
  const nonce = randomBytes(16).toString("hex");
  const message = Buffer.from(`${method}\n${target}\n${timestamp}\n${nonce}\n${body}\n`);
  const signature = sign("sha256", message, value(env, "WECHAT_API_CLIENT_KEY")).toString("base64");
  const mchid = odd.mchid ?? value(env, "WECHAT_MCH_ID");
  const serial = odd.serial ?? value(env, "WECHAT_API_SERIAL_NO");
  const members = `mchid="${mchid}",nonce_str="${nonce}",signature="${signature}"`;
  return `WECHATPAY2-SHA256-RSA2048 ${members},timestamp="${timestamp}",serial_no="${serial}"`;
}

/** Whether an answer or a callback is signed by the WeChat Pay public key, or by another key given. */
export function verified(env: Env, headers: IncomingHttpHeaders, body: string, key?: string): boolean {
  const message = `${headers["wechatpay-timestamp"]}\n${headers["wechatpay-nonce"]}\n${body}\n`;
  const publicKey = createPublicKey(key ?? value(env, "WECHAT_PUBLIC_KEY"));
  return createVerify("sha256").update(message).verify(publicKey, String(headers["wechatpay-signature"]), "base64");
}

interface Sealed {
  readonly nonce: string;
  readonly associated_data: string;
  readonly ciphertext: string;
}

/** Decrypts a callback's resource or a certificate. */
export function unsealed(env: Env, sealed: Sealed): string {
  const bytes = Buffer.from(sealed.ciphertext, "base64");
  const decipher = createDecipheriv("aes-256-gcm", value(env, "WECHAT_API_V3_KEY"), sealed.nonce);
  decipher.setAAD(Buffer.from(sealed.associated_data)).setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString("utf8");
}

/** A native order that breaks no rule. */
export function nativeOrder(env: Env, outTradeNo: string, notifyUrl: string, total = 100) {
  return {
    appid: value(env, "WECHAT_APP_ID"),
    mchid: value(env, "WECHAT_MCH_ID"),
    description: "龙井茶 250 克",
    out_trade_no: outTradeNo,
    notify_url: notifyUrl,
    amount: { total, currency: "CNY" },
  };
}

export function refundOrder(outTradeNo: string, outRefundNo: string, refund: number, total = 100) {
  const notify_url = "https://shop.example/refund";
  return {
    out_trade_no: outTradeNo,
    out_refund_no: outRefundNo,
    notify_url,
    amount: { refund, total, currency: "CNY" },
  };
}

export function value(env: Env, name: string): string {
  const text = env[name];
  if (text === undefined) throw new Error(`${name} is missing`);
  return text;
}
