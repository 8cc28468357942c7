/** WeChat Pay's four ways to pay as data: who may use them, what they take, what they give the client. */
import type * as z from "zod";
import { HOUR, MINUTE, SECOND } from "../times.ts";
import type { Trade } from "../trade.ts";
import type { World } from "../world.ts";
import { H5Order, JsapiOrder, type Order, PlainOrder } from "./order-schemas.ts";
import { prepayId } from "./prepay.ts";

export const PRODUCT_NAMES = ["jsapi", "native", "h5", "app"] as const;
export type WechatProductName = (typeof PRODUCT_NAMES)[number];

interface WechatProduct {
  readonly schema: z.ZodType<Order>;
  readonly tradeType: "JSAPI" | "NATIVE" | "MWEB" | "APP";
  /** How long what the client is given is good for, in ms. */
  readonly life: number;
  /** The applications that it can be used with. */
  appIds(world: World): readonly string[];
  /** What the client pays with. */
  credential(world: World, trade: Trade): object;
}

const prepay = (_: World, trade: Trade) => ({ prepay_id: prepayId(trade) });
const anyOf = ({ wechat }: World) => [wechat.appId, wechat.miniAppId, wechat.mobileAppId];

export const PRODUCTS: Readonly<Record<WechatProductName, WechatProduct>> = {
  jsapi: {
    schema: JsapiOrder,
    tradeType: "JSAPI",
    life: 2 * HOUR,
    appIds: ({ wechat }) => [wechat.appId, wechat.miniAppId],
    credential: prepay,
  },
  native: {
    schema: PlainOrder,
    tradeType: "NATIVE",
    life: 2 * HOUR,
    appIds: anyOf,
    credential: (world, trade) => ({ code_url: `${world.url}/wechat/pay/${trade.token}` }),
  },
  h5: {
    schema: H5Order,
    tradeType: "MWEB",
    life: 5 * MINUTE,
    appIds: anyOf,
    credential: (world, trade) => ({ h5_url: h5Url(world, trade) }),
  },
  app: {
    schema: PlainOrder,
    tradeType: "APP",
    life: 2 * HOUR,
    appIds: ({ wechat }) => [wechat.mobileAppId],
    credential: prepay,
  },
};

/** The product behind a trade of WeChat Pay's. */
export function productOf(trade: Trade): WechatProduct {
  const name = PRODUCT_NAMES.find((each) => each === trade.product);
  if (name === undefined) throw new Error(`WeChat Pay has no product ${trade.product}`);
  return PRODUCTS[name];
}

/** Where an H5 payment starts. */
export function h5Url(world: World, trade: Trade): string {
  const made = Math.floor((trade.tokenUntil - PRODUCTS.h5.life) / SECOND);
  return `${world.url}/wechat/h5?prepay_id=${prepayId(trade)}&package=${made}`;
}
