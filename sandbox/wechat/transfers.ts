/** Merchant transfers that the user confirms: asked for, looked up, taken back (WeChat Pay V3, merchant transfer). */
import * as z from "zod";
import { DAY, rfc3339 } from "../times.ts";
import type { World } from "../world.ts";
import { checked } from "./body.ts";
import type { Endpoint, Input } from "./endpoint.ts";
import { invalidRequest, WechatError } from "./errors.ts";
import { canBecome, type Transfer } from "./transfers-book.ts";
import { cancelTransfer, startTransfer } from "./transfers-flow.ts";
import { transferView } from "./transfers-notice.ts";
import { type CheckedOrder, checkedOrder, OutBillNo } from "./transfers-rules.ts";

const KEPT = 30 * DAY;
const BILLS = "/v3/fund-app/mch-transfer/transfer-bills";

export const transferEndpoints: readonly Endpoint[] = [
  {
    method: "POST",
    path: BILLS,
    operation: "transfer",
    family: "transfer",
    limit: { name: "transfer", perSecond: 100 },
    concerns: (_world, { body }) => outBillNo(body),
    run: createTransfer,
  },
  {
    method: "GET",
    path: `${BILLS}/out-bill-no/:no`,
    operation: "transfer_query",
    family: "transfer",
    run: (world, input) =>
      queried(world, input, world.wechat.transfers.byOutBillNo(checked(OutBillNo, input.no, "url"))),
  },
  {
    method: "GET",
    path: `${BILLS}/transfer-bill-no/:no`,
    operation: "transfer_query",
    family: "transfer",
    concerns: (world, { no }) => world.wechat.transfers.byTransferBillNo(no)?.outBillNo,
    run: (world, input) => queried(world, input, world.wechat.transfers.byTransferBillNo(input.no)),
  },
  {
    method: "POST",
    path: `${BILLS}/out-bill-no/:no/cancel`,
    operation: "transfer_cancel",
    family: "transfer",
    bodyOptional: true,
    run: takeBack,
  },
  {
    method: "POST",
    path: "/v3/transfer/batches",
    operation: "transfer",
    family: "transfer",
    concerns: () => undefined,
    run: () => {
      throw new WechatError(403, "NO_AUTH", "该接口已不再向新商户开放，请使用商家转账");
    },
  },
];

/** Takes a transfer on, or answers as before when the request is the same: the name by its text, as each encryption differs. */
function createTransfer(world: World, input: Input) {
  requireListedAddress(world, input);
  const order = checkedOrder(world, input);
  const there = world.wechat.transfers.byOutBillNo(order.out_bill_no);
  const transfer = there ? repeated(there, order) : entered(world, order);
  return {
    out_bill_no: transfer.outBillNo,
    transfer_bill_no: transfer.transferBillNo,
    create_time: rfc3339(transfer.createdAt),
    state: transfer.state,
    ...(transfer.failReason !== null && { fail_reason: transfer.failReason }),
    ...(transfer.state === "WAIT_USER_CONFIRM" && { package_info: transfer.packageInfo }),
  };
}

function repeated(there: Transfer, order: CheckedOrder): Transfer {
  if (there.fingerprint === order.fingerprint) return there;
  throw invalidRequest("请求内容和上次请求不一致，请核实后再试");
}

/** Money that is not there leaves no trace: the same number works once there is some. */
function entered(world: World, order: CheckedOrder): Transfer {
  if (world.wechat.merchant.balance === "empty") throw new WechatError(403, "NOT_ENOUGH", "商户运营账户资金不足");
  const transfer = world.wechat.transfers.enter({
    outBillNo: order.out_bill_no,
    appId: order.appid,
    openid: order.openid,
    userName: order.userName,
    sceneId: order.transfer_scene_id,
    amount: order.transfer_amount,
    remark: order.transfer_remark,
    perception: order.perception,
    notifyUrl: order.notify_url,
    fingerprint: order.fingerprint,
  });
  startTransfer(world, transfer);
  return transfer;
}

function queried(world: World, input: Input, transfer: Transfer | undefined) {
  requireListedAddress(world, input);
  return transferView(world, existing(world, transfer));
}

/** Asked again while it is under way or done, it answers the same. */
function takeBack(world: World, input: Input) {
  requireListedAddress(world, input);
  const transfer = existing(world, world.wechat.transfers.byOutBillNo(checked(OutBillNo, input.no, "url")));
  const asked = transfer.state === "CANCELING" || transfer.state === "CANCELLED";
  if (!asked && !canBecome(transfer, "CANCELING")) {
    throw invalidRequest("用户已确认收款或转账已结束，不能撤销");
  }
  if (!asked) cancelTransfer(world, transfer);
  const { outBillNo: out_bill_no, transferBillNo: transfer_bill_no, state } = transfer;
  return { out_bill_no, transfer_bill_no, state, update_time: rfc3339(transfer.updatedAt) };
}

function existing(world: World, transfer: Transfer | undefined): Transfer {
  if (transfer && world.clock.now() < transfer.createdAt + KEPT) return transfer;
  throw new WechatError(404, "RESOURCE_NOT_EXISTS", "转账单不存在");
}

function requireListedAddress(world: World, { address }: Input): void {
  const listed = world.wechat.transfers.policy.listedAddresses;
  if (listed !== null && !listed.includes(address)) throw new WechatError(403, "NO_AUTH", "此IP地址不允许调用该接口");
}

/** The number that a body names, whether or not the rest of it is right. */
function outBillNo(body: unknown): string | undefined {
  return z.object({ out_bill_no: z.string() }).safeParse(body).data?.out_bill_no;
}
