/** Control of the books: what is in them, and the buyer's and the operator's moves. */
import { Hono } from "hono";
import * as z from "zod";
import { tellOfClose } from "../alipay/lifecycle.ts";
import { endRefund, isPayable, openCashier, pay, refundByHand } from "../buyer.ts";
import type { SandboxEnv } from "../http.ts";
import { rfc3339 } from "../times.ts";
import { isFinal, type Provider, paidTogether, type Refund, refundable, refunded, type Trade } from "../trade.ts";
import type { World } from "../world.ts";
import { ControlError, input, ProviderName } from "./input.ts";

const Payment = z.strictObject({
  amount: z.int().min(1).optional(),
  coupon: z.int().min(0).optional(),
  creditPayMode: z.string().min(1).max(32).optional(),
});
const RefundEnd = z.strictObject({ status: z.enum(["SUCCESS", "ABNORMAL", "CLOSED"]) });
const ConsoleRefund = z.strictObject({ amount: z.int().min(1) });
const ExternalRefund = ConsoleRefund.extend({ provider: ProviderName, outTradeNo: z.string() });

/** /_sandbox/trades and /_sandbox/refunds */
export function booksControl(world: World): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();
  app.get("/trades", (c) => c.json(world.books.trades(providerOf(c.req.query("provider"))).map(tradeRecord)));
  app.get("/refunds", (c) => c.json(world.books.refunds(providerOf(c.req.query("provider"))).map(refundRecord)));
  app.get("/trades/:provider/:outTradeNo", (c) => c.json(tradeRecord(tradeNamed(world, c.req.param()))));
  app.post("/trades/:provider/:outTradeNo/pay", async (c) => {
    const trade = payableTrade(world, c.req.param());
    pay(world, trade, await input(c, Payment));
    return c.json(tradeRecord(trade));
  });
  app.post("/trades/:provider/:outTradeNo/refuse", (c) => c.json(tradeRecord(opened(world, c.req.param()))));
  app.post("/trades/:provider/:outTradeNo/open", (c) => c.json(tradeRecord(opened(world, c.req.param()))));
  app.post("/trades/:provider/:outTradeNo/expire", (c) => {
    const trade = tradeNamed(world, c.req.param());
    for (const each of paidTogether(trade)) expire(world, each);
    return c.json(tradeRecord(tradeNamed(world, c.req.param())));
  });
  app.post("/trades/:provider/:outTradeNo/console-refund", async (c) => {
    const trade = tradeNamed(world, c.req.param());
    return c.json(consoleRefund(world, trade, (await input(c, ConsoleRefund)).amount));
  });
  app.post("/refunds/external", async (c) => {
    const { provider, outTradeNo, amount } = await input(c, ExternalRefund);
    return c.json(consoleRefund(world, tradeNamed(world, { provider, outTradeNo }), amount));
  });
  app.post("/refunds/:provider/:outRefundNo", async (c) => {
    const refund = refundNamed(world, c.req.param());
    const { status } = await input(c, RefundEnd);
    if (isFinal(refund)) throw new ControlError(409, `the refund is ${refund.status} already`);
    endRefund(world, tradeNamed(world, refund), refund, status);
    return c.json(refundRecord(refund));
  });
  return app;
}

function providerOf(text: string | undefined): Provider | undefined {
  return text === undefined ? undefined : providerNamed(text);
}

function providerNamed(text: string): Provider {
  const provider = ProviderName.safeParse(text);
  if (!provider.success) throw new ControlError(404, "provider must be wechat or alipay");
  return provider.data;
}

/** The number of a combined payment names its first trade. */
function tradeNamed(world: World, name: { readonly provider: string; readonly outTradeNo: string }): Trade {
  const provider = providerNamed(name.provider);
  const [first] = provider === "wechat" ? (world.wechat.combinations.byOutTradeNo(name.outTradeNo)?.trades ?? []) : [];
  const trade = world.books.trade(provider, first?.outTradeNo ?? name.outTradeNo);
  if (!trade) throw new ControlError(404, "no such trade");
  return trade;
}

function payableTrade(world: World, name: { readonly provider: string; readonly outTradeNo: string }): Trade {
  const trade = tradeNamed(world, name);
  if (!isPayable(world, trade)) throw new ControlError(409, "the trade can't be paid any more");
  return trade;
}

/** Opening and refusing leave the same behind: a trade that was looked at and not paid. */
function opened(world: World, name: { readonly provider: string; readonly outTradeNo: string }): Trade {
  const trade = payableTrade(world, name);
  openCashier(world, trade);
  return trade;
}

/** Alipay tells some shops of it. */
function expire(world: World, trade: Trade): void {
  world.books.expire(trade);
  const expired = world.books.trade(trade.provider, trade.outTradeNo);
  if (expired?.provider === "alipay" && expired.state === "closed") tellOfClose(world, expired);
}

function consoleRefund(world: World, trade: Trade, amount: number) {
  if (trade.state !== "paid" || amount > refundable(trade)) throw new ControlError(409, "so much can't be refunded");
  return refundRecord(refundByHand(world, trade, amount));
}

function refundNamed(world: World, name: { readonly provider: string; readonly outRefundNo: string }): Refund {
  const refund = world.books.refund(providerNamed(name.provider), name.outRefundNo);
  if (!refund) throw new ControlError(404, "no such refund");
  return refund;
}

function tradeRecord(trade: Trade) {
  return {
    provider: trade.provider,
    outTradeNo: trade.outTradeNo,
    providerTradeNo: trade.providerTradeNo,
    product: trade.product,
    appId: trade.appId,
    openid: trade.openid,
    combineOutTradeNo: trade.combined?.combineOutTradeNo ?? null,
    state: trade.state,
    subject: trade.subject,
    amount: trade.amount,
    paidAt: time(trade.paidAt),
    expiresAt: time(trade.expiresAt),
    refunded: refunded(trade),
    refunds: trade.refunds.map(refundRecord),
  };
}

function refundRecord(refund: Refund) {
  const { provider, outTradeNo, outRefundNo, providerRefundNo, amount, status } = refund;
  return { provider, outTradeNo, outRefundNo, providerRefundNo, amount, status, succeededAt: time(refund.succeededAt) };
}

function time(ms: number | null): string | null {
  return ms === null ? null : rfc3339(ms);
}
