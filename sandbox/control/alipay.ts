/** Control of what is Alipay's alone: the application's setup, its certificates, the buyer's phone, client calls, bills. */
import { Hono } from "hono";
import * as z from "zod";
import { MODES } from "../alipay/application.ts";
import { dayOf } from "../alipay/bills-calendar.ts";
import { AlipayError } from "../alipay/errors.ts";
import { openOrderString } from "../alipay/gateway.ts";
import { finish } from "../alipay/lifecycle.ts";
import { depositBack } from "../alipay/messages.ts";
import { CODE_FAILURES, type CodeFailure } from "../alipay/phone.ts";
import { BUYER_ID, tradeStatus } from "../alipay/view.ts";
import type { SandboxEnv } from "../http.ts";
import { newPrivateKey } from "../keys.ts";
import { parseAddress } from "../notify-url.ts";
import { certificateVariables } from "../shop-environment.ts";
import { rfc3339 } from "../times.ts";
import type { Trade } from "../trade.ts";
import type { World } from "../world.ts";
import { ControlError, input } from "./input.ts";

const MOST_INVENTED = 10_000_000;
const FAILURES = Object.keys(CODE_FAILURES).filter((name): name is CodeFailure => name in CODE_FAILURES);

const ApplicationChange = z.strictObject({
  mode: z.enum(MODES).optional(),
  encryption: z.boolean().optional(),
  gatewayUrl: z
    .string()
    .refine((address) => parseAddress(address) !== undefined, "must be an http or https address")
    .nullable()
    .optional(),
  balance: z.enum(["enough", "empty"]).optional(),
  refunds: z.boolean().optional(),
});
const Rotation = z.strictObject({ days: z.int().min(1).max(3650).default(1825) });
const CodeWishes = z.strictObject({
  asksPassword: z.boolean().default(false),
  failure: z.enum(FAILURES).optional(),
  face: z.boolean().default(false),
});
const OrderString = z.strictObject({ orderString: z.string() });
const TradePay = z.strictObject({ tradeNo: z.string(), buyerId: z.string().optional() });
const ShownStatus = z.strictObject({
  tradeStatus: z
    .string()
    .regex(/^[A-Z_]{1,32}$/)
    .nullable(),
});
const DepositBackStatus = z.strictObject({ status: z.enum(["P", "S", "F"]) });
const BillOrder = z.strictObject({
  date: z.string().refine((date) => dayOf(date) !== undefined, "must be YYYY-MM-DD"),
  payments: z.int().min(0).max(MOST_INVENTED),
});

/** /_sandbox/alipay/… and the moves of Alipay's trades */
export function alipayControl(world: World): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();
  const { application, signing, phone, screens, bills } = world.alipay;
  app.get("/alipay/application", (c) => c.json(applicationRecord(world)));
  app.post("/alipay/application", async (c) => {
    Object.assign(application, await input(c, ApplicationChange));
    return c.json(applicationRecord(world));
  });
  app.post("/alipay/certificates/rotate", async (c) => {
    signing.rotate(await newPrivateKey(), (await input(c, Rotation)).days);
    return c.json(applicationRecord(world));
  });
  app.post("/alipay/auth-codes", async (c) => {
    const { code, until } = phone.show(await input(c, CodeWishes));
    return c.json({ authCode: code, until: rfc3339(until) });
  });
  app.post("/alipay/app-pay", async (c) => {
    const screen = openedApp(world, (await input(c, OrderString)).orderString);
    return c.json({ id: screens.call(screen), url: screen.url });
  });
  app.get("/alipay/app-pay/:id", (c) => {
    const screen = screens.called(c.req.param("id"));
    if (!screen?.result) throw new ControlError(404, "no such call");
    return c.json(screen.result());
  });
  app.post("/alipay/trade-pay", async (c) => c.json({ url: openedTrade(world, await input(c, TradePay)) }));
  app.post("/alipay/bills", async (c) => {
    const { date, payments } = await input(c, BillOrder);
    bills.invent(date, payments);
    return c.json({ date, payments });
  });
  app.post("/trades/alipay/:outTradeNo/finish", (c) => {
    const trade = tradeNamed(world, c.req.param("outTradeNo"));
    if (tradeStatus(world, trade) !== "TRADE_SUCCESS") throw new ControlError(409, "the trade can't be finished");
    finish(world, trade);
    return c.json({ tradeStatus: tradeStatus(world, trade) });
  });
  app.post("/refunds/alipay/:outRefundNo/deposit-back", async (c) => {
    const refund = world.books.refund("alipay", c.req.param("outRefundNo"));
    if (refund?.status !== "SUCCESS") throw new ControlError(404, "no such refund that went back");
    const { status } = await input(c, DepositBackStatus);
    depositBack(world, tradeNamed(world, refund.outTradeNo), refund, status);
    return c.json({ status });
  });
  app.post("/trades/alipay/:outTradeNo/show", async (c) => {
    const trade = tradeNamed(world, c.req.param("outTradeNo"));
    world.books.show(trade, (await input(c, ShownStatus)).tradeStatus);
    return c.json({ tradeStatus: trade.shownState ?? tradeStatus(world, trade) });
  });
  return app;
}

function tradeNamed(world: World, outTradeNo: string): Trade {
  const trade = world.books.trade("alipay", outTradeNo);
  if (!trade) throw new ControlError(404, "no such trade");
  return trade;
}

function openedApp(world: World, orderString: string): ReturnType<typeof openOrderString> {
  try {
    return openOrderString(world, orderString);
  } catch (error) {
    if (error instanceof AlipayError) throw new ControlError(409, `${error.subCode} ${error.message}`);
    throw error;
  }
}

/** my.tradePay of a mini program: opens a trade that was made for the very user who runs it. */
function openedTrade(world: World, { tradeNo, buyerId }: z.infer<typeof TradePay>): string {
  const trade = world.books.tradeByProviderNo("alipay", tradeNo);
  if (trade?.product !== "create") throw new ControlError(409, "4000 交易不存在 (tradeNO)");
  if (buyerId !== undefined && buyerId !== trade.openid) throw new ControlError(409, "4000 交易买家不匹配 (tradeNO)");
  if (trade.state !== "open") throw new ControlError(409, "4000 交易状态不合法 (tradeNO)");
  const ways = { returnUrl: () => undefined, quitUrl: undefined };
  return `${world.url}/alipay/pay/${world.alipay.screens.open({ trade, ...ways })}`;
}

function applicationRecord(world: World) {
  const { mode, encryption, gatewayUrl, balance, refunds } = world.alipay.application;
  const { appCertificateSn, rootCertificateSn, certificates } = world.alipay.signing;
  const alipayCertificateSns = certificates.map((each) => each.sn);
  return { mode, encryption, gatewayUrl, balance, refunds, appCertificateSn, rootCertificateSn, alipayCertificateSns };
}

/** Numbers, and the variables that certificate mode and content encryption take, whether in use or not. */
export function alipaySettings(world: World) {
  const { appId, sellerId, application } = world.alipay;
  const certificateEnv = certificateVariables(world);
  const encryptionEnv = { ALIPAY_ENCRYPT_KEY: application.encryptKey };
  return { appId, sellerId, buyerId: BUYER_ID, ...applicationRecord(world), certificateEnv, encryptionEnv };
}
