/** Verifying what an application's SDK hands back after app.pay. Even 9000 is no proof of payment (Alipay, app.pay). */
import * as z from "zod";
import { type Bytes, utf8 } from "../../crypto/bytes.ts";
import { parseJson } from "../json.ts";
import { type Envelope, parseMember, readEnvelope } from "./envelope.ts";
import { type FindKeys, verifiedNode } from "./node.ts";
import { type Refusal, refuse } from "./verdicts.ts";

const NODE = "alipay_trade_app_pay_response";

/** `resultStatus`: 9000 paid, 8000 and 6004 unknown, 4000 failed, 6001 given up, 6002 no connection. */
export type AppResultVerification =
  | { readonly verified: true; readonly resultStatus: string | undefined; readonly node: unknown }
  | Refusal;

/** An application's result, taken apart. `node` is what the signature covers. */
interface AppResult {
  readonly resultStatus: string | undefined;
  readonly envelope: Envelope;
  readonly node: Bytes;
}

const handedBack = z.object({
  resultStatus: z.union([z.string(), z.number()]).transform(String).optional(),
  result: z.string(),
});

/** Verifies what the SDK handed back: all of it as JSON, or its member `result` alone. */
export async function verifyAppResult(text: string, findKeys: FindKeys): Promise<AppResultVerification> {
  const result = readAppResult(text);
  if (!result) return refuse("malformed", `there is no ${NODE}, or a member twice`);
  const { node, envelope, resultStatus } = result;
  if (!envelope.members.has("sign")) return refuse("missing_signature", "member sign is missing");
  const verified = await verifiedNode(node, envelope, findKeys);
  if (!verified) return refuse("bad_signature", "the signature does not fit the result");
  return { verified: true, resultStatus, node: parseMember(verified, envelope.charset) };
}

/** Takes a result apart. Returns undefined when it holds no signed node. */
export function readAppResult(text: string): AppResult | undefined {
  const outer = handedBack.safeParse(parseJson(text)).data ?? printedForm(text);
  const envelope = readEnvelope(utf8(outer?.result ?? text));
  const node = envelope?.members.get(NODE);
  return envelope && node && { resultStatus: outer?.resultStatus, envelope, node };
}

const PRINTED = /resultStatus=\{(?<resultStatus>\d+)\}.*?\bresult=\{(?<result>\{.*\})\}/s;

/** Older SDKs print it: `resultStatus={9000};memo={};result={{…}}`. */
function printedForm(text: string): z.output<typeof handedBack> | undefined {
  return handedBack.safeParse(PRINTED.exec(text)?.groups).data;
}
