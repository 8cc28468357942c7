/** Control of what is WeChat Pay's alone: the merchant's account there, trade states, client calls. */
import { Hono } from "hono";
import * as z from "zod";
import type { SandboxEnv } from "../http.ts";
import { parseAddress } from "../notify-url.ts";
import { APPLICATIONS, buyerOpenid } from "../wechat/applications.ts";
import { CLIENTS, InvocationError, invoke } from "../wechat/invocation.ts";
import { PRODUCT_NAMES } from "../wechat/products.ts";
import { tradeState } from "../wechat/views.ts";
import type { World } from "../world.ts";
import { ControlError, input } from "./input.ts";

const MerchantChange = z.strictObject({
  balance: z.enum(["enough", "empty"]).optional(),
  refundUrl: z
    .string()
    .refine((address) => parseAddress(address) !== undefined, "must be an http or https address")
    .nullable()
    .optional(),
  h5Domains: z.array(z.string()).nullable().optional(),
  disabledProducts: z.array(z.enum(PRODUCT_NAMES)).optional(),
  rateLimits: z.boolean().optional(),
});
const ShownState = z.strictObject({
  tradeState: z
    .string()
    .regex(/^[A-Z_]{1,32}$/)
    .nullable(),
});
const Invocation = z.strictObject({ client: z.enum(CLIENTS), parameters: z.record(z.string(), z.unknown()) });

/** /_sandbox/wechat/merchant, /_sandbox/wechat/invoke and /_sandbox/trades/wechat/{outTradeNo}/show */
export function wechatControl(world: World): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();
  const { merchant, rates } = world.wechat;
  app.get("/wechat/merchant", (c) => c.json(merchantRecord(world)));
  app.post("/wechat/merchant", async (c) => {
    const { rateLimits, ...change } = await input(c, MerchantChange);
    Object.assign(merchant, change);
    if (rateLimits !== undefined) rates.enforced = rateLimits;
    return c.json(merchantRecord(world));
  });
  app.post("/wechat/invoke", async (c) => {
    const { client, parameters } = await input(c, Invocation);
    const token = opened(world, client, parameters);
    return c.json({ token, url: `${world.url}/wechat/pay/${token}` });
  });
  app.post("/trades/wechat/:outTradeNo/show", async (c) => {
    const trade = world.books.trade("wechat", c.req.param("outTradeNo"));
    if (!trade) throw new ControlError(404, "no such trade");
    world.books.show(trade, (await input(c, ShownState)).tradeState);
    return c.json({ tradeState: trade.shownState ?? tradeState(trade) });
  });
  return app;
}

function opened(world: World, ...[client, parameters]: [Parameters<typeof invoke>[1], unknown]): string {
  try {
    return invoke(world, client, parameters);
  } catch (error) {
    if (error instanceof InvocationError) throw new ControlError(409, error.message);
    throw error;
  }
}

function merchantRecord(world: World) {
  const { balance, refundUrl, h5Domains, disabledProducts } = world.wechat.merchant;
  return { balance, refundUrl, h5Domains, disabledProducts, rateLimits: world.wechat.rates.enforced };
}

/** The merchant's numbers, and openids of the simulated buyer by application. */
export function wechatSettings(world: World) {
  const { appId, miniAppId, mobileAppId, mchId, merchantSerial, signing } = world.wechat;
  return {
    appId,
    miniAppId,
    mobileAppId,
    mchId,
    merchantSerial,
    publicKeyId: signing.publicKeySigner.serial,
    platformSerial: signing.certificates.at(-1)?.serial,
    openids: Object.fromEntries([appId, miniAppId, mobileAppId].map((id) => [id, buyerOpenid(id)])),
    openidPrefixes: Object.fromEntries(Object.values(APPLICATIONS).map(({ appId: id, openids }) => [id, openids])),
  };
}
