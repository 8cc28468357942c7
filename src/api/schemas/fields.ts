/** The fields that inputs and outputs are made of. */
import * as z from "zod";
import { formatYuan, MAX_FEN, parseYuan } from "../../money.ts";
import { METHOD_NAMES, PROVIDERS } from "../../providers/methods.ts";

const NOT_AN_AMOUNT = "must be an amount in yuan, 0 to 100000000, with at most two decimals";

/** For procedures that need to be told nothing, and take nothing that they would not look at. */
export const nothing = z.strictObject({}).optional();

/** Yuan as a JSON number or text, read exactly: a number counts as its shortest decimal text. Becomes fen. */
export const yuan = z
  .union([z.number(), z.string()], NOT_AN_AMOUNT)
  .transform((value, context) => {
    const amount = parseYuan(String(value));
    if (amount !== undefined) return amount;
    context.addIssue({ code: "custom", message: NOT_AN_AMOUNT });
    return z.NEVER;
  })
  .meta({ description: "Yuan, as a number or as text, with at most two decimals", examples: ["100.00", 100] });

/** Fen going out as yuan with two decimals. */
export const yuanText = z
  .int()
  .transform(formatYuan)
  .pipe(z.string().regex(/^-?\d+\.\d\d$/))
  .meta({ description: "Yuan with two decimals", examples: ["100.00"] });

/** A moment going out as ISO 8601 in UTC. */
export const moment = z
  .date()
  .transform((date) => date.toISOString())
  .pipe(z.iso.datetime())
  .meta({ description: "ISO 8601, UTC" });

/** How a description says that customers may not set a field. */
export const FOR_SERVICES = "For the service and operator roles";

/** A number that names something: an order, a refund, a row to start from. */
export const reference = z.string().regex(/^[\x21-\x7e]{1,64}$/, "must be 1 to 64 printable ASCII characters");

export const sku = reference.meta({ description: "What is sold: 1 to 64 printable ASCII characters" });
export const userId = reference.meta({ description: "A user: the `sub` of their tokens" });
export const provider = z.enum(PROVIDERS);
export const method = z.enum(METHOD_NAMES);
export const quantity = z.int().min(1).max(9999);
export const points = z.int().min(0).max(MAX_FEN).meta({ description: "One point is worth one fen" });

/** Text that people read: no control characters, no line breaks, no halves of characters. */
export const line = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .regex(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]*$/u, "must be one line without control characters")
    .regex(/\S|^$/, "must not be blank");

/** For procedures that others may call as well: of operators it is asked. */
export const operatorsReason = line(200)
  .optional()
  .meta({ description: "Operators have to say why, in their own words; kept on record" });

/** Such text for a provider that takes no characters of four UTF-8 bytes, and where none may be left out. */
export const plainLine = (longest: number) =>
  line(longest).regex(/^[^\u{10000}-\u{10ffff}]*$/u, "must not hold characters of four UTF-8 bytes, such as emoji");

/** How many rows a page holds. Coerced, because a query string has only text. */
export const limit = z.coerce.number<number | string>().int().min(1).max(100).default(20);

/** The first of each SKU may stay; any other is named. */
export function refuseRepeatedSkus(
  items: readonly { readonly sku: string }[],
  context: Pick<z.RefinementCtx, "addIssue">,
): void {
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    if (seen.has(item.sku)) {
      context.addIssue({ code: "custom", path: [index, "sku"], message: `${item.sku} is named twice` });
    }
    seen.add(item.sku);
  }
}
