/** As much of DER (ITU-T X.690) as RSA keys and certificates need. */
import type { Bytes } from "./bytes.ts";
import { concatBytes } from "./bytes.ts";

export const DER_TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  sequence: 0x30,
  utcTime: 0x17,
  generalizedTime: 0x18,
  explicit0: 0xa0,
  explicit3: 0xa3,
} as const;

/** One element: its tag, what it holds, and all of its bytes. */
export interface DerElement {
  readonly tag: number;
  readonly content: Bytes;
  readonly raw: Bytes;
}

/** Reads the elements that follow one another in `bytes`. Returns undefined when they are not well-formed DER. */
export function readDer(bytes: Bytes): readonly DerElement[] | undefined {
  const elements: DerElement[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const element = readElement(bytes, offset);
    if (!element) return undefined;
    elements.push(element);
    offset += element.raw.length;
  }
  return elements;
}

/** Reads the children of `bytes`, which must be exactly one SEQUENCE. Returns undefined when it is not. */
export function readSequence(bytes: Bytes): readonly DerElement[] | undefined {
  const [outer, ...rest] = readDer(bytes) ?? [];
  if (outer?.tag !== DER_TAG.sequence || rest.length > 0) return undefined;
  return readDer(outer.content);
}

/** Encodes one element. */
export function encodeDer(tag: number, ...contents: readonly Uint8Array[]): Bytes {
  const content = concatBytes(...contents);
  return concatBytes(Uint8Array.from([tag, ...encodeLength(content.length)]), content);
}

function readElement(bytes: Bytes, offset: number): DerElement | undefined {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined) return undefined;
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || lengthBytes > 3) return undefined;
  let length = first < 0x80 ? first : 0;
  for (let index = 0; index < lengthBytes; index += 1) length = length * 256 + (bytes[offset + 2 + index] ?? 0);
  const start = offset + 2 + lengthBytes;
  const end = start + length;
  if (end > bytes.length) return undefined;
  return { tag, content: bytes.slice(start, end), raw: bytes.slice(offset, end) };
}

function encodeLength(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return [0x80 | digits.length, ...digits];
}
