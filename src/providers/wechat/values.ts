/** Shapes of the values that several of WeChat Pay's replies and callbacks share. */
import * as z from "zod";
import { type Fen, isFen } from "../../money.ts";
import { parseRfc3339 } from "../beijing-time.ts";
import { isPlausibleTime, isProviderNumber } from "../plausible.ts";

/** The one currency of merchants in the mainland. */
export const CURRENCY = "CNY" as const;

/** An amount in fen, a JSON integer. */
export const amountInFen = z.custom<Fen>((value) => typeof value === "number" && isFen(value));

/** A time with its offset. */
const rfc3339 = z.string().transform((text, context) => {
  const time = parseRfc3339(text);
  if (time && isPlausibleTime(time)) return time;
  context.addIssue({ code: "custom", message: "not an RFC 3339 time" });
  return z.NEVER;
});

/** A time or nothing: members that do not apply are left out, or come empty. */
export const optionalTime = z.preprocess((value) => (value === "" ? undefined : value), rfc3339.nullish());

/** Text or nothing, where empty text says nothing too. */
export const optionalText = z
  .string()
  .nullish()
  .transform((text) => text || null);

/** A number that WeChat Pay gave to something. */
export const wechatNumber = z.string().refine(isProviderNumber, "not a number of WeChat Pay's");

/** The same or nothing, where empty text says nothing too. */
export const optionalNumber = optionalText.refine((text) => text === null || isProviderNumber(text));

/** Whether an amount is in yuan. Nothing else is ever ordered, and other amounts mean other money. */
export function isYuan(currency: string | null | undefined): boolean {
  return (currency ?? CURRENCY) === CURRENCY;
}
