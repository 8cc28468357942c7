/** Callbacks to order, for tests of hostile and odd ones: validly signed, with whatever members a test wants. */

import { generateKeyPairSync, type KeyObject, randomUUID } from "node:crypto";
import * as z from "zod";
import { type Fields, notifyRequest, refundFields, tradeFields } from "../alipay/notices.ts";
import type { Refund, Trade } from "../books.ts";
import { randomDigits } from "../crypto.ts";
import type { SignedRequest } from "../deliveries.ts";
import { callbackRequest, envelope } from "../wechat/notices.ts";
import { certificateSigner, publicKeySigner } from "../wechat/signature.ts";
import { refundNoticeView, tradeView } from "../wechat/views.ts";
import type { World } from "../world.ts";
import { ProviderName } from "./input.ts";

let foreign: KeyObject | undefined;

/** What a callback to order is made of; see README.md. */
export const SignOrder = z.strictObject({
  provider: ProviderName,
  callback: z.enum(["trade", "refund"]),
  outTradeNo: z.string().optional(),
  outRefundNo: z.string().optional(),
  url: z.string().default("http://127.0.0.1/notify"),
  fields: z.record(z.string(), z.unknown()).default({}),
  plaintext: z.string().optional(),
  envelope: z.record(z.string(), z.unknown()).default({}),
  event: z.string().optional(),
  timestamp: z.int().optional(),
  serial: z.string().optional(),
  signer: z.enum(["public_key", "certificate", "foreign"]).default("public_key"),
  flaw: z.enum(["bad_signature", "unsigned", "sigtest", "stale_timestamp"]).optional(),
});
type SignOrder = z.infer<typeof SignOrder>;

/** Signs a callback about a trade in the books, or about an invented one of one yuan. */
export function signOnRequest(world: World, order: SignOrder): SignedRequest {
  const signing = order.signer === "foreign" ? withForeignKeys(world) : world;
  const trade = world.books.trade(order.provider, order.outTradeNo ?? "") ?? inventedTrade(world, order);
  const refund = world.books.refund(order.provider, order.outRefundNo ?? "") ?? inventedRefund(world, trade, order);
  return order.provider === "wechat" ? wechat(signing, order, trade, refund) : alipay(signing, order, trade, refund);
}

function wechat(world: World, order: SignOrder, trade: Trade, refund: Refund): SignedRequest {
  const event = order.event ?? (order.callback === "trade" ? "TRANSACTION.SUCCESS" : `REFUND.${refund.status}`);
  const view = order.callback === "trade" ? tradeView(world, trade) : refundNoticeView(world, trade, refund);
  const plaintext = order.plaintext ?? JSON.stringify(merged(view, order.fields));
  const body = envelope(world, event, randomUUID(), plaintext, order.envelope);
  const signer = order.signer === "certificate" ? certificateSigner(world) : publicKeySigner(world);
  const named = { ...signer, serial: order.serial ?? signer.serial };
  return callbackRequest(world, order.url, body, named, { timestamp: order.timestamp, flaw: order.flaw });
}

function alipay(world: World, order: SignOrder, trade: Trade, refund: Refund): SignedRequest {
  const own = order.callback === "trade" ? tradeFields(world, trade) : refundFields(world, trade, refund);
  return notifyRequest(world, order.url, texts(merged(own, order.fields)), order.flaw);
}

/** Members of `overrides` in place of the own ones, deeply; null takes a member away. */
function merged(own: object, overrides: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const result: Record<string, unknown> = { ...own };
  for (const [name, value] of Object.entries(overrides)) {
    const old = result[name];
    if (value === null) delete result[name];
    else result[name] = isRecord(old) && isRecord(value) ? merged(old, value) : value;
  }
  return result;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function texts(members: Readonly<Record<string, unknown>>): Fields {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, String(value)]));
}

/** The same world, signing with keys that nobody knows. */
function withForeignKeys(world: World): World {
  foreign ??= generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  return {
    ...world,
    wechat: { ...world.wechat, payKey: { ...world.wechat.payKey, privateKey: foreign } },
    alipay: { ...world.alipay, gatewayKey: { ...world.alipay.gatewayKey, privateKey: foreign } },
  };
}

function inventedTrade(world: World, order: SignOrder): Trade {
  const now = world.clock.now();
  return {
    provider: order.provider,
    outTradeNo: order.outTradeNo ?? `invented${randomDigits(12)}`,
    subject: "模拟订单",
    notifyUrl: undefined,
    attach: undefined,
    fingerprint: "",
    createdAt: now,
    expiresAt: now,
    closesAt: now,
    token: "",
    tokenUntil: now,
    amount: 100,
    providerTradeNo: randomDigits(28),
    state: "paid",
    openedAt: now,
    paidAt: now,
    closedAt: null,
    refunds: [],
  };
}

function inventedRefund(world: World, trade: Trade, order: SignOrder): Refund {
  const now = world.clock.now();
  return {
    provider: order.provider,
    outTradeNo: trade.outTradeNo,
    outRefundNo: order.outRefundNo ?? `invented${randomDigits(12)}`,
    providerRefundNo: randomDigits(29),
    amount: trade.amount,
    reason: undefined,
    notifyUrl: undefined,
    fingerprint: "",
    createdAt: now,
    status: "SUCCESS",
    succeededAt: now,
  };
}
