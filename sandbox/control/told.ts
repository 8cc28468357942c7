/** What a callback to order is about, as WeChat Pay would tell of it now. */
import type { Refund, Trade } from "../trade.ts";
import { combinedView } from "../wechat/combine-view.ts";
import { FINISHED, transferNoticeView } from "../wechat/transfers-notice.ts";
import { refundNoticeView, tradeView } from "../wechat/views.ts";
import type { World } from "../world.ts";
import { ControlError } from "./input.ts";

export const WECHAT_CALLBACKS = ["trade", "refund", "combined", "transfer"] as const;

interface Subject {
  readonly trade: Trade;
  readonly refund: Refund;
  /** Names a combined payment or a transfer, which have to be in the books. */
  readonly no: string;
}

/** The event and what it encloses. Throws ControlError where `no` names nothing of the kind. */
export function toldOf(
  world: World,
  callback: (typeof WECHAT_CALLBACKS)[number],
  { trade, refund, no }: Subject,
): { readonly event: string; readonly view: object } {
  const { combinations, transfers } = world.wechat;
  switch (callback) {
    case "trade":
      return { event: "TRANSACTION.SUCCESS", view: tradeView(world, trade) };
    case "refund":
      return { event: `REFUND.${refund.status}`, view: refundNoticeView(world, trade, refund) };
    case "combined":
      return { event: "TRANSACTION.SUCCESS", view: combinedView(world, known(combinations.byOutTradeNo(no))) };
    case "transfer":
      return { event: FINISHED, view: transferNoticeView(world, known(transfers.byOutBillNo(no))) };
  }
}

function known<T>(found: T | undefined): T {
  if (found === undefined) throw new ControlError(404, "outTradeNo names nothing of the kind");
  return found;
}
