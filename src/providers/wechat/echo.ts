/** Testing keys and settings against WeChat Pay itself (WeChat Pay V3, "self-test endpoint"). */
import * as z from "zod";
import type { CallContext } from "../call.ts";
import { readJson } from "../json.ts";
import type { Outcome } from "../outcome.ts";
import { ok, unknown } from "../outcome.ts";
import { text, writeBody } from "./body-rules.ts";
import { failure } from "./codes.ts";
import { encryptFields } from "./encrypted-fields.ts";
import type { Merchant } from "./merchant.ts";
import { notUnderstood } from "./replies.ts";
import { optionalText } from "./values.ts";

const request = z.object({ echo_message: text(128), encrypted_echo_message: text(1024) });
const echoReply = z.object({ echo_message: z.string(), encrypted_echo_message: optionalText.optional() });

/** What has been shown to work. Signing and verifying always have, or there would be no reply that counts. */
export interface EchoResult {
  /** Whether WeChat Pay read what we encrypted, and we what it encrypted; null when it sent nothing encrypted back. */
  readonly encryptionWorks: boolean | null;
}

/**
 * Has WeChat Pay repeat a message, once plain and once encrypted.
 * @param message shown to nobody; at most 128 characters
 */
export async function echo(merchant: Merchant, message: string, call: CallContext): Promise<Outcome<EchoResult>> {
  const sealed = await encryptFields(merchant, { encrypted_echo_message: message }, call);
  if (sealed.kind !== "ok") return sealed;
  const { fields, serial: encryptedFor } = sealed.value;
  const body = writeBody(request, { echo_message: message, ...fields });
  const path = "/v3/security/echo";
  const reply = await merchant.client.call({ method: "POST", path, body, encryptedFor }, call);
  if (reply.kind !== "success") return failure(reply, "echo", call);
  const said = readJson(reply.body, echoReply);
  if (!said) return notUnderstood("the reply holds no message");
  if (said.echo_message !== message) return unknown("unverified", "echo_message is another message");
  if (!said.encrypted_echo_message) return ok({ encryptionWorks: null });
  return ok({ encryptionWorks: (await merchant.client.decryptField(said.encrypted_echo_message)) === message });
}
