/** Pre-authorisation: asking, releasing and cancelling. */
import * as z from "zod";
import { dateTime } from "../times.ts";
import type { World } from "../world.ts";
import type { Endpoint, Input } from "./endpoint.ts";
import { type Freeze, type Release, released, rest } from "./pre-auth-book.ts";
import { authError, checkedAuth, FreezeCancel, FreezeQuery, Unfreeze } from "./pre-auth-schemas.ts";
import { toYuan } from "./yuan.ts";

export const releaseEndpoints: readonly Endpoint[] = [
  {
    method: "alipay.fund.auth.operation.detail.query",
    operation: "auth_query",
    concerns: outOrderNo,
    run: queryFreeze,
  },
  { method: "alipay.fund.auth.order.unfreeze", operation: "auth_unfreeze", concerns: requestNo, run: unfreeze },
  { method: "alipay.fund.auth.operation.cancel", operation: "auth_cancel", concerns: outOrderNo, run: cancel },
];

function queryFreeze(world: World, { bizContent }: Input) {
  const named = checkedAuth(FreezeQuery, bizContent);
  const { freezes } = world.alipay;
  const freeze = named.auth_no ? freezes.byAuthNo(named.auth_no) : freezes.byOutOrderNo(named.out_order_no ?? "");
  if (!freeze?.opened) throw authError("AUTH_ORDER_NOT_EXIST", "授权订单不存在");
  const release = freeze.releases.find(
    (each) => each.outRequestNo === named.out_request_no || each.operationId === named.operation_id,
  );
  const isFreeze = named.out_request_no === freeze.outRequestNo || named.operation_id === freeze.operationId;
  if (!release && !isFreeze) throw authError("AUTH_OPERATION_NOT_EXIST", "授权操作流水不存在");
  return { ...sums(freeze), ...(release ? releaseFields(release) : freezeFields(freeze)) };
}

function sums(freeze: Freeze) {
  return {
    ...(freeze.authNo !== null && { auth_no: freeze.authNo }),
    out_order_no: freeze.outOrderNo,
    order_title: freeze.title,
    order_status: freeze.status,
    total_freeze_amount: toYuan(freeze.authNo === null ? 0 : freeze.amount),
    rest_amount: toYuan(rest(freeze)),
    total_pay_amount: toYuan(freeze.captured),
    total_unfreeze_amount: toYuan(released(freeze)),
  };
}

function freezeFields(freeze: Freeze) {
  const status = { INIT: "INIT", CLOSED: "CLOSED", AUTHORIZED: "SUCCESS", FINISH: "SUCCESS" }[freeze.status];
  return {
    operation_id: freeze.operationId,
    out_request_no: freeze.outRequestNo,
    amount: toYuan(freeze.amount),
    operation_type: "FREEZE",
    status,
    gmt_create: dateTime(freeze.createdAt),
    ...(freeze.frozenAt !== null && { gmt_trans: dateTime(freeze.frozenAt) }),
  };
}

function releaseFields(release: Release) {
  return {
    operation_id: release.operationId,
    out_request_no: release.outRequestNo,
    amount: toYuan(release.amount),
    operation_type: "UNFREEZE",
    status: "SUCCESS",
    gmt_create: dateTime(release.at),
    gmt_trans: dateTime(release.at),
  };
}

function unfreeze(world: World, { bizContent }: Input) {
  const order = checkedAuth(Unfreeze, bizContent);
  const freeze = world.alipay.freezes.byAuthNo(order.auth_no);
  if (!freeze) throw authError("AUTH_ORDER_NOT_EXIST", "授权订单不存在");
  const there = freeze.releases.find((each) => each.outRequestNo === order.out_request_no);
  const release = there ? repeated(there, order) : releasedAnew(world, freeze, order);
  const { operation_id, out_request_no, amount, status, gmt_trans } = releaseFields(release);
  const { auth_no, out_order_no } = sums(freeze);
  return { auth_no, out_order_no, operation_id, out_request_no, amount, status, gmt_trans };
}

function repeated(there: Release, order: z.output<typeof Unfreeze>): Release {
  if (there.amount === order.amount && there.remark === order.remark) return there;
  throw authError("UNIQUE_VIOLATION", "请求号重复且参数不一致");
}

function releasedAnew(world: World, freeze: Freeze, order: z.output<typeof Unfreeze>): Release {
  if (freeze.status !== "AUTHORIZED") throw authError("ORDER_ALREADY_FINISH", "授权订单已完结");
  if (order.amount > rest(freeze)) throw authError("UNFREEZE_AMOUNT_EXCEED", "解冻金额大于剩余冻结金额");
  const { out_request_no: outRequestNo, amount, remark } = order;
  return world.alipay.freezes.release(freeze, { outRequestNo, amount, remark });
}

/** Closes what nobody has confirmed, releases what is frozen and untouched. Asked again, it answers the same. */
function cancel(world: World, { bizContent }: Input) {
  const named = checkedAuth(FreezeCancel, bizContent);
  const freeze = world.alipay.freezes.byOutOrderNo(named.out_order_no);
  if (!freeze?.opened) throw authError("AUTH_ORDER_NOT_EXIST", "授权订单不存在");
  if (freeze.captured > 0 || freeze.releases.length > 0 || freeze.status === "FINISH") {
    throw authError("AUTH_ORDER_HAS_FINISHED", "授权订单已有后续操作，不能撤销");
  }
  const { auth_no, out_order_no } = sums(freeze);
  const action = freeze.authNo === null ? "close" : "unfreeze";
  world.alipay.freezes.close(freeze);
  const { operationId: operation_id, outRequestNo: out_request_no } = freeze;
  return { ...(auth_no && { auth_no }), out_order_no, operation_id, out_request_no, action };
}

/** The number that biz_content names a freeze by, whether or not the rest of it is right. */
export function outOrderNo(_world: World, { bizContent }: Input): string | undefined {
  return z.object({ out_order_no: z.string() }).safeParse(bizContent).data?.out_order_no;
}

function requestNo(_world: World, { bizContent }: Input): string | undefined {
  return z.object({ out_request_no: z.string() }).safeParse(bizContent).data?.out_request_no;
}
