/** Signing requests (WeChat Pay V3, "request signing"). */
import { encodeHex, utf8 } from "../../crypto/bytes.ts";
import type { CryptoKey } from "../../crypto/key.ts";
import { signSha256 } from "../../crypto/rsa.ts";

const SCHEME = "WECHATPAY2-SHA256-RSA2048";
const NONCE_BYTES = 16;

/** What a request's signature covers. */
export interface SignedRequest {
  /** In capitals. */
  readonly method: string;
  /** Path and query exactly as sent. */
  readonly pathAndQuery: string;
  /** Unix seconds. Text is signed as it stands. */
  readonly timestamp: number | string;
  readonly nonce: string;
  /** Exactly as sent; empty when there is none. */
  readonly body: string;
}

/** Who signs: the merchant, and the serial number of the API certificate that belongs to the key. */
interface RequestSigner {
  readonly mchId: string;
  readonly serialNo: string;
  readonly key: CryptoKey;
}

/** Joins lines the way WeChat Pay signs them: each ends in a line feed, the last one too. */
export function signingLines(...lines: readonly (string | number)[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

/** The text a request's signature covers. */
export function requestMessage(request: SignedRequest): string {
  return signingLines(request.method, request.pathAndQuery, request.timestamp, request.nonce, request.body);
}

/** The Authorization header of a request. */
export async function authorize(request: SignedRequest, signer: RequestSigner): Promise<string> {
  return authorizationHeader({
    mchid: signer.mchId,
    nonce_str: request.nonce,
    timestamp: request.timestamp,
    serial_no: signer.serialNo,
    signature: await signSha256(signer.key, utf8(requestMessage(request))),
  });
}

/** What the header says of a signature. */
interface AuthorizationMembers {
  readonly mchid: string;
  readonly nonce_str: string;
  readonly timestamp: number | string;
  readonly serial_no: string;
  readonly signature: string;
}

/** Puts a signature into the form of the header. */
export function authorizationHeader(members: AuthorizationMembers): string {
  const list = Object.entries(members).map(([name, value]) => `${name}="${value}"`);
  return `${SCHEME} ${list.join(",")}`;
}

/** A nonce of 32 hex characters. */
export function makeNonce(random: (length: number) => Uint8Array): string {
  return encodeHex(random(NONCE_BYTES));
}
