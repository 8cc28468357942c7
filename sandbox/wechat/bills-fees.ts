/** What WeChat Pay keeps of a payment, and gives back with a refund. Amounts in fen. */

/** Hundredths of a per cent. */
const RATE = 60;
export const RATE_TEXT = "0.60%";

/** 0.60 %, rounded half up. */
export function fee(amount: number): number {
  return Math.floor((amount * RATE + 5000) / 10_000);
}

/** The fee's share in a refund, rounded down, so that parts never give back more than the whole. */
export function returnedFee(amount: number, refund: number): number {
  return Math.floor((fee(amount) * refund) / amount);
}
