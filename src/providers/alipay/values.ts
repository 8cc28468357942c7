/** Shapes of the values that Alipay's replies and notices share. */
import * as z from "zod";
import { parseYuan } from "../../money.ts";
import { parseBeijing } from "../beijing-time.ts";

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
export const beijingTime = textAs(parseBeijing, "a time");

/** Whatever shape has, or nothing: Alipay leaves members out and sends them empty to mean the same. */
export function optional<T extends z.ZodType>(shape: T) {
  return z.preprocess((value) => (value === "" || value === null ? undefined : value), shape.optional());
}
