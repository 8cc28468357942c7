/** WeChat Pay's side of the protocol for tests: signed replies, encrypted callbacks, platform certificates. */
import type { WechatPayConfig } from "../../../../src/providers/wechat/config.ts";
import { WechatPayProvider } from "../../../../src/providers/wechat/provider.ts";
import { NOW, recordingFetch, type SentRequest } from "./calls.ts";
import { armour, base64, type TestKeyPair, testKeys } from "./keys.ts";

export const API_V3_KEY = "0123456789abcdefghijABCDEFGHIJ!?";
export const PUBLIC_KEY_ID = "PUB_KEY_ID_0112345678901234567890";
export const MCH_ID = "1900007291";
export const APP_ID = "wx2421b1c4370ec43b";

export async function wechatConfig(changes: Partial<WechatPayConfig> = {}): Promise<WechatPayConfig> {
  const { merchant, platform } = await testKeys();
  return {
    appId: APP_ID,
    mchId: MCH_ID,
    apiV3Key: API_V3_KEY,
    privateKeyPem: merchant.privatePem,
    serialNo: "408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB",
    publicKey: { id: PUBLIC_KEY_ID, pem: platform.publicPem },
    baseUrl: "https://api.mch.weixin.qq.com",
    notifyUrl: "https://pay.example.com/api/v1/payments/wechat/notify",
    refundNotifyUrl: "https://pay.example.com/api/v1/payments/wechat/refund/notify",
    ...changes,
  };
}

/** A provider whose calls are answered by `reply`, and what it sent. */
export async function wechatProvider(
  reply: (request: SentRequest) => Promise<Response> | Response,
  changes: Partial<WechatPayConfig> = {},
) {
  const { fetch, sent } = recordingFetch(reply);
  return { provider: new WechatPayProvider(await wechatConfig(changes), { fetch }), sent };
}

/** Applications of the merchant's own for the mini program and the mobile application. */
export const APPLICATIONS = { miniAppId: "wx0000000000000d1e", mobileAppId: "wx0000000000000a99" } as const;

export interface Signing {
  readonly key?: TestKeyPair;
  readonly serial?: string;
  /** Milliseconds since the epoch. */
  readonly at?: number;
}

/** The headers that sign a body. */
export async function signatureHeaders(body: string, signing: Signing = {}): Promise<Headers> {
  const { platform } = await testKeys();
  const timestamp = String(Math.floor((signing.at ?? NOW) / 1000));
  const nonce = "593BEC0C930BF1AFEB40B4A08C8FB242";
  return new Headers({
    "Wechatpay-Timestamp": timestamp,
    "Wechatpay-Nonce": nonce,
    "Wechatpay-Serial": signing.serial ?? PUBLIC_KEY_ID,
    "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
    "Wechatpay-Signature": await (signing.key ?? platform).sign(`${timestamp}\n${nonce}\n${body}\n`),
  });
}

export async function signedReply(value: unknown, status = 200, signing: Signing = {}): Promise<Response> {
  const body = value === undefined ? "" : JSON.stringify(value);
  return new Response(status === 204 ? null : body, { status, headers: await signatureHeaders(body, signing) });
}

/** An error as WeChat Pay sends them: not signed. */
export function errorReply(status: number, code: string): Response {
  return Response.json({ code, message: "…" }, { status });
}

export async function seal(plaintext: string, associatedData: string, keyText = API_V3_KEY) {
  const encoder = new TextEncoder();
  const key = await crypto.subtle.importKey("raw", encoder.encode(keyText), "AES-GCM", false, ["encrypt"]);
  const nonce = "fdasflkja484";
  const parameters = {
    name: "AES-GCM",
    iv: encoder.encode(nonce),
    additionalData: encoder.encode(associatedData),
    tagLength: 128,
  };
  const ciphertext = new Uint8Array(await crypto.subtle.encrypt(parameters, key, encoder.encode(plaintext)));
  return {
    algorithm: "AEAD_AES_256_GCM",
    nonce,
    associated_data: associatedData,
    ciphertext: base64(ciphertext),
  };
}

/** A callback, as body text. */
export async function callbackBody(eventType: string, content: unknown, key = API_V3_KEY): Promise<string> {
  const type = eventType.startsWith("REFUND") ? "refund" : "transaction";
  return JSON.stringify({
    id: "EV-2026112210000000001",
    create_time: "2026-11-22T10:00:00+08:00",
    resource_type: "encrypt-resource",
    event_type: eventType,
    summary: "支付成功",
    resource: { original_type: type, ...(await seal(JSON.stringify(content), type, key)) },
  });
}

/** A minimal certificate. Nobody checks its own signature: it is authenticated by how it is delivered. */
export function makeCertificate(
  serial: Uint8Array,
  key: TestKeyPair,
  notAfter: string,
  notBefore = "200101000000Z",
): string {
  const rsaSha256 = der(0x30, der(0x06, Uint8Array.of(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11)), der(0x05));
  const name = der(0x30);
  const validity = der(0x30, der(0x17, ascii(notBefore)), der(0x17, ascii(notAfter)));
  const version = der(0xa0, der(0x02, Uint8Array.of(2)));
  const body = der(0x30, version, der(0x02, serial), rsaSha256, name, validity, name, key.spki);
  return armour("CERTIFICATE", der(0x30, body, rsaSha256, der(0x03, Uint8Array.of(0, 1, 2, 3))));
}

/** Encodes one element of DER, up to 64 KiB. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = parts.flatMap((part) => [...part]);
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Uint8Array.from([tag, ...length, ...content]);
}

export function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
