/** What a gateway's reply means (Alipay gateway protocol v2, "response envelope"). */
import * as z from "zod";
import type { Bytes } from "../../crypto/bytes.ts";
import type { CryptoKey } from "../../crypto/key.ts";
import type { ProviderError, UnknownCause } from "../outcome.ts";
import type { FailedReply, VerifiedReply } from "./call.ts";
import { readEnvelope } from "./envelope.ts";
import { type FindKeys, nodeName, openNode, verifiedNode } from "./node.ts";

/** Gateway errors may come under this name instead of the method's. */
const ERROR_NODE = "error_response";
export const SUCCESS = "10000";
/** `alipay.trade.pay` only: the trade is there, and the buyer has yet to confirm. */
const TO_BE_CONFIRMED = "10003";
const PAY = "alipay.trade.pay";
/** The gateway or what is behind it failed; whether the call took effect is not known. */
const UNAVAILABLE = "20000";
/** Too many calls of this application. */
export const RATE_LIMITED = "40005";

/** What reading a reply takes. */
interface ReplyKeys {
  readonly findKeys: FindKeys;
  readonly encryptKey: (() => Promise<CryptoKey>) | undefined;
}

/** The members that every node may have. */
export const nodeCodes = z.object({
  code: z.string(),
  msg: z.string().optional(),
  sub_code: z.string().optional(),
  sub_msg: z.string().optional(),
});

type Codes = z.output<typeof nodeCodes>;

/** Reads the reply to a call. Only what verifies counts, whether it is a success or an error. */
export async function readReply(body: Bytes, method: string, keys: ReplyKeys): Promise<VerifiedReply | FailedReply> {
  const envelope = readEnvelope(body);
  if (!envelope) return silence("unverified", "the reply is not a JSON object, or has a member twice");
  const name = nodeName(method);
  const raw = envelope.members.get(name) ?? envelope.members.get(ERROR_NODE);
  if (!raw) return silence("unverified", `the reply has no ${name}`);
  const verified = await verifiedNode(raw, envelope, keys.findKeys);
  const node = await openNode(verified ?? raw, envelope.charset, verified && keys.encryptKey);
  const codes = nodeCodes.safeParse(node).data;
  if (!verified) return silence("unverified", unsignedMessage(codes), codes && errorOf(codes));
  if (!codes) return silence("unlisted", "the reply has no code, or can't be decrypted");
  if (isSuccess(codes.code, method) && envelope.members.has(name)) return { kind: "success", node };
  return failedNode(codes);
}

/** What a node means that is no success. */
export function failedNode(codes: Codes): FailedReply {
  const error = errorOf(codes);
  if (codes.code === UNAVAILABLE) return silence("server", `${codes.code} ${error.code}`, error);
  return { kind: "error", gatewayCode: codes.code, error };
}

/** The gateway answers errors of its own with 200 as well; another status comes from what stands before it. */
export function httpFailure(status: number): FailedReply {
  if (status === 429) return notNow(status);
  return { ...silence(status >= 500 ? "server" : "unlisted", `HTTP ${status}`), status };
}

/** A status that means: not now. */
export function notNow(status: number): FailedReply {
  return { kind: "error", gatewayCode: RATE_LIMITED, error: { code: String(status), message: "" }, status };
}

function isSuccess(code: string, method: string): boolean {
  return code === SUCCESS || (code === TO_BE_CONFIRMED && method === PAY);
}

function unsignedMessage(codes: Codes | undefined): string {
  if (!codes) return "the reply's signature is missing or wrong";
  return `the reply's signature is missing or wrong (${codes.code} ${errorOf(codes).code})`;
}

function errorOf(codes: Codes): ProviderError {
  return { code: codes.sub_code || codes.code, message: codes.sub_msg || codes.msg || "" };
}

/** Nothing certain, and what was said all the same. */
export function silence(cause: UnknownCause, message: string, error?: ProviderError): FailedReply {
  return { kind: "unknown", cause, message, error };
}
