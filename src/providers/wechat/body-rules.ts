/** What WeChat Pay takes in the bodies of requests: the rules of single members, and how a body is written by them. */
import * as z from "zod";
import { utf8 } from "../../crypto/bytes.ts";
import { InputError } from "../input-error.ts";
import { normaliseText } from "../subject.ts";
import { CURRENCY } from "./values.ts";

/** Text of so many characters, none of four UTF-8 bytes: WeChat Pay takes no others. */
export function text(maxLength: number) {
  return z
    .string()
    .min(1, "is empty")
    .max(maxLength, `is longer than ${maxLength} characters`)
    .regex(/^[^\p{Cs}\u{10000}-\u{10FFFF}]*$/u, "has characters of four UTF-8 bytes, such as emoji");
}

/** An out_trade_no, also of a combined payment. */
export const tradeNumber = z.string().regex(/^[0-9A-Za-z_|*-]{6,32}$/, "is not 6 to 32 of 0-9 A-Z a-z _ - | *");

/** An amount to pay, to refund or to transfer, in fen. */
export const amount = z.int("is not a number of fen").min(1, "is less than 1 fen");

export const currency = z.literal(CURRENCY);

/** Where notices go: WeChat Pay takes no query there. */
export const notifyUrl = (longest = 255) =>
  text(longest).regex(/^https?:\/\/[^?#]+$/, "is not an address without query");

/**
 * Writes a body. The shape fixes the order of members; absent ones are left out, as `null` is not allowed.
 * @throws InputError naming the member that WeChat Pay would not take
 */
export function writeBody<T extends z.ZodObject>(shape: T, body: z.input<T>): string {
  const parsed = shape.safeParse(body);
  if (parsed.success) return JSON.stringify(parsed.data);
  const [issue] = parsed.error.issues;
  throw new InputError(pathText(issue?.path ?? []) || "body", issue?.message ?? "is not taken");
}

/** `["goods_detail", 0, "quantity"]` becomes `goods_detail[0].quantity`. */
function pathText(path: readonly PropertyKey[]): string {
  const parts = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`));
  return parts.join("").replace(/^\./, "");
}

/** Whether a value takes at most so many bytes as minified JSON. */
export function fitsBytes(value: unknown, maxBytes: number): boolean {
  return utf8(JSON.stringify(value)).length <= maxBytes;
}

/** Text that people see, in the characters and the length that are taken; undefined when nothing is left of it. */
export function shownText(shown: string | undefined, maxLength: number): string | undefined {
  return shown === undefined ? undefined : normaliseText(shown, { maxLength, replace: {} }) || undefined;
}
