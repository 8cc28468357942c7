/** Sealing what is written about people, and opening it where it is used. Places are in db/sealed-columns.ts. */
import { placeOf, type SealedColumn } from "../../db/sealed-columns.ts";
import { type SealedText, SealedTextError } from "../security/field-cipher.ts";
import type { PaymentContext } from "./context.ts";

/** What is shown in the place of a text that can't be opened. */
const UNREADABLE = "(unreadable)";

/** A column of a row, by the row's key. */
export interface Field {
  readonly column: SealedColumn;
  readonly row: string;
}

/** The text as it goes into that field. */
export function seal(ctx: PaymentContext, { column, row }: Field, plain: string): Promise<SealedText> {
  return ctx.cipher.seal(plain, placeOf(column, row));
}

/** The same for what may be absent. */
export async function sealAny(ctx: PaymentContext, field: Field, plain: string | null): Promise<SealedText | null> {
  return plain === null ? null : await seal(ctx, field, plain);
}

/**
 * The text that a field holds, to act upon. Throws SealedTextError, and logs which column and key it was: whatever needs
 * this text can't be done to this row until the key is back.
 */
export async function unseal(ctx: PaymentContext, { column, row }: Field, sealed: SealedText): Promise<string> {
  try {
    return await ctx.cipher.open(sealed, placeOf(column, row));
  } catch (error) {
    if (error instanceof SealedTextError) {
      const [table = "", name = ""] = column.split(".");
      ctx.log.error("field.unreadable", error, { table, column: name, row, key: error.keyId, reason: error.reason });
    }
    throw error;
  }
}

/** The same, to be looked at: undefined for one that can't be opened, which keeps nobody from the rest of its row. */
export async function unsealReadable(
  ctx: PaymentContext,
  field: Field,
  sealed: SealedText,
): Promise<string | undefined> {
  try {
    return await unseal(ctx, field, sealed);
  } catch (error) {
    if (error instanceof SealedTextError) return undefined;
    throw error;
  }
}

/** The same, with words in the place of what can't be opened. */
export async function unsealShown(ctx: PaymentContext, field: Field, sealed: SealedText): Promise<string> {
  return (await unsealReadable(ctx, field, sealed)) ?? UNREADABLE;
}
