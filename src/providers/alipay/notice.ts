/** Verifying a notice over its raw bytes (Alipay, "asynchronous notification: verifying the signature"). */
import type { VerificationFailure } from "../callback.ts";
import { readForm } from "./form.ts";
import type { FindKeys } from "./node.ts";
import { asciiField, decodeFields, hiddenField, type Notice, verifyFields } from "./signed-fields.ts";

export type { Notice } from "./signed-fields.ts";

export type NoticeVerification =
  | { readonly verified: true; readonly notice: Notice }
  | { readonly verified: false; readonly reason: VerificationFailure; readonly detail: string };

/** Verifies a notice and decodes it, in this order. */
export async function verifyNotice(body: Uint8Array, findKeys: FindKeys): Promise<NoticeVerification> {
  const fields = readForm(body);
  if (!fields) return failed("malformed", "the body is not a form, or has a field twice");
  if (!asciiField(fields, "sign")) return failed("missing_signature", "field sign is missing");
  if ((asciiField(fields, "sign_type") ?? "RSA2") !== "RSA2") return failed("bad_signature", "sign_type is not RSA2");
  const keys = await findKeys(asciiField(fields, "alipay_cert_sn"));
  if (keys.length === 0) return failed("unknown_serial", "no key has this alipay_cert_sn");
  if (!(await verifyFields(fields, keys))) return failed("bad_signature", "the signature does not fit the fields");
  const notice = decodeFields(fields);
  if (!notice) return failed("malformed", "the fields are not text in the charset that they name");
  const hiding = hiddenField(notice);
  if (hiding) return failed("malformed", `field ${hiding} holds another field`);
  return { verified: true, notice };
}

function failed(reason: VerificationFailure, detail: string): NoticeVerification {
  return { verified: false, reason, detail };
}
