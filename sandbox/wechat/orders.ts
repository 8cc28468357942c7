/** Asking for a trade and closing it (WeChat Pay V3, query and close). */
import type { Trade } from "../trade.ts";
import type { World } from "../world.ts";
import { checked } from "./body.ts";
import type { Endpoint, Input } from "./endpoint.ts";
import { invalidRequest, parameterError, WechatError } from "./errors.ts";
import { OutTradeNo } from "./fields.ts";
import { CloseOrder } from "./order-schemas.ts";
import { tradeView } from "./views.ts";

export const orderEndpoints: readonly Endpoint[] = [
  {
    method: "GET",
    path: "/v3/pay/transactions/out-trade-no/:no",
    operation: "query",
    family: "pay",
    run: queryByOutTradeNo,
  },
  { method: "GET", path: "/v3/pay/transactions/id/:no", operation: "query", family: "pay", run: queryByTransactionId },
  {
    method: "POST",
    path: "/v3/pay/transactions/out-trade-no/:no/close",
    operation: "close",
    family: "pay",
    run: close,
  },
];

function queryByOutTradeNo(world: World, { no, query }: Input) {
  requireOwnMerchant(world, query.mchid);
  checked(OutTradeNo, no, "url");
  return tradeView(world, single(existing(world.books.trade("wechat", no))));
}

function queryByTransactionId(world: World, { no, query }: Input) {
  requireOwnMerchant(world, query.mchid);
  return tradeView(world, single(existing(world.books.tradeByProviderNo("wechat", no))));
}

/** Fine for closed and for unknown numbers, too. */
function close(world: World, { no, body }: Input): null {
  if (typeof body === "object" && body !== null && !("mchid" in body)) throw templateError();
  const { mchid } = checked(CloseOrder, body);
  if (mchid !== world.wechat.mchId) throw parameterError("body", "/mchid", "与Authorization中的商户号不一致");
  checked(OutTradeNo, no, "url");
  const trade = world.books.trade("wechat", no);
  if (trade) single(trade);
  if (trade?.state === "paid") throw new WechatError(400, "ORDERPAID", "该订单已支付");
  if (trade?.state === "open") world.books.close(trade);
  return null;
}

/** What comes of `mch_id` and the like: a message that leads astray, as the real one does. */
function templateError(): WechatError {
  const message = "请求的URI与模板“/v3/pay/transactions/out-trade-no/{out_trade_no}/close”不匹配，缺少参数“mchid”";
  return new WechatError(400, "PARAM_ERROR", message, { location: "url", field: "/mchid", issue: message });
}

function requireOwnMerchant(world: World, mchid: string | undefined): void {
  if (mchid === undefined) throw parameterError("query", "/mchid", "为必填项");
  if (mchid !== world.wechat.mchId) throw invalidRequest("商户号和订单信息不匹配");
}

function existing(trade: Trade | undefined): Trade {
  if (!trade) throw new WechatError(404, "ORDER_NOT_EXIST", "订单不存在");
  return trade;
}

/** The orders of a combined payment are asked for and closed together. */
function single(trade: Trade): Trade {
  if (trade.combined) throw invalidRequest("合单支付的订单请使用合单查询、合单关单接口");
  return trade;
}
