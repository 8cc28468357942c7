/** Rows of a busy shop that a test may break, as conditions. */
import { type SQL, sql } from "drizzle-orm";
import type { BusyShop } from "./busy-shop.ts";

export const order = ({ refunded }: BusyShop) => sql`id = ${refunded.orderId}`;
export const openOrder = ({ open }: BusyShop) => sql`id = ${open.orderId}`;
export const payment = ({ refunded }: BusyShop) => sql`out_trade_no = ${refunded.outTradeNo}`;
export const openPayment = ({ open }: BusyShop) => sql`out_trade_no = ${open.outTradeNo}`;
export const refund = ({ refunded }: BusyShop) => sql`id = ${refunded.refundId}`;
export const account = ({ refunded }: BusyShop) => sql`user_id = ${refunded.customer.id}`;
export const shelf = ({ refunded }: BusyShop) => sql`sku = ${refunded.sku}`;
export const freeze = (shop: BusyShop) => sql`out_order_no = ${shop.freeze}`;
export function any(): SQL {
  return sql`1 = 1`;
}
export function cancelled(): SQL {
  return sql`state = 'CLOSED' and close_reason = 'CANCELLED'`;
}
export function closed(): SQL {
  return sql`state = 'CLOSED'`;
}
export function sold({ refunded }: BusyShop): SQL {
  return sql`kind = 'SALE' and order_id = ${refunded.orderId}`;
}
export function returned({ refunded }: BusyShop): SQL {
  return sql`kind = 'RETURN' and cause_id = ${refunded.refundId}`;
}
export function pointsBack({ refunded }: BusyShop): SQL {
  return sql`user_id = ${refunded.customer.id} and kind = 'REFUND' and cause_id = ${refunded.refundId}`;
}
export function paidByPoints(): SQL {
  return sql`kind = 'PAY' and state = 'POSTED'`;
}
export function reward({ rewarded }: BusyShop): SQL {
  return sql`user_id = ${rewarded.customer.id} and kind = 'EARN'`;
}
export function clawback({ rewarded }: BusyShop): SQL {
  return sql`user_id = ${rewarded.customer.id} and kind = 'CLAWBACK'`;
}
export function rewardedAccount({ rewarded }: BusyShop): SQL {
  return sql`user_id = ${rewarded.customer.id}`;
}
export function doneDay(): SQL {
  return sql`provider = 'wechat' and state = 'DONE' and entry_count > 0`;
}
export function ofBill(): SQL {
  return sql`kind = 'BILL_MISSING_HERE'`;
}
export function aboutOrder(): SQL {
  return sql`order_id is not null`;
}
export function line({ refunded }: BusyShop): SQL {
  return sql`order_id = ${refunded.orderId}`;
}
export function hold({ open }: BusyShop): SQL {
  return sql`user_id = ${open.customer.id} and kind = 'HOLD'`;
}
export function heldMoney({ held }: BusyShop): SQL {
  return sql`out_trade_no = ${held}`;
}
export function ofWriteOff({ writtenOff }: BusyShop): SQL {
  return sql`subject = ${writtenOff}`;
}
export function combined({ combineOutTradeNo }: BusyShop): SQL {
  return sql`combine_out_trade_no = ${combineOutTradeNo}`;
}
export function paidTogether(shop: BusyShop): SQL {
  return sql`combine_out_trade_no = ${shop.paidTogether}`;
}
export function underWay(): SQL {
  return sql`state = 'PROCESSING'`;
}
export function adjustment(): SQL {
  return sql`kind = 'ADJUST' and reason = 'found'`;
}
export function saleOfNothing(): SQL {
  return sql`kind = 'SALE' and state = 'VOIDED'`;
}
export function grant({ refunded }: BusyShop): SQL {
  return sql`user_id = ${refunded.customer.id} and kind = 'GRANT'`;
}
export function closedHold(): SQL {
  return sql`kind = 'HOLD' and state = 'VOIDED'`;
}
export function transfer(shop: BusyShop): SQL {
  return sql`out_bill_no = ${shop.transfer}`;
}
export function paidTransfer(shop: BusyShop): SQL {
  return sql`out_bill_no = ${shop.paidTransfer}`;
}
export function openFreeze(shop: BusyShop): SQL {
  return sql`out_order_no = ${shop.openFreeze}`;
}
export function captured(): SQL {
  return sql`state = 'SUCCESS'`;
}
export function resolved(): SQL {
  return sql`state = 'RESOLVED'`;
}
