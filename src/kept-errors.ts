/** Which refusals are final: under an idempotency key, the same request is refused in the same words until the key expires. */
import type { ERRORS, ErrorCode } from "./errors.ts";

/** Refusals of what was asked for. Bad input, strangers and trouble leave the key to a better request, or to a later one. */
type Refusal = {
  [Code in ErrorCode]: (typeof ERRORS)[Code]["status"] extends 409 | 422 ? Code : never;
}[ErrorCode];

/** False where the same request may come to something when it is repeated, or was not looked at. */
const IS_FINAL: Readonly<Record<Refusal, boolean>> = {
  ORDER_PAID: true,
  ORDER_CLOSED: true,
  ORDER_CLOSING: true,
  ORDER_EXPIRED: true,
  PAYMENT_CLOSED: true,
  ORDER_NOT_PAID: true,
  TOO_MANY_OPEN_ORDERS: true,
  STOCK_MOVED: true,
  OUT_OF_STOCK: true,
  INSUFFICIENT_POINTS: true,
  REFUND_EXCEEDS_PAYMENT: true,
  REFUND_ITEMS_EXCEED_ORDER: true,
  REFUND_NOT_REQUESTED: true,
  REFUND_WINDOW_OVER: true,
  REFUND_PARTS_USED_UP: true,
  REFUND_NOT_FAILED: true,
  REFUND_NOT_IN_DOUBT: true,
  REFUND_NOT_ABNORMAL: true,
  RECEIPT_DECIDED: true,
  RECEIPT_REFUNDED: true,
  BOOKS_INCOMPLETE: true,
  RECEIPT_AMOUNT_DIFFERS: true,
  ANOMALY_UNDECIDED: true,
  TRANSFER_FINAL: true,
  AUTHORISATION_NOT_FROZEN: true,
  AUTHORISATION_FROZEN: true,
  AUTHORISATION_EXCEEDED: true,
  AUTHORISATION_BUSY: false,
  TRANSFER_IRREVOCABLE: true,
  IDEMPOTENCY_KEY_REUSED: false,
  REQUEST_IN_PROGRESS: false,
  PROVIDER_REFUSED: true,
};

/** Whether a refusal is kept under an idempotency key. */
export function isFinal(code: ErrorCode): boolean {
  return Object.hasOwn(IS_FINAL, code) && IS_FINAL[code as Refusal];
}
