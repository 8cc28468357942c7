/** alipay.trade.pay with auth_no: frozen money becomes a payment. */
import * as z from "zod";
import { pay } from "../buyer.ts";
import type { Trade } from "../trade.ts";
import type { World } from "../world.ts";
import type { Input } from "./endpoint.ts";
import { businessError } from "./errors.ts";
import { orderedTrade } from "./orders.ts";
import { type Channel, type Freeze, rest } from "./pre-auth-book.ts";
import { Capture } from "./pre-auth-schemas.ts";
import { checked } from "./schemas.ts";
import { BUYER_ID } from "./view.ts";

/** Whether a payment is to come from frozen money. */
export function isCapture({ bizContent }: Input): boolean {
  return z.object({ auth_no: z.string() }).safeParse(bizContent).success;
}

/** Makes the payment. Throws AlipayError, also for a number that was used before: a query tells what became of it. */
export function captureFrozen(world: World, input: Input): Trade {
  const order = checked(Capture, input.bizContent);
  const { freezes } = world.alipay;
  const freeze = freezes.byAuthNo(order.auth_no);
  if (!world.books.trade("alipay", order.out_trade_no)) checkFits(freeze, order);
  const trade = orderedTrade(world, order, input, { product: "pay", exists: true });
  if (freeze) freezes.capture(freeze, order.total_amount, order.auth_confirm_mode === "COMPLETE");
  pay(world, trade);
  return trade;
}

/** The product that a capture names, by how the money was frozen. */
const PRODUCTS: Readonly<Record<Channel, string>> = { app: "PRE_AUTH_ONLINE", qr: "PRE_AUTH", barcode: "PRE_AUTH" };

/** Makes sure that the money is there, and asked for as what it is. Throws AlipayError. */
function checkFits(freeze: Freeze | undefined, order: z.output<typeof Capture>): void {
  if (freeze?.status !== "AUTHORIZED") throw businessError("AUTH_NO_ERROR", "预授权号错误或已经完结");
  const product = PRODUCTS[freeze.channel];
  if (order.product_code !== product) throw businessError("INVALID_PARAMETER", `参数无效：product_code 须为${product}`);
  if (order.buyer_id !== undefined && order.buyer_id !== BUYER_ID) {
    throw businessError("TRADE_BUYER_NOT_MATCH", "交易买家不匹配");
  }
  if (order.total_amount > rest(freeze)) throw businessError("AUTH_AMOUNT_NOT_ENOUGH", "授权金额不足");
}
