/** Fields of a signed form: verified as bytes, then decoded, then looked through for fields inside of fields. */
import { decodeUtf8 } from "../../crypto/bytes.ts";
import type { CryptoKey } from "../../crypto/key.ts";
import { decodeText } from "./charset.ts";
import { isSignedByAny } from "./keys.ts";
import { type RawField, signedContent, signedForms } from "./signature.ts";

/** A message's fields as text; an empty field is no field. */
export type Notice = ReadonlyMap<string, string>;

/** Whether one of the keys signed these fields. No field that may be left out of it can change what they say. */
export async function verifyFields(fields: readonly RawField[], keys: readonly CryptoKey[]): Promise<boolean> {
  const sign = asciiField(fields, "sign") ?? "";
  for (const form of signedForms(fields)) {
    if (await isSignedByAny(keys, signedContent(form), sign)) return true;
  }
  return false;
}

/** Decodes fields by the charset that they name. Returns undefined when they are not text in it. */
export function decodeFields(fields: readonly RawField[]): Notice | undefined {
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
 * hidden; what a shop writes into its own fields may look like one. Returns the name of a field that hides another.
 */
export function hiddenField(notice: Notice): string | undefined {
  for (const [name, value] of notice) {
    for (const [, hidden = ""] of value.matchAll(/&([a-z_]+)=/g)) {
      if (hidden > name && DECISIVE.has(hidden)) return name;
    }
  }
  return undefined;
}

/** The value of a field that has only ASCII characters; an empty one is none. */
export function asciiField(fields: readonly RawField[], wanted: string): string | undefined {
  const field = fields.find(({ name }) => name === wanted);
  return field && (decodeUtf8(field.value) || undefined);
}
