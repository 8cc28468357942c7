/** Verifying a notice over its raw bytes (Alipay, "asynchronous notification: verifying the signature"). */
import { decodeUtf8 } from "../../crypto/bytes.ts";
import type { CryptoKey } from "../../crypto/key.ts";
import { verifySha256 } from "../../crypto/rsa.ts";
import type { VerificationFailure } from "../provider.ts";
import { decodeText } from "./charset.ts";
import { readForm } from "./form.ts";
import { type RawField, signedContent } from "./signature.ts";

/** A notice's fields as text; an empty field is no field. */
export type Notice = ReadonlyMap<string, string>;

type NoticeVerification =
  | { readonly verified: true; readonly notice: Notice }
  | { readonly verified: false; readonly reason: VerificationFailure; readonly detail: string };

/**
 * Verifies a notice and decodes it, in this order. Systems behind Alipay do not agree on whether empty values and
 * `sign_type` are signed, so the usual form is tried first and the others after it; none of the fields in question
 * can change what the notice says.
 */
export async function verifyNotice(body: Uint8Array, key: CryptoKey): Promise<NoticeVerification> {
  const fields = readForm(body);
  if (!fields) return failed("malformed", "the body is not a form, or has a field twice");
  const sign = asciiField(fields, "sign");
  if (!sign) return failed("missing_signature", "field sign is missing");
  if ((asciiField(fields, "sign_type") ?? "RSA2") !== "RSA2") return failed("bad_signature", "sign_type is not RSA2");
  if (!(await isSigned(fields, sign, key))) return failed("bad_signature", "the signature does not fit the fields");
  const notice = decodeNotice(fields);
  if (!notice) return failed("malformed", "the fields are not text in the charset that they name");
  const hiding = [...notice].find(([, value]) => HIDDEN_FIELD.test(value));
  if (hiding) return failed("malformed", `field ${hiding[0]} holds another field`);
  return { verified: true, notice };
}

/**
 * `a=1&b=2` is signed as it stands, so it is also the signed form of one field `a` that holds `1&b=2`. No value
 * may hide a field that decides what the notice means. Subjects of ours have no `&`.
 */
const HIDDEN_FIELD =
  /&(?:app_id|gmt_payment|gmt_refund|notify_id|notify_type|out_biz_no|out_trade_no|refund_fee|seller_id|total_amount|trade_no|trade_status|credit_pay_mode)=/;

async function isSigned(fields: readonly RawField[], sign: string, key: CryptoKey): Promise<boolean> {
  for (const form of signedForms(fields)) {
    if (await verifySha256(key, signedContent(form), sign)) return true;
  }
  return false;
}

/** The sets of fields that may have been signed, the usual one first, each once. */
function signedForms(fields: readonly RawField[]): readonly (readonly RawField[])[] {
  const all = fields.filter(({ name }) => name !== "sign");
  const filled = all.filter(({ value }) => value.length > 0);
  const forms = [withoutType(filled), withoutType(all), filled, all];
  return forms.filter((form, index) => forms.findIndex((other) => other.length === form.length) === index);
}

function withoutType(fields: readonly RawField[]): readonly RawField[] {
  return fields.filter(({ name }) => name !== "sign_type");
}

function decodeNotice(fields: readonly RawField[]): Notice | undefined {
  const charset = asciiField(fields, "charset") ?? "utf-8";
  const notice = new Map<string, string>();
  for (const { name, value } of fields) {
    const text = decodeText(value, charset);
    if (text === undefined) return undefined;
    if (text !== "") notice.set(name, text);
  }
  return notice;
}

function asciiField(fields: readonly RawField[], wanted: string): string | undefined {
  const field = fields.find(({ name }) => name === wanted);
  return field && (decodeUtf8(field.value) || undefined);
}

function failed(reason: VerificationFailure, detail: string): NoticeVerification {
  return { verified: false, reason, detail };
}
