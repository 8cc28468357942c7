/** What the mobile SDK tells the application after alipay.trade.app.pay (Alipay, orderString). */
import { dateTime } from "../times.ts";
import type { Trade } from "../trade.ts";
import type { World } from "../world.ts";
import type { AppResult } from "./endpoint.ts";
import { signedText } from "./envelope.ts";
import { numbers } from "./view.ts";
import { toYuan } from "./yuan.ts";

/** By how the trade stands now: paid, or given up. */
export function appResult(world: World, trade: Trade): AppResult {
  const now = world.books.trade("alipay", trade.outTradeNo) ?? trade;
  if (now.paidAt === null) return { memo: "操作已经取消。", resultStatus: "6001", result: "" };
  const node = {
    code: "10000",
    msg: "Success",
    app_id: world.alipay.appId,
    auth_app_id: world.alipay.appId,
    charset: "utf-8",
    timestamp: dateTime(world.clock.wall()),
    ...numbers(now),
    total_amount: toYuan(now.amount),
    seller_id: world.alipay.sellerId,
  };
  return { memo: "处理成功", resultStatus: "9000", result: signedText(world, "alipay.trade.app.pay", node) };
}
