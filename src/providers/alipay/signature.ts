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

/**
 * The sets of fields that a message's signature may cover, the usual one first, each once. Systems behind Alipay do
 * not agree on whether empty values and `sign_type` are signed. The certificate that a message names never is.
 */
export function signedForms(fields: readonly RawField[]): readonly (readonly RawField[])[] {
  const all = fields.filter(({ name }) => name !== "sign" && name !== "alipay_cert_sn");
  const filled = all.filter(({ value }) => value.length > 0);
  const forms = [withoutType(filled), withoutType(all), filled, all];
  return forms.filter((form, index) => forms.findIndex((other) => isSame(form, other)) === index);
}

function withoutType(fields: readonly RawField[]): readonly RawField[] {
  return fields.filter(({ name }) => name !== "sign_type");
}

function isSame(one: readonly RawField[], other: readonly RawField[]): boolean {
  return one.length === other.length && one.every((field, index) => field === other[index]);
}
