/** Alipay's answers: a node named after the method, its text signed as it stands (Alipay, gateway protocol v2). */
import { randomUUID } from "node:crypto";
import { signText } from "../crypto.ts";
import type { AnswerKind, SignatureKind } from "../faults.ts";
import { gbkBytes } from "../gbk.ts";
import type { World } from "../world.ts";
import { encrypted } from "./encryption.ts";
import type { Signer } from "./signing.ts";

/** How an answer is spoilt, or takes an unusual form. */
type Oddity = SignatureKind | AnswerKind | "gbk";

/** How a node travels: signed with the keys of the application's mode, encrypted where the request was. */
interface Travel {
  readonly isEncrypted?: boolean;
  readonly oddity?: Oddity | undefined;
}

/** A signed answer. Slashes are escaped inside, as the real gateway does. */
export function signedAnswer(world: World, method: string, node: object, travel: Travel = {}): Response {
  const { isEncrypted = false, oddity } = travel;
  const plain = slashesEscaped(node);
  const text = isEncrypted ? `"${encrypted(world.alipay.application.encryptKey, plain)}"` : plain;
  const bytes = oddity === "gbk" ? gbkBytes(text) : Buffer.from(text, "utf8");
  return answer(framed(world, nodeName(method), bytes, oddity));
}

/** What the gateway says to callers it doesn't know: without a signature, under the method's node if there is one. */
export function unsignedAnswer(method: string | undefined, node: object): Response {
  const name = method === undefined ? "error_response" : nodeName(method);
  return answer(Buffer.from(`{"${name}":${slashesEscaped(node)}}`, "utf8"));
}

/** The text of a signed answer, as the mobile SDK gets it. */
export function signedText(world: World, method: string, node: object): string {
  const text = Buffer.from(slashesEscaped(node), "utf8");
  const { privateKey, certificateSn } = signerOf(world);
  const members = [member(nodeName(method), text), signMember(signText(privateKey, text)), `"sign_type":"RSA2"`];
  if (certificateSn !== undefined) members.splice(1, 0, `"alipay_cert_sn":"${certificateSn}"`);
  return `{${members.join(",")}}`;
}

/** Whose key signs, by the application's mode. */
export function signerOf(world: World): Signer {
  const { application, signing } = world.alipay;
  return application.mode === "certificate" ? signing.certificateSigner : signing.publicKeySigner;
}

const HARMLESS: readonly (Oddity | undefined)[] = [
  undefined,
  "gbk",
  "sign_first",
  "duplicate_node",
  "stale_timestamp",
  "unknown_serial",
];

function framed(world: World, name: string, text: Buffer, oddity: Oddity | undefined): Buffer {
  const node = Buffer.concat([Buffer.from(`"${name}":`), text]);
  if (oddity === "unsigned") return joined([node]);
  const { privateKey, certificateSn } = signerOf(world);
  const spoilt = !HARMLESS.includes(oddity);
  const sign = Buffer.from(signMember(signText(privateKey, spoilt ? Buffer.concat([text, Buffer.from(" ")]) : text)));
  const shownSn = oddity === "unknown_serial" ? "0".repeat(32) : certificateSn;
  const certificate = certificateSn === undefined ? [] : [Buffer.from(`"alipay_cert_sn":"${shownSn}"`)];
  if (oddity === "sign_first") return joined([sign, ...certificate, node]);
  if (oddity === "duplicate_node") {
    const forged = Buffer.from(`"${name}":{"code":"10000","msg":"Success","trade_status":"TRADE_SUCCESS"}`);
    return joined([node, forged, ...certificate, sign]);
  }
  return joined([node, ...certificate, sign]);
}

function joined(members: readonly Buffer[]): Buffer {
  const separated = members.flatMap((each, index) => (index === 0 ? [each] : [Buffer.from(","), each]));
  return Buffer.concat([Buffer.from("{"), ...separated, Buffer.from("}")]);
}

function member(name: string, text: Buffer): string {
  return `"${name}":${text.toString("utf8")}`;
}

function signMember(signature: string): string {
  return `"sign":"${signature}"`;
}

/** JSON under the content type that the real gateway gives it. A browser that is led here must not run what it echoes. */
const INERT = "default-src 'none'; sandbox";

function answer(body: Buffer): Response {
  const headers = {
    "Content-Type": "text/html;charset=utf-8",
    "Content-Security-Policy": INERT,
    trace_id: randomUUID(),
  };
  return new Response(new Uint8Array(body), { headers });
}

function nodeName(method: string): string {
  return `${method.replaceAll(".", "_")}_response`;
}

function slashesEscaped(node: object): string {
  return JSON.stringify(node).replaceAll("/", "\\/");
}
