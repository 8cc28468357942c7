/** A WeChat Pay with platform certificates, for tests of the key ring. */
import type { TextCache } from "../../../../src/providers/exchange.ts";
import { WechatClient } from "../../../../src/providers/wechat/client.ts";
import { NOW, recordingFetch, type SentRequest } from "./calls.ts";
import type { TestKeyPair } from "./keys.ts";
import {
  errorReply,
  makeCertificate,
  PUBLIC_KEY_ID,
  seal,
  signatureHeaders,
  signedReply,
  wechatConfig,
} from "./wechat.ts";

export const OLD_SERIAL = "5DEA10EF55877E3CF6C33255C2E7DEFFF7E427EC";
export const NEW_SERIAL = "05DE6A1B55877E3CF6C33255C2E7DEFFF7E427ED";
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** A certificate of WeChat Pay's, with its times as in the certificate (`YYMMDDhhmmssZ`). */
export interface Issued {
  readonly serial: string;
  readonly key: TestKeyPair;
  readonly notBefore?: string;
  readonly notAfter?: string;
  /** The serial that the list gives it. */
  readonly namedAs?: string;
  /** What is sealed in its place, and with which APIv3 key. */
  readonly disguise?: (pem: string) => string;
  readonly sealedWith?: string;
}

/** What WeChat Pay does at the moment. A test may change all of it. */
export interface Platform {
  now: number;
  /** Who signs replies. */
  signer: Pick<Issued, "serial" | "key">;
  certificates: readonly Issued[];
  /** Answers instead of the list. */
  listAnswer: (() => Promise<Response> | Response) | undefined;
  downloads: number;
}

export async function listBody(certificates: readonly Issued[]): Promise<{ readonly data: readonly unknown[] }> {
  const data = certificates.map(async (issued) => {
    const { serial, key, notBefore, notAfter = "350101000000Z", namedAs = serial, disguise, sealedWith } = issued;
    const pem = makeCertificate(fromHex(serial), key, notAfter, notBefore);
    return {
      serial_no: namedAs,
      "effective_time ": "2020-01-01T00:00:00+08:00",
      encrypt_certificate: await seal(disguise ? disguise(pem) : pem, "certificate", sealedWith),
    };
  });
  return { data: await Promise.all(data) };
}

export interface World {
  readonly platform: Platform;
  readonly client: WechatClient;
  /** Another isolate of the same shop. */
  readonly anotherClient: () => WechatClient;
}

/** A shop without a public key, or with one, and its WeChat Pay. */
export async function openWorld(
  issued: readonly Issued[],
  options: { readonly publicKey?: boolean; readonly cache?: TextCache } = {},
): Promise<World> {
  const [first] = issued;
  if (!first) throw new Error("a world has a certificate");
  const platform: Platform = { now: NOW, signer: first, certificates: issued, listAnswer: undefined, downloads: 0 };
  const { fetch } = recordingFetch((request) => answer(platform, request));
  const { publicKey, ...config } = await wechatConfig();
  const settings = options.publicKey && publicKey ? { ...config, publicKey } : config;
  const anotherClient = () => new WechatClient(settings, { fetch, ...(options.cache && { cache: options.cache }) });
  return { platform, client: anotherClient(), anotherClient };
}

async function answer(platform: Platform, { url }: SentRequest): Promise<Response> {
  const { signer, now } = platform;
  if (url.pathname !== "/v3/certificates") return signedReply({}, 200, { ...signer, at: now });
  platform.downloads += 1;
  if (platform.listAnswer) return platform.listAnswer();
  return signedReply(await listBody(platform.certificates), 200, { ...signer, at: now });
}

/** A callback that somebody signed, with any content. */
export async function callbackBy(signer: Pick<Issued, "serial" | "key">, at: number) {
  return { headers: await signatureHeaders("{}", { ...signer, at }), body: new TextEncoder().encode("{}") };
}

export const notFound = () => errorReply(404, "RESOURCE_NOT_EXISTS");
export const publicKeySigner = (key: TestKeyPair) => ({ serial: PUBLIC_KEY_ID, key });

/** A KV namespace in memory. */
export function memoryCache(): TextCache & { readonly texts: Map<string, string>; readonly ttls: number[] } {
  const texts = new Map<string, string>();
  const ttls: number[] = [];
  return {
    texts,
    ttls,
    get: async (key) => texts.get(key) ?? null,
    put: async (key, value, { expirationTtl }) => {
      texts.set(key, value);
      ttls.push(expirationTtl);
    },
  };
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
