/** Shapes of the values that Alipay's replies and notices share. */
import * as z from "zod";
import { parseYuan } from "../../money.ts";
import { parseBeijing } from "../beijing-time.ts";
import { isPlausibleTime, isProviderNumber } from "../plausible.ts";

/** Turns text into a value by a reader that returns undefined for what it doesn't understand. */
function textAs<T>(read: (text: string) => T | undefined, expected: string) {
  return z.string().transform((text, context) => {
    const value = read(text);
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: `not ${expected}` });
    return z.NEVER;
  });
}

/** An amount: yuan as text, read exactly into fen. */
export const yuan = textAs(parseYuan, "an amount in yuan");

/** A time: `yyyy-MM-dd HH:mm:ss` in GMT+8. */
export const beijingTime = textAs((text) => {
  const time = parseBeijing(text);
  return time && isPlausibleTime(time) ? time : undefined;
}, "a time");

/** A number that Alipay gave to something. */
export const alipayOwnNumber = z.string().refine(isProviderNumber, "not a number of Alipay's");

/** Whatever shape has, or nothing: Alipay leaves members out and sends them empty to mean the same. */
export function optional<T extends z.ZodType>(shape: T) {
  return z.preprocess((value) => (value === "" || value === null ? undefined : value), shape.optional());
}
