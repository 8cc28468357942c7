/** What a client needs to let the buyer pay. */
import type { AttemptRef } from "./attempt.ts";
import { METHODS } from "./methods.ts";

/** The parameters of `wx.requestPayment` in a mini program. */
export interface MiniProgramInvocation {
  /** Unix seconds, as text. */
  readonly timeStamp: string;
  readonly nonceStr: string;
  /** `prepay_id=…` */
  readonly package: string;
  readonly signType: "RSA";
  readonly paySign: string;
}

/** The parameters of `WeixinJSBridge.invoke("getBrandWCPayRequest", …)` in an official account's page. */
export interface JsapiInvocation extends MiniProgramInvocation {
  readonly appId: string;
}

/** The members of OpenSDK's PayReq in a native application. */
export interface AppInvocation {
  readonly appid: string;
  readonly partnerid: string;
  readonly prepayid: string;
  readonly package: "Sign=WXPay";
  readonly noncestr: string;
  /** Unix seconds, as text. */
  readonly timestamp: string;
  readonly sign: string;
}

/** What the client needs to let the buyer pay, narrowed by method. */
export type Credential =
  | { readonly method: "WECHAT_JSAPI"; readonly invoke: JsapiInvocation }
  | { readonly method: "WECHAT_MINI"; readonly invoke: MiniProgramInvocation }
  | { readonly method: "WECHAT_NATIVE"; readonly codeUrl: string }
  | { readonly method: "WECHAT_APP"; readonly invoke: AppInvocation }
  | { readonly method: "WECHAT_H5"; readonly h5Url: string }
  /** `form` is HTML that submits itself; `payUrl` does the same by GET. */
  | { readonly method: "ALIPAY_WEB"; readonly payUrl: string; readonly form: string }
  | { readonly method: "ALIPAY_WAP"; readonly payUrl: string; readonly form: string }
  | { readonly method: "ALIPAY_APP"; readonly orderString: string }
  | { readonly method: "ALIPAY_QR"; readonly qrCode: string }
  | { readonly method: "ALIPAY_JSAPI"; readonly tradeNo: string }
  | { readonly method: "ALIPAY_BARCODE" }
  | { readonly method: "POINTS" };

/** What a caller wants of a credential that is no part of the trade. */
export interface CredentialWishes {
  /** Where the buyer comes back to after paying in a browser. */
  readonly returnUrl?: string | undefined;
}

/**
 * Until when a credential made now can be used: its own lifetime, or the attempt's deadline when that comes first.
 * @param now milliseconds since the epoch
 */
export function credentialEnd(attempt: Pick<AttemptRef, "method" | "expiresAt">, now: number): Date {
  const seconds = METHODS[attempt.method].credentialSeconds;
  const end = seconds === null ? Number.POSITIVE_INFINITY : now + seconds * 1000;
  return new Date(Math.min(end, attempt.expiresAt.getTime()));
}

/**
 * Whether two credentials stand for one and the same at the provider, which they may do though each is signed by itself:
 * a request repeated before its credential has lapsed is answered with that one, and the rest of its time.
 */
function isSameCredential(one: Credential, other: Credential): boolean {
  return one.method === other.method && handleOf(one) === handleOf(other);
}

/** What the provider knows a credential by; undefined where it knows none. */
function handleOf(credential: Credential): string | undefined {
  switch (credential.method) {
    case "WECHAT_JSAPI":
    case "WECHAT_MINI":
      return credential.invoke.package;
    case "WECHAT_APP":
      return credential.invoke.prepayid;
    case "WECHAT_NATIVE":
      return credential.codeUrl;
    case "WECHAT_H5":
      return credential.h5Url;
    case "ALIPAY_WEB":
    case "ALIPAY_WAP":
      return credential.payUrl;
    case "ALIPAY_APP":
      return credential.orderString;
    case "ALIPAY_QR":
      return credential.qrCode;
    case "ALIPAY_JSAPI":
      return credential.tradeNo;
    case "ALIPAY_BARCODE":
    case "POINTS":
      return undefined;
  }
}

/** A credential as a provider has just handed it out, and what is on record of the trade. */
interface HandedOut {
  readonly method: AttemptRef["method"];
  readonly expiresAt: Date;
  readonly createdAt: Date;
  /** The credential handed out before, if one was. */
  readonly earlier: { readonly credential: Credential; readonly expiresAt: Date } | undefined;
}

/**
 * Until when a credential handed out now works, at the least. It may be the one handed out before; and when no answer
 * ever came, it may be as old as the record.
 * @param fresh until when it works if it is new
 * @param now milliseconds since the epoch
 */
export function credentialLapse(trade: HandedOut, credential: Credential, fresh: Date, now: number): Date {
  const { earlier } = trade;
  if (earlier) return isSameCredential(earlier.credential, credential) ? earlier.expiresAt : fresh;
  const oldest = credentialEnd(trade, trade.createdAt.getTime());
  return oldest.getTime() > now ? oldest : fresh;
}
