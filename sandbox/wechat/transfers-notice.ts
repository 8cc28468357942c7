/** A transfer in WeChat Pay's words, and the callback that tells its end (WeChat Pay V3, merchant transfer). */
import type { Notice } from "../deliveries.ts";
import { rfc3339 } from "../times.ts";
import type { World } from "../world.ts";
import { notice, occasion } from "./notices.ts";
import type { Transfer } from "./transfers-book.ts";

/** A transfer as the queries answer it. */
export function transferView(world: World, transfer: Transfer) {
  return {
    mch_id: world.wechat.mchId,
    out_bill_no: transfer.outBillNo,
    transfer_bill_no: transfer.transferBillNo,
    appid: transfer.appId,
    state: transfer.state,
    transfer_amount: transfer.amount,
    transfer_remark: transfer.remark,
    ...failReason(transfer),
    openid: transfer.openid,
    ...times(transfer),
  };
}

/** The event that tells the end of a transfer. */
export const FINISHED = "MCHTRANSFER.BILL.FINISHED";

/** Tells how a transfer ended. Nothing to tell where the request names no address. */
export function transferNotice(world: World, transfer: Transfer): Notice | undefined {
  if (transfer.notifyUrl === undefined) return undefined;
  const fault = world.faults.take(occasion(transfer.outBillNo), ["callback_wrong_amount"]);
  const told = fault ? { ...transfer, amount: fault.amount } : transfer;
  const plaintext = JSON.stringify(transferNoticeView(world, told));
  return notice(world, FINISHED, transfer.outBillNo, transfer.notifyUrl, plaintext);
}

/** A transfer as its callback encloses it. */
export function transferNoticeView(world: World, transfer: Transfer) {
  return {
    mch_id: world.wechat.mchId,
    out_bill_no: transfer.outBillNo,
    transfer_bill_no: transfer.transferBillNo,
    transfer_amount: transfer.amount,
    state: transfer.state,
    openid: transfer.openid,
    ...failReason(transfer),
    ...times(transfer),
  };
}

function failReason({ failReason }: Transfer) {
  return failReason === null ? {} : { fail_reason: failReason };
}

function times({ createdAt, updatedAt }: Transfer) {
  return { create_time: rfc3339(createdAt), update_time: rfc3339(updatedAt) };
}
