/** alipay.trade.precreate: a QR code for the buyer to scan. The trade exists once somebody does. */
import { HOUR } from "../times.ts";
import type { World } from "../world.ts";
import type { Endpoint, Input } from "./endpoint.ts";
import { Precreate } from "./order-schemas.ts";
import { orderedTrade } from "./orders.ts";
import { checked } from "./schemas.ts";

const CODE_LIFE = 2 * HOUR;

export const precreateEndpoints: readonly Endpoint[] = [
  { method: "alipay.trade.precreate", operation: "create", run: precreate },
];

/** Hands out a QR code, the same one again for the same request while it lives. */
function precreate(world: World, input: Input) {
  const order = checked(Precreate, input.bizContent);
  const tokenLife = Math.min(order.qr_code_timeout_express ?? CODE_LIFE, CODE_LIFE);
  const trade = orderedTrade(world, order, input, { product: "precreate", exists: false, tokenLife });
  const now = world.clock.now();
  if (now >= trade.tokenUntil) world.books.renewToken(trade, now + tokenLife);
  return { out_trade_no: trade.outTradeNo, qr_code: `${world.url}/alipay/pay/${trade.token}` };
}
