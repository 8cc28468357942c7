/** Verifying what a browser comes back with (Alipay, page.pay and wap.pay, "return_url"). It is no proof of payment. */
import { utf8 } from "../../crypto/bytes.ts";
import { readPairs } from "./form.ts";
import type { FindKeys } from "./node.ts";
import type { RawField } from "./signature.ts";
import { type FieldsVerification, verifySigned } from "./signed-fields.ts";
import { refuse } from "./verdicts.ts";

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

/** Whether an address has none of the parameters that Alipay adds: nobody could tell which of two it has signed. */
export function hasNoReturnField(url: string): boolean {
  const own = [...(URL.parse(url)?.searchParams.keys() ?? [])];
  return own.every((name) => !RETURN_FIELDS.has(name));
}

/**
 * Verifies the query of a return_url, with or without the address in front of it. The address may have had a query of
 * its own, which Alipay does not sign: such parameters are left out, unless the signature needs them.
 */
export async function verifyReturn(query: string, findKeys: FindKeys): Promise<FieldsVerification> {
  const text = (query.split("#", 1)[0] ?? "").replace(/^[^?]*\?/, "");
  const all = readPairs(utf8(text)).filter((field) => field !== undefined);
  const own = all.filter(({ name }) => RETURN_FIELDS.has(name));
  if (hasTwice(own)) return refuse("malformed", "a field comes twice");
  return verifySigned(hasTwice(all) ? [own] : [own, all], findKeys);
}

function hasTwice(fields: readonly RawField[]): boolean {
  return new Set(fields.map(({ name }) => name)).size < fields.length;
}
