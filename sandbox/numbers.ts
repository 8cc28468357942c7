/** Numbers in the forms that the providers give out. Times are ms of the schedule clock. */
import { randomDigits } from "./crypto.ts";
import { compactDate, compactDateTime } from "./times.ts";

/** WeChat Pay's transaction_id: 28 digits. */
export function wechatTransactionId(now: number): string {
  return `4200009${randomDigits(3)}${compactDate(now)}${randomDigits(10)}`;
}

/** WeChat Pay's refund_id: 29 digits. */
export function wechatRefundId(now: number): string {
  return `503000${randomDigits(5)}${compactDate(now)}${randomDigits(10)}`;
}

/** Alipay's trade_no: 28 digits. */
export function alipayTradeNo(now: number): string {
  return `${compactDate(now)}22001${randomDigits(15)}`;
}

/** Alipay's notify_id: 36 characters. */
export function alipayNotifyId(now: number): string {
  return `${compactDateTime(now)}222${randomDigits(19)}`;
}
