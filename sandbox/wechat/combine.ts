/** Combined payments: one payment for several orders (WeChat Pay V3, combined payment). */
import * as z from "zod";
import type { World } from "../world.ts";
import { checked } from "./body.ts";
import { type Combination, firstOf, isPaid, refresh } from "./combine-book.ts";
import { createCombined } from "./combine-create.ts";
import { CloseCombinedOrder } from "./combine-schemas.ts";
import { combinedView } from "./combine-view.ts";
import type { Endpoint, Input } from "./endpoint.ts";
import { invalidRequest, parameterError, WechatError } from "./errors.ts";
import { OutTradeNo } from "./fields.ts";
import { PRODUCT_NAMES } from "./products.ts";

const COMBINE = "/v3/combine-transactions";

const createEndpoints: readonly Endpoint[] = PRODUCT_NAMES.map((product) => ({
  method: "POST",
  path: `${COMBINE}/${product}`,
  operation: "combine_create",
  family: "pay",
  concerns: (_world, { body }) => numberIn(body),
  run: (world, { body }) => createCombined(world, product, body),
}));

/** To faults, all of them are about the combine_out_trade_no. */
export const combineEndpoints: readonly Endpoint[] = [
  ...createEndpoints,
  {
    method: "GET",
    path: `${COMBINE}/out-trade-no/:no`,
    operation: "combine_query",
    family: "pay",
    run: (world, { no }) => {
      checked(OutTradeNo, no, "url");
      return queried(world, world.wechat.combinations.byOutTradeNo(no));
    },
  },
  {
    method: "GET",
    path: `${COMBINE}/id/:no`,
    operation: "combine_query",
    family: "pay",
    concerns: (world, { no }) => world.wechat.combinations.byTransactionId(no)?.combineOutTradeNo,
    run: (world, { no }) => queried(world, world.wechat.combinations.byTransactionId(no)),
  },
  {
    method: "POST",
    path: `${COMBINE}/out-trade-no/:no/close`,
    operation: "combine_close",
    family: "pay",
    concerns: (_world, { no }) => no,
    run: close,
  },
];

function numberIn(body: unknown): string | undefined {
  return z.object({ combine_out_trade_no: z.string() }).safeParse(body).data?.combine_out_trade_no;
}

function queried(world: World, combination: Combination | undefined) {
  if (!combination) throw new WechatError(404, "ORDER_NOT_EXIST", "订单不存在");
  refresh(world, combination);
  return combinedView(world, combination);
}

/** Fine for closed and for unknown numbers, as with single orders, but never for some of the sub orders only. */
function close(world: World, { no, body }: Input): null {
  const asked = checked(CloseCombinedOrder, body);
  for (const [index, { mchid }] of asked.sub_orders.entries()) {
    if (mchid !== world.wechat.mchId) throw parameterError("body", `/sub_orders/${index}/mchid`, "不是本商户号", mchid);
  }
  checked(OutTradeNo, no, "url");
  const combination = world.wechat.combinations.byOutTradeNo(no);
  if (combination) closeAll(world, combination, asked);
  return null;
}

function closeAll(world: World, combination: Combination, asked: z.infer<typeof CloseCombinedOrder>): void {
  if (asked.combine_appid !== firstOf(combination).appId)
    throw parameterError("body", "/combine_appid", "与下单时不一致");
  const numbers = new Set(asked.sub_orders.map((order) => order.out_trade_no));
  const same = asked.sub_orders.length === numbers.size && numbers.size === combination.trades.length;
  if (!same || !combination.trades.every((trade) => numbers.has(trade.outTradeNo))) {
    throw invalidRequest("子单信息与合单下单时不一致，须包含全部子单");
  }
  refresh(world, combination);
  if (isPaid(combination)) throw new WechatError(400, "ORDERPAID", "该订单已支付");
  for (const trade of combination.trades) if (trade.state === "open") world.books.close(trade);
}
