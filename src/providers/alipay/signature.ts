/** The texts that Alipay's RSA2 signatures cover (gateway protocol v2, "signing"). */
import { type Bytes, concatBytes, utf8 } from "../../crypto/bytes.ts";

/** The text to sign for a request: every parameter that has a value, sorted by name, not URL-encoded. */
export function requestContent(parameters: Readonly<Record<string, string>>): Bytes {
  const fields = Object.entries(parameters).filter(([name, value]) => name !== "sign" && value !== "");
  return signedContent(fields.map(([name, value]) => ({ name, value: utf8(value) })));
}

/** A parameter whose value is still bytes, in whatever charset it came. */
export interface RawField {
  readonly name: string;
  readonly value: Uint8Array;
}

/** Joins `name=value` with `&`, sorted by name in ASCII order. */
export function signedContent(fields: readonly RawField[]): Bytes {
  const sorted = fields.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const parts = sorted.flatMap(({ name, value }, index) => [utf8(`${index === 0 ? "" : "&"}${name}=`), value]);
  return concatBytes(...parts);
}
