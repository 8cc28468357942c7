/** Shapes of the values that several of WeChat Pay's messages share. */
import * as z from "zod";
import { type Fen, isFen } from "../../money.ts";
import { parseRfc3339 } from "../beijing-time.ts";

/** An amount in fen, a JSON integer. */
export const amountInFen = z.custom<Fen>((value) => typeof value === "number" && isFen(value));

/** A time with its offset. */
export const rfc3339 = z.string().transform((text, context) => {
  const time = parseRfc3339(text);
  if (time) return time;
  context.addIssue({ code: "custom", message: "not an RFC 3339 time" });
  return z.NEVER;
});
