/**
 * Money inside the service: integers in fen (分, 1/100 yuan). Yuan exist only at the edges, as decimal text
 * with two places, and never pass through binary floating point on their way in or out.
 */

declare const fenBrand: unique symbol;

/** An amount in fen: a safe, non-negative integer. */
export type Fen = number & { readonly [fenBrand]: true };

/** The largest amount the service takes: 100,000,000 yuan, the ceiling of Alipay's gateway. */
export const MAX_FEN = 10_000_000_000;

/** Brands an integer as fen. Throws RangeError when it is not a safe integer between 0 and MAX_FEN. */
export function fen(value: number): Fen {
  if (!isFen(value)) throw new RangeError(`not an amount in fen: ${value}`);
  return value;
}

/** Whether a number is an amount in fen: an integer between 0 and MAX_FEN. */
export function isFen(value: number): value is Fen {
  return Number.isSafeInteger(value) && value >= 0 && value <= MAX_FEN;
}

const YUAN = /^(0|[1-9]\d{0,8})(?:\.(\d{1,2}))?$/;

/** Reads yuan text such as "100", "100.5" or "0.01" exactly. Returns undefined for anything else. */
export function parseYuan(text: string): Fen | undefined {
  const match = YUAN.exec(text);
  if (!match) return undefined;
  const value = Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0"));
  return isFen(value) ? value : undefined;
}

/** Prints fen as yuan with two decimals: 10000 becomes "100.00". */
export function formatYuan(amount: number): string {
  const sign = amount < 0 ? "-" : "";
  const digits = String(Math.abs(amount)).padStart(3, "0");
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
