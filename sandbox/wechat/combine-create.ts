/** Opening a combined payment: POST /v3/combine-transactions/{jsapi,native,h5,app} (WeChat Pay V3, combined payment). */
import * as z from "zod";
import { DAY } from "../times.ts";
import { fingerprint, type Trade } from "../trade.ts";
import type { World } from "../world.ts";
import { checked } from "./body.ts";
import { type Combination, firstOf, refresh } from "./combine-book.ts";
import { COMBINED_ORDERS, type CombinedOrder, type SubOrder } from "./combine-schemas.ts";
import { deadline, renew, requireOpen, requireOpenid, requireProduct } from "./create.ts";
import { parameterError, WechatError } from "./errors.ts";
import { PRODUCTS, type WechatProductName } from "./products.ts";

const CLOSES_AFTER = 7 * DAY;

/** Opens the trades, or hands out what the client pays with again when the request is the same. Throws WechatError. */
export function createCombined(world: World, product: WechatProductName, body: unknown): object {
  const order = checked(COMBINED_ORDERS[product], body);
  if (order.combine_mchid !== world.wechat.mchId) {
    throw parameterError("body", "/combine_mchid", "与Authorization中的商户号不一致", order.combine_mchid);
  }
  requireProduct(world, product, { appid: order.combine_appid, mchid: order.combine_mchid });
  requireOpenid(order.combine_appid, payerOf(body), "/combine_payer_info/openid");
  checkSubOrders(world, order.sub_orders);
  const mark = fingerprint({ product, body });
  const there = world.wechat.combinations.byOutTradeNo(order.combine_out_trade_no);
  const trade = there ? repeated(world, there, mark, product) : opened(world, product, order, mark, payerOf(body));
  return PRODUCTS[product].credential(world, trade);
}

const Payer = z.object({ combine_payer_info: z.object({ openid: z.string() }) });

function payerOf(body: unknown): string | undefined {
  return Payer.safeParse(body).data?.combine_payer_info.openid;
}

function checkSubOrders(world: World, orders: readonly SubOrder[]): void {
  const numbers = new Set<string>();
  for (const [index, order] of orders.entries()) {
    const path = `/sub_orders/${index}`;
    if (order.mchid !== world.wechat.mchId) throw parameterError("body", `${path}/mchid`, "不是本商户号", order.mchid);
    if (numbers.has(order.out_trade_no)) {
      throw parameterError("body", `${path}/out_trade_no`, "在同一笔合单中重复", order.out_trade_no);
    }
    numbers.add(order.out_trade_no);
  }
}

function opened(
  world: World,
  product: WechatProductName,
  order: CombinedOrder,
  mark: string,
  openid: string | undefined,
): Trade {
  // One moment for all of them: they end together.
  const now = world.clock.now();
  const expiresAt = deadline(now, order.time_expire);
  if (order.sub_orders.some((sub) => world.books.trade("wechat", sub.out_trade_no))) throw numberUsed();
  const combination = world.wechat.combinations.enter(order.combine_out_trade_no, mark);
  for (const sub of order.sub_orders) {
    world.books.enter({
      provider: "wechat",
      product,
      combined: combination,
      appId: order.combine_appid,
      outTradeNo: sub.out_trade_no,
      subject: sub.description,
      notifyUrl: order.notify_url,
      attach: sub.attach,
      deviceId: order.scene_info?.device_id,
      openid: openid ?? null,
      fingerprint: mark,
      createdAt: now,
      expiresAt,
      closesAt: now + CLOSES_AFTER,
      tokenUntil: now + PRODUCTS[product].life,
      amount: sub.amount.total_amount,
      state: "open",
      providerTradeNo: null,
    });
  }
  return firstOf(combination);
}

function repeated(world: World, there: Combination, mark: string, product: WechatProductName): Trade {
  if (there.fingerprint !== mark) throw numberUsed();
  refresh(world, there);
  const trade = firstOf(there);
  requireOpen(world, trade);
  renew(world, trade, PRODUCTS[product].life);
  return trade;
}

function numberUsed(): WechatError {
  return new WechatError(403, "OUT_TRADE_NO_USED", "商户订单号重复");
}
