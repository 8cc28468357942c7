/**
 * The envelope of a gateway reply: `{"<method>_response": …, "sign": "…"}`. Alipay signs the bytes of one member's
 * value, so they are cut out of the raw reply; parsing and printing again would change them.
 */
import type { Bytes } from "../../crypto/bytes.ts";
import { parseJson } from "../json.ts";
import { decodeText, detectCharset } from "./charset.ts";

const BYTE = { quote: 0x22, comma: 0x2c, colon: 0x3a, backslash: 0x5c, open: 0x7b, close: 0x7d } as const;
const OPENING = new Set([BYTE.open, 0x5b]);
const CLOSING = new Set([BYTE.close, 0x5d]);
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** The members of an envelope: the raw bytes of each value, white space around it left out. */
export interface Envelope {
  readonly charset: "utf-8" | "gbk";
  readonly members: ReadonlyMap<string, Bytes>;
}

/**
 * Takes a reply's outermost object apart. Returns undefined when it is not exactly one JSON object, or when it has
 * a member twice: a parser would keep the last of the two while the signature may belong to the first.
 */
export function readEnvelope(reply: Bytes): Envelope | undefined {
  const raw = BYTE_ORDER_MARK.every((byte, index) => byte === reply[index]) ? reply.slice(3) : reply;
  const charset = detectCharset(raw);
  const parsed = parseJson(decodeText(raw, charset));
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return undefined;
  const members = new Map<string, Bytes>();
  for (const member of outermostMembers(raw, charset === "gbk")) {
    const name = parseJson(decodeText(member.name, charset));
    if (typeof name !== "string" || members.has(name)) return undefined;
    members.set(name, member.value);
  }
  return { charset, members };
}

/** Parses the value of a member. */
export function parseMember(value: Bytes, charset: Envelope["charset"]): unknown {
  return parseJson(decodeText(value, charset));
}

/** Cuts well-formed JSON at the commas and colons of its outermost object. */
function outermostMembers(raw: Bytes, gbk: boolean): readonly { name: Bytes; value: Bytes }[] {
  const members: { name: Bytes; value: Bytes }[] = [];
  let name: Bytes | undefined;
  let start = 0;
  let depth = 0;
  for (let at = 0; at < raw.length; at += 1) {
    const byte = raw[at] ?? 0;
    if (byte === BYTE.quote) at = endOfString(raw, at, gbk);
    if (OPENING.has(byte)) depth += 1;
    if (depth === 1 && byte === BYTE.open) start = at + 1;
    if (depth === 1 && byte === BYTE.colon) {
      name = trimmed(raw, start, at);
      start = at + 1;
    }
    const ends = depth === 1 && (byte === BYTE.comma || byte === BYTE.close);
    if (ends && name) {
      members.push({ name, value: trimmed(raw, start, at) });
      name = undefined;
      start = at + 1;
    }
    if (CLOSING.has(byte)) depth -= 1;
  }
  return members;
}

/**
 * Where the string that begins at `start` ends. The second byte of a GBK character may look like a backslash, so
 * such characters are stepped over as a whole.
 */
function endOfString(raw: Bytes, start: number, gbk: boolean): number {
  for (let at = start + 1; at < raw.length; at += 1) {
    const byte = raw[at] ?? 0;
    if (byte === BYTE.quote) return at;
    if (byte === BYTE.backslash || (gbk && byte > 0x80)) at += 1;
  }
  return raw.length;
}

function trimmed(raw: Bytes, start: number, end: number): Bytes {
  let first = start;
  let last = end;
  while (first < last && SPACE.has(raw[first] ?? 0)) first += 1;
  while (last > first && SPACE.has(raw[last - 1] ?? 0)) last -= 1;
  return raw.slice(first, last);
}
