/** The form that a notice is posted as, decoded once and no further: signatures cover bytes, not text. */
import { type Bytes, decodeUtf8 } from "../../crypto/bytes.ts";
import type { RawField } from "./signature.ts";

const BYTE = { percent: 0x25, ampersand: 0x26, plus: 0x2b, equals: 0x3d, space: 0x20 } as const;

/** Far above any notice. Anybody may post a form, and each of its fields costs time. */
const MAX_FIELDS = 500;

/**
 * Takes a form body apart, whatever its content type says. Returns undefined when it is no form, has too many fields, or
 * has a field twice: which of the two counts must not be left to chance.
 */
export function readForm(body: Uint8Array): readonly RawField[] | undefined {
  const pairs = split(body, MAX_FIELDS + 1);
  if (pairs.length > MAX_FIELDS) return undefined;
  const fields = pairs.map(readField);
  const names = new Set(fields.map((field) => field?.name));
  return names.size === fields.length && fields.every((field) => field !== undefined) ? fields : undefined;
}

/** Takes a form apart pair by pair. What is no field is undefined. */
export function readPairs(body: Uint8Array): readonly (RawField | undefined)[] {
  return split(body, Number.POSITIVE_INFINITY).map((pair) => (pair.length === 0 ? undefined : readField(pair)));
}

/** A name may be anything but what separates fields where they are signed: it could hold another field. */
const FIELD_NAME = /^[^&=]+$/;

function readField(pair: Uint8Array): RawField | undefined {
  const equals = pair.indexOf(BYTE.equals);
  if (equals < 0) return undefined;
  const name = decodeUtf8(decodePercent(pair.subarray(0, equals)) ?? new Uint8Array());
  const value = decodePercent(pair.subarray(equals + 1));
  return name !== undefined && FIELD_NAME.test(name) && value ? { name, value } : undefined;
}

/** The first so many pairs of a form. */
function split(body: Uint8Array, most: number): readonly Uint8Array[] {
  const pairs: Uint8Array[] = [];
  for (let start = 0; start <= body.length && pairs.length < most; ) {
    const found = body.indexOf(BYTE.ampersand, start);
    const end = found < 0 ? body.length : found;
    pairs.push(body.subarray(start, end));
    start = end + 1;
  }
  return pairs;
}

/** Decodes `%XX` and `+`. Returns undefined for a percent sign without two hex digits. */
function decodePercent(encoded: Uint8Array): Bytes | undefined {
  const decoded = new Uint8Array(encoded.length);
  let length = 0;
  for (let at = 0; at < encoded.length; at += 1) {
    const byte = encoded[at] ?? 0;
    const value = byte === BYTE.percent ? hexByte(encoded[at + 1], encoded[at + 2]) : byte;
    if (value === undefined) return undefined;
    decoded[length] = byte === BYTE.plus ? BYTE.space : value;
    length += 1;
    if (byte === BYTE.percent) at += 2;
  }
  return decoded.slice(0, length);
}

function hexByte(high: number | undefined, low: number | undefined): number | undefined {
  const digits = String.fromCharCode(high ?? 0, low ?? 0);
  return /^[0-9A-Fa-f]{2}$/.test(digits) ? Number.parseInt(digits, 16) : undefined;
}
