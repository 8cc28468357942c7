/** Asking for a trade and closing it. */
import type { Trade } from "../books.ts";
import type { World } from "../world.ts";
import { checked } from "./body.ts";
import { parameterError, WechatError } from "./errors.ts";
import { CloseOrder, OutTradeNo } from "./schemas.ts";
import { tradeView } from "./views.ts";

/** GET /v3/pay/transactions/out-trade-no/{out_trade_no}?mchid= */
export function queryByOutTradeNo(world: World, outTradeNo: string, mchid: string | undefined) {
  requireOwnMerchant(world, mchid);
  checked(OutTradeNo, outTradeNo, "url");
  return tradeView(world, existing(world.books.trade("wechat", outTradeNo)));
}

/** GET /v3/pay/transactions/id/{transaction_id}?mchid= */
export function queryByTransactionId(world: World, transactionId: string, mchid: string | undefined) {
  requireOwnMerchant(world, mchid);
  return tradeView(world, existing(world.books.tradeByProviderNo("wechat", transactionId)));
}

/** POST /v3/pay/transactions/out-trade-no/{out_trade_no}/close. Fine for closed and for unknown numbers, too. */
export function close(world: World, outTradeNo: string, body: unknown): null {
  const { mchid } = checked(CloseOrder, body);
  if (mchid !== world.wechat.mchId) throw parameterError("body", "/mchid", "与Authorization中的商户号不一致");
  checked(OutTradeNo, outTradeNo, "url");
  const trade = world.books.trade("wechat", outTradeNo);
  if (trade?.state === "paid") throw new WechatError(400, "ORDERPAID", "该订单已支付");
  if (trade?.state === "open") world.books.close(trade);
  return null;
}

function requireOwnMerchant(world: World, mchid: string | undefined): void {
  if (mchid === undefined) throw parameterError("query", "/mchid", "为必填项");
  if (mchid !== world.wechat.mchId) throw new WechatError(400, "INVALID_REQUEST", "商户号和订单信息不匹配");
}

function existing(trade: Trade | undefined): Trade {
  if (!trade) throw new WechatError(404, "ORDER_NOT_EXIST", "订单不存在");
  return trade;
}
