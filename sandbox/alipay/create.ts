/** alipay.trade.create: a trade for one buyer, which exists at once and is paid within Alipay's application. */
import type { World } from "../world.ts";
import type { Endpoint, Input } from "./endpoint.ts";
import { businessError } from "./errors.ts";
import { Create } from "./order-schemas.ts";
import { orderedTrade } from "./orders.ts";
import { checked } from "./schemas.ts";
import { BUYER_ID, numbers } from "./view.ts";

export const createEndpoints: readonly Endpoint[] = [
  { method: "alipay.trade.create", operation: "create", run: create },
];

function create(world: World, input: Input) {
  const order = checked(Create, input.bizContent);
  const buyerId = order.buyer_id ?? order.buyer_open_id ?? order.op_buyer_open_id ?? BUYER_ID;
  if (buyerId === world.alipay.sellerId) throw businessError("BUYER_SELLER_EQUAL", "买卖家不能相同");
  return numbers(orderedTrade(world, order, input, { product: "create", exists: true, buyerId }));
}
