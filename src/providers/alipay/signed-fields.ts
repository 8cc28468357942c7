/** Fields of a signed form: verified as bytes, then decoded, then looked through for fields inside of fields. */
import { decodeUtf8 } from "../../crypto/bytes.ts";
import type { CryptoKey } from "../../crypto/key.ts";
import { decodeText } from "./charset.ts";
import { isSignedByAny } from "./keys.ts";
import type { FindKeys } from "./node.ts";
import { type RawField, signedContent, signedForms } from "./signature.ts";
import { type Refusal, refuse } from "./verdicts.ts";

/** A message's fields as text; an empty field is no field. */
export type Notice = ReadonlyMap<string, string>;

/** A message that Alipay has signed: its fields, the signed ones only. */
export type FieldsVerification = { readonly verified: true; readonly fields: Notice } | Refusal;

/**
 * Verifies a message over the bytes of its fields, and decodes them, in this order. No field that may be left out of
 * what is signed can change what a message says.
 * @param candidates the sets of fields that may have been signed; the message's own members are in the first
 */
export async function verifySigned(
  candidates: readonly (readonly RawField[])[],
  findKeys: FindKeys,
): Promise<FieldsVerification> {
  const [own = []] = candidates;
  const sign = asciiField(own, "sign");
  if (!sign) return refuse("missing_signature", "field sign is missing");
  if ((asciiField(own, "sign_type") ?? "RSA2") !== "RSA2") return refuse("bad_signature", "sign_type is not RSA2");
  const keys = await findKeys(asciiField(own, "alipay_cert_sn"));
  if (keys.length === 0) return refuse("unknown_serial", "no key has this alipay_cert_sn");
  for (const fields of candidates) {
    if (await isSigned(fields, keys, sign)) return decoded(fields);
  }
  return refuse("bad_signature", "the signature does not fit the fields");
}

async function isSigned(fields: readonly RawField[], keys: readonly CryptoKey[], sign: string): Promise<boolean> {
  for (const form of signedForms(fields)) {
    if (await isSignedByAny(keys, signedContent(form), sign)) return true;
  }
  return false;
}

function decoded(fields: readonly RawField[]): FieldsVerification {
  const notice = decodeFields(fields);
  if (!notice) return refuse("malformed", "the fields are not text in the charset that they name");
  const hidden = hiddenField(notice);
  if (hidden) return refuse("malformed", `field ${hidden} stands inside of another field`);
  return { verified: true, fields: notice };
}

/** Decodes fields by the charset that they name. Returns undefined when they are not text in it. */
function decodeFields(fields: readonly RawField[]): Notice | undefined {
  const charset = asciiField(fields, "charset") ?? "utf-8";
  const notice = new Map<string, string>();
  for (const { name, value } of fields) {
    const text = decodeText(value, charset);
    if (text === undefined) return undefined;
    if (text !== "") notice.set(name, text);
  }
  return notice;
}

const DECISIVE: ReadonlySet<string> = new Set([
  "amount",
  "app_id",
  "auth_no",
  "biz_content",
  "buyer_id",
  "buyer_open_id",
  "credit_pay_mode",
  "gmt_close",
  "gmt_payment",
  "gmt_refund",
  "gmt_trans",
  "method",
  "msg_method",
  "notify_id",
  "notify_type",
  "operation_id",
  "operation_type",
  "out_biz_no",
  "out_order_no",
  "out_request_no",
  "out_trade_no",
  "payee_user_id",
  "refund_fee",
  "seller_id",
  "send_back_fee",
  "status",
  "total_amount",
  "trade_no",
  "trade_status",
]);

/**
 * `a=1&b=2` is signed as it stands, so it is also the signed form of one field `a` that holds `1&b=2`. No value may
 * hide a field that decides what the message means. Names are signed in their order, so only later ones can be
 * hidden; what a shop writes into its own fields may look like one. Returns the name of a field that is hidden.
 */
function hiddenField(notice: Notice): string | undefined {
  for (const [name, value] of notice) {
    for (const [, hidden = ""] of value.matchAll(/&([a-z_]+)=/g)) {
      if (hidden > name && DECISIVE.has(hidden)) return hidden;
    }
  }
  return undefined;
}

/** The value of a field that has only ASCII characters; an empty one is none. */
function asciiField(fields: readonly RawField[], wanted: string): string | undefined {
  const field = fields.find(({ name }) => name === wanted);
  return field && (decodeUtf8(field.value) || undefined);
}
