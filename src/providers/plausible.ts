/** What a provider may say of a payment at all: whatever is signed, nothing else goes into the books. */

/** A number of a provider's own. Its columns take so much, and no other alphabet. */
const NUMBER = /^[\x21-\x7e]{1,64}$/;

const EARLIEST = Date.UTC(2000, 0, 1);
/** Columns of moments end in January 2038. */
const LATEST = Date.UTC(2038, 0, 1);

/** Whether a text can be a number that a provider gave to something. */
export function isProviderNumber(text: string): boolean {
  return NUMBER.test(text);
}

/** Whether something can have happened at a moment. */
export function isPlausibleTime(time: Date): boolean {
  return time.getTime() >= EARLIEST && time.getTime() < LATEST;
}
