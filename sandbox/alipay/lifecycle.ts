/** What happens to Alipay's trades by themselves, and what the shop is told of it (Alipay, which states notify). */
import type { Trade } from "../trade.ts";
import type { World } from "../world.ts";
import { statusNotice } from "./notices.ts";
import { rulesOf } from "./products.ts";
import { REFUND_WINDOW, tradeStatus } from "./view.ts";

/** Tells of the close should nobody pay in time. To be called once the trade exists. */
export function watchDeadline(world: World, trade: Trade): void {
  if (rulesOf(trade.product).closed !== "always") return;
  world.clock.at(trade.closesAt, () => {
    if (world.books.trade("alipay", trade.outTradeNo)?.state === "closed") tellOfClose(world, trade);
  });
}

/** Tells of an unpaid trade that was closed, once. */
export function tellOfClose(world: World, trade: Trade): void {
  if (rulesOf(trade.product).closed !== "always") return;
  tellOnce(world, trade, "TRADE_CLOSED");
}

/** Lets a payment end: no refunds from now on. */
export function finish(world: World, trade: Trade): void {
  if (tradeStatus(world, trade) === "TRADE_SUCCESS" && trade.alipay) trade.alipay.finished = true;
  tellOfFinish(world, trade);
}

/** Foresees the end of a new payment's refund window. */
export function watchRefundWindow(world: World, trade: Trade): void {
  if (!rulesOf(trade.product).finished || trade.paidAt === null) return;
  world.clock.at(trade.paidAt + REFUND_WINDOW, () => tellOfFinish(world, trade));
}

function tellOfFinish(world: World, trade: Trade): void {
  if (!rulesOf(trade.product).finished || tradeStatus(world, trade) !== "TRADE_FINISHED") return;
  tellOnce(world, trade, "TRADE_FINISHED");
}

function tellOnce(world: World, trade: Trade, event: string): void {
  const { outTradeNo } = trade;
  const isTold = world.deliveries
    .list()
    .some(
      ({ notice: { provider, ...told } }) =>
        provider === "alipay" && told.outTradeNo === outTradeNo && told.event === event,
    );
  const notice = isTold ? undefined : statusNotice(world, trade, event);
  if (notice) world.deliveries.enqueue(notice);
}
