/** JSON from outside: bytes to a checked value, with no exception on the way. */
import type * as z from "zod";
import { decodeUtf8 } from "../crypto/bytes.ts";
import { hasMemberTwice } from "./written-json.ts";

/** Parses JSON text. Returns undefined when it is none. */
export function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads bytes as UTF-8 JSON of a certain shape. Returns undefined for anything else. */
export function readJson<T extends z.ZodType>(bytes: Uint8Array, shape: T): z.output<T> | undefined {
  const parsed = shape.safeParse(parseJson(decodeUtf8(bytes)));
  return parsed.success ? parsed.data : undefined;
}

/** The same, of JSON in which no member stands twice. */
export function readPlainJson<T extends z.ZodType>(bytes: Uint8Array, shape: T): z.output<T> | undefined {
  const text = decodeUtf8(bytes);
  const parsed = shape.safeParse(parseJson(text));
  return parsed.success && text !== undefined && !hasMemberTwice(text) ? parsed.data : undefined;
}
