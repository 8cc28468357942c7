/** What Alipay takes in biz_content: the rules of single members, and how the text is written by them. */
import * as z from "zod";
import { utf8 } from "../../crypto/bytes.ts";
import { formatYuan, MAX_FEN } from "../../money.ts";
import { InputError } from "../input-error.ts";
import { normaliseText } from "../subject.ts";

/** The interface forbids these in a subject; full-width ones look alike. */
export const ALIPAY_TEXT = { maxLength: 256, replace: { "/": "／", "=": "＝", "&": "＆" } };

/** Text of so many characters, none of four UTF-8 bytes: what can't be written in GBK may come back altered. */
export function text(maxLength: number) {
  return z
    .string()
    .min(1, "is empty")
    .max(maxLength, `is longer than ${maxLength} characters`)
    .regex(/^[^\p{Cs}\u{10000}-\u{10FFFF}]*$/u, "has characters of four UTF-8 bytes, such as emoji");
}

/** An out_trade_no or out_request_no. Dashes are taken although the interface does not list them. */
export const ownNumber = z.string().regex(/^[0-9A-Za-z_-]{1,64}$/, "is not up to 64 of 0-9 A-Z a-z _ -");

/** A number that Alipay gave. */
export const alipayNumber = z.string().regex(/^\d{16,64}$/, "is not 16 to 64 digits");

/** What a buyer's payment code holds: digits, or what a device that knows faces gives. */
export const paymentCode = z.string().regex(/^(?:(?:2[5-9]|30)\d{14,22}|fp[0-9A-Za-z]{33})$/, "is no payment code");

export const openId = z.string().regex(/^[0-9A-Za-z_-]{1,128}$/, "is neither a user id nor an open id");

/** What names a buyer in biz_content: a user's number begins with 2088; all else is an open id. */
export function buyerMember(buyerId: string): { readonly buyer_id: string } | { readonly buyer_open_id: string } {
  return /^2088\d{12}$/.test(buyerId) ? { buyer_id: buyerId } : { buyer_open_id: buyerId };
}

/** An amount in fen, written as yuan with two decimals. */
export const amount = z
  .int("is not a number of fen")
  .min(1, "is less than 1 fen")
  .max(MAX_FEN, `is more than ${MAX_FEN} fen`)
  .transform(formatYuan);

/** An absolute address of the web. */
export const webAddress = (maxLength: number) =>
  text(maxLength).refine((url) => /^https?:$/.test(URL.parse(url)?.protocol ?? ""), "is not an http or https address");

/** Goods may be many and wordy, and a page's address holds all of them three times over once it is encoded. */
const MAX_CONTENT_BYTES = 6144;

/**
 * Writes biz_content. The shape fixes the order of members; absent ones are left out.
 * @throws InputError naming the member that Alipay would not take
 */
export function writeContent<T extends z.ZodObject>(shape: T, content: z.input<T>): string {
  const written = JSON.stringify(checked(shape, content));
  if (utf8(written).length <= MAX_CONTENT_BYTES) return written;
  throw new InputError("goods_detail", `makes biz_content larger than ${MAX_CONTENT_BYTES} bytes`);
}

/** The value as the shape has it. Throws InputError. */
export function checked<T extends z.ZodType>(shape: T, value: z.input<T>): z.output<T> {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new InputError(pathText(issue?.path ?? []) || "biz_content", issue?.message ?? "is not taken");
}

/** `["goods_detail", 0, "quantity"]` becomes `goods_detail[0].quantity`. */
function pathText(path: readonly PropertyKey[]): string {
  const parts = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`));
  return parts.join("").replace(/^\./, "");
}

/** Text that people see, in the characters and the length that are taken; undefined when nothing is left of it. */
export function shownText(shown: string | undefined, maxLength: number): string | undefined {
  return shown === undefined ? undefined : normaliseText(shown, { ...ALIPAY_TEXT, maxLength }) || undefined;
}
