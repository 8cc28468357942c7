/** Verifying what a browser comes back with (Alipay, page.pay and wap.pay, "return_url"). It is no proof of payment. */
import { utf8 } from "../../crypto/bytes.ts";
import type { VerificationFailure } from "../callback.ts";
import { readPairs } from "./form.ts";
import type { FindKeys } from "./node.ts";
import type { RawField } from "./signature.ts";
import { asciiField, decodeFields, hiddenField, type Notice, verifyFields } from "./signed-fields.ts";

/** `fields` are the signed ones only. */
export type ReturnVerification =
  | { readonly verified: true; readonly fields: Notice }
  | { readonly verified: false; readonly reason: VerificationFailure; readonly detail: string };

/** What Alipay adds to the address. */
const RETURN_FIELDS: ReadonlySet<string> = new Set([
  "alipay_cert_sn",
  "app_id",
  "auth_app_id",
  "charset",
  "method",
  "out_trade_no",
  "seller_id",
  "sign",
  "sign_type",
  "timestamp",
  "total_amount",
  "trade_no",
  "version",
]);

/**
 * Verifies the query of a return_url, with or without the address in front of it. The address may have had a query of
 * its own, which Alipay does not sign: such parameters are left out, unless the signature needs them.
 */
export async function verifyReturn(query: string, findKeys: FindKeys): Promise<ReturnVerification> {
  const text = (query.split("#", 1)[0] ?? "").replace(/^[^?]*\?/, "");
  const all = readPairs(utf8(text)).filter((field) => field !== undefined);
  const own = all.filter(({ name }) => RETURN_FIELDS.has(name));
  if (hasTwice(own)) return failed("malformed", "a field comes twice");
  if (!asciiField(own, "sign")) return failed("missing_signature", "field sign is missing");
  if ((asciiField(own, "sign_type") ?? "RSA2") !== "RSA2") return failed("bad_signature", "sign_type is not RSA2");
  const keys = await findKeys(asciiField(own, "alipay_cert_sn"));
  if (keys.length === 0) return failed("unknown_serial", "no key has this alipay_cert_sn");
  for (const fields of hasTwice(all) ? [own] : [own, all]) {
    if (!(await verifyFields(fields, keys))) continue;
    const decoded = decodeFields(fields);
    if (decoded && hiddenField(decoded) === undefined) return { verified: true, fields: decoded };
    return failed("malformed", "the fields are not text in their charset, or one holds another");
  }
  return failed("bad_signature", "the signature does not fit the fields");
}

function hasTwice(fields: readonly RawField[]): boolean {
  return new Set(fields.map(({ name }) => name)).size < fields.length;
}

function failed(reason: VerificationFailure, detail: string): ReturnVerification {
  return { verified: false, reason, detail };
}
