/** What the clients are handed to pay with, signed by the merchant (WeChat Pay V3, "client invocation"). */
import { utf8 } from "../../crypto/bytes.ts";
import type { CryptoKey } from "../../crypto/key.ts";
import { signSha256 } from "../../crypto/rsa.ts";
import type { AppInvocation, JsapiInvocation, MiniProgramInvocation } from "../credential.ts";
import { signingLines } from "./authorization.ts";

/** Who signs, and for which application: it must be the one that the trade was created for. */
export interface InvocationSigner {
  readonly appId: string;
  readonly mchId: string;
  readonly key: CryptoKey;
  /** Unix seconds, as text. */
  readonly timeStamp: string;
  /** At most 32 characters, never used before. */
  readonly nonceStr: string;
}

/** The text that is signed. `last` is `prepay_id=…` inside of WeChat, and the bare id in a native application. */
export function paySignMessage(signer: Omit<InvocationSigner, "mchId" | "key">, last: string): string {
  return signingLines(signer.appId, signer.timeStamp, signer.nonceStr, last);
}

/** The parameters of `wx.requestPayment` in a mini program. */
export async function signMini(prepayId: string, signer: InvocationSigner): Promise<MiniProgramInvocation> {
  const { timeStamp, nonceStr } = signer;
  const packed = `prepay_id=${prepayId}`;
  return { timeStamp, nonceStr, package: packed, signType: "RSA", paySign: await sign(signer, packed) };
}

/** The parameters of `WeixinJSBridge.invoke("getBrandWCPayRequest", …)` in an official account's page. */
export async function signJsapi(prepayId: string, signer: InvocationSigner): Promise<JsapiInvocation> {
  return { appId: signer.appId, ...(await signMini(prepayId, signer)) };
}

/** The members of OpenSDK's PayReq in a native application. */
export async function signApp(prepayId: string, signer: InvocationSigner): Promise<AppInvocation> {
  return {
    appid: signer.appId,
    partnerid: signer.mchId,
    prepayid: prepayId,
    package: "Sign=WXPay",
    noncestr: signer.nonceStr,
    timestamp: signer.timeStamp,
    sign: await sign(signer, prepayId),
  };
}

function sign(signer: InvocationSigner, last: string): Promise<string> {
  return signSha256(signer.key, utf8(paySignMessage(signer, last)));
}
