/** Numbers that name orders, attempts and refunds. Crockford's base 32: 0-9 and A-Z without I, L, O, U. */

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A 26-character id, sortable by time and unguessable: 48 bits of milliseconds, 80 random bits. */
export function newId(now: number): string {
  return encodeTime(now) + randomText(16);
}

/** A number for a new attempt of an order: 30 characters, within WeChat Pay's 32. */
export function newOutTradeNo(orderId: string): string {
  return orderId + randomText(4);
}

/** A number for a new refund of an order: 34 characters. */
export function newOutRefundNo(orderId: string): string {
  return `${orderId}F${randomText(7)}`;
}

/** The derived number of an automatic refund: the same attempt and generation always give the same number. */
export function automaticRefundNo(outTradeNo: string, generation: number): string {
  return `${outTradeNo}R${generation}`;
}

/** Ids made at that moment or later are not smaller than this; nor are the numbers that begin with one. */
export function firstIdAt(moment: Date): string {
  return encodeTime(moment.getTime());
}

function encodeTime(milliseconds: number): string {
  let rest = milliseconds;
  let text = "";
  for (let i = 0; i < 10; i++) {
    text = ALPHABET.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

function randomText(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(bytes, (byte) => ALPHABET.charAt(byte % 32)).join("");
}
