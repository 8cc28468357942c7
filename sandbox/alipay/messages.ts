/** Messages about no trade's state, sent to the application's own address: alipay.trade.refund.depositback.completed. */
import type { Notice } from "../deliveries.ts";
import { alipayNotifyId } from "../numbers.ts";
import { dateTime } from "../times.ts";
import type { DepositBack, Refund, Trade } from "../trade.ts";
import type { World } from "../world.ts";
import { notice } from "./notices.ts";
import { numbers } from "./view.ts";
import { toYuan } from "./yuan.ts";

/** The buyer's bank has answered, or has yet to. The application is told of answers, where it has an address. */
export function depositBack(world: World, trade: Trade, refund: Refund, status: DepositBack): void {
  refund.depositBack = { status, at: world.clock.now() };
  const message = status === "P" ? undefined : completed(world, trade, refund);
  if (message) world.deliveries.enqueue(message);
}

/** What a refund query tells of it. */
export function depositBackInfo(refund: Refund) {
  if (!refund.depositBack) return { has_deposit_back: "false" };
  const { status, at } = refund.depositBack;
  const time = status === "P" ? "est_bank_receipt_time" : "bank_ack_time";
  return { has_deposit_back: "true", dback_status: status, dback_amount: toYuan(refund.amount), [time]: dateTime(at) };
}

function completed(world: World, trade: Trade, refund: Refund): Notice | undefined {
  const { gatewayUrl } = world.alipay.application;
  if (gatewayUrl === null) return undefined;
  const { has_deposit_back: _, ...info } = depositBackInfo(refund);
  const content = { ...numbers(trade), out_request_no: refund.outRefundNo, ...info };
  const fields = {
    notify_id: alipayNotifyId(world.clock.now()),
    msg_method: "alipay.trade.refund.depositback.completed",
    app_id: world.alipay.appId,
    charset: "utf-8",
    version: "1.1",
    biz_content: JSON.stringify(content),
  };
  return notice(world, "DEPOSIT_BACK", trade.outTradeNo, gatewayUrl, fields);
}
