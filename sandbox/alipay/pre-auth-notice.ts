/** The notice of a freeze, sent to the notify_url of the call that asked for it. */
import type { Notice } from "../deliveries.ts";
import { dateTime } from "../times.ts";
import type { World } from "../world.ts";
import { commonFields, notice } from "./notices.ts";
import { type Freeze, released, rest } from "./pre-auth-book.ts";
import { BUYER_ID } from "./view.ts";
import { toYuan } from "./yuan.ts";

/** Tells that the buyer has confirmed. Nothing to tell where the order names no address. */
export function freezeNotice(world: World, freeze: Freeze): Notice | undefined {
  const { notifyUrl, outOrderNo } = freeze;
  return notifyUrl === undefined
    ? undefined
    : notice(world, "FREEZE", outOrderNo, notifyUrl, freezeNoticeFields(world, freeze));
}

function freezeNoticeFields(world: World, freeze: Freeze) {
  return {
    ...commonFields(world, "fund_auth_freeze"),
    auth_no: freeze.authNo ?? "",
    out_order_no: freeze.outOrderNo,
    operation_id: freeze.operationId,
    out_request_no: freeze.outRequestNo,
    operation_type: "FREEZE",
    amount: toYuan(freeze.amount),
    status: "SUCCESS",
    gmt_create: dateTime(freeze.createdAt),
    gmt_trans: dateTime(freeze.frozenAt ?? world.clock.now()),
    payer_user_id: BUYER_ID,
    payer_logon_id: "sim***@example.com",
    payee_user_id: world.alipay.sellerId,
    payee_logon_id: "mer***@example.com",
    total_freeze_amount: toYuan(freeze.amount),
    total_unfreeze_amount: toYuan(released(freeze)),
    total_pay_amount: toYuan(freeze.captured),
    rest_amount: toYuan(rest(freeze)),
  };
}
