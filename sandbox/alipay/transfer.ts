/** Transfers, for applications in certificate mode: asked for and looked up. */
import * as z from "zod";
import { dateTime } from "../times.ts";
import type { World } from "../world.ts";
import type { Endpoint, Input } from "./endpoint.ts";
import type { Transfer } from "./transfer-book.ts";
import { checkedTransfer, TransferOrder, TransferQuery, transferError } from "./transfer-schemas.ts";
import { toYuan } from "./yuan.ts";

/** An account that nobody has. */
const NOBODY = "2088000000000404";

export const transferEndpoints: readonly Endpoint[] = [
  {
    method: "alipay.fund.trans.uni.transfer",
    operation: "transfer",
    certificateOnly: true,
    concerns: (_world, input) => outBizNo(input),
    run: createTransfer,
  },
  {
    method: "alipay.fund.trans.common.query",
    operation: "transfer_query",
    certificateOnly: true,
    concerns: (_world, input) => outBizNo(input),
    run: queryTransfer,
  },
];

/** Takes a transfer on, or answers as things stand now when the request is the same. */
function createTransfer(world: World, { bizContent }: Input) {
  const order = checkedTransfer(TransferOrder, bizContent);
  const there = world.alipay.transfers.byOutBizNo(order.out_biz_no);
  const transfer = there ? repeated(there, fingerprint(order)) : entered(world, order);
  return {
    ...numbers(transfer),
    status: transfer.status,
    ...(transfer.paidAt !== null && { trans_date: dateTime(transfer.paidAt) }),
  };
}

function repeated(there: Transfer, asked: string): Transfer {
  if (there.fingerprint === asked) return there;
  throw transferError("PAYMENT_INFO_INCONSISTENCY", "两次请求商户单号一样，但是参数不一致");
}

/** A refusal leaves no trace: the same number works once there is money, and a payee. */
function entered(world: World, order: z.output<typeof TransferOrder>): Transfer {
  const { identity, identity_type: identityType, name } = order.payee_info;
  if (identity === NOBODY) throw transferError("PAYEE_NOT_EXIST", "收款账号不存在");
  if (world.alipay.application.balance === "empty") throw transferError("PAYER_BALANCE_NOT_ENOUGH", "付款方余额不足");
  return world.alipay.transfers.enter({
    outBizNo: order.out_biz_no,
    product: order.product_code,
    amount: order.trans_amount,
    title: order.order_title,
    remark: order.remark,
    ...{ identity, identityType, name },
    fingerprint: fingerprint(order),
  });
}

function fingerprint(order: z.output<typeof TransferOrder>): string {
  return JSON.stringify(order);
}

function queryTransfer(world: World, { bizContent }: Input) {
  const named = checkedTransfer(TransferQuery, bizContent);
  const number = named.order_id ?? named.pay_fund_order_id;
  const { transfers } = world.alipay;
  const transfer = number === undefined ? transfers.byOutBizNo(named.out_biz_no ?? "") : transfers.byOrderId(number);
  const fits = number !== undefined || transfer?.product === named.product_code;
  if (!transfer || !fits) throw transferError("ORDER_NOT_EXIST", "转账订单不存在");
  return {
    ...numbers(transfer),
    status: transfer.status,
    trans_amount: toYuan(transfer.amount),
    ...(transfer.paidAt !== null && { pay_date: dateTime(transfer.paidAt) }),
    ...(transfer.errorCode !== null && { error_code: transfer.errorCode, fail_reason: "收款方账户异常" }),
  };
}

function numbers(transfer: Transfer) {
  const { outBizNo: out_biz_no, orderId: order_id, payFundOrderId: pay_fund_order_id } = transfer;
  return { out_biz_no, order_id, pay_fund_order_id };
}

/** The number that biz_content names, whether or not the rest of it is right. */
function outBizNo({ bizContent }: Input): string | undefined {
  return z.object({ out_biz_no: z.string() }).safeParse(bizContent).data?.out_biz_no;
}
