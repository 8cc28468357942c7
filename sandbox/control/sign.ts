/** Callbacks to order, for tests of hostile and odd ones: validly signed, with whatever members a test wants. */
import { generateKeyPairSync, type KeyObject, randomUUID } from "node:crypto";
import * as z from "zod";
import { signerOf } from "../alipay/envelope.ts";
import { type Fields, notifyRequest } from "../alipay/notice-form.ts";
import { refundFields, tradeFields } from "../alipay/notices.ts";
import type { SignedRequest } from "../deliveries.ts";
import { FORM_KINDS, SIGNATURE_KINDS } from "../faults.ts";
import type { Refund, Trade } from "../trade.ts";
import { callbackRequest, envelope } from "../wechat/notices.ts";
import { bodyV2, requestV2, sealedMembers, sealedText } from "../wechat/v2-notices.ts";
import type { World } from "../world.ts";
import { ProviderName } from "./input.ts";
import { inventedRefund, inventedTrade } from "./invented.ts";
import { toldOf, WECHAT_CALLBACKS } from "./told.ts";

/** What a callback to order is made of; see README.md. */
export const SignOrder = z.strictObject({
  provider: ProviderName,
  callback: z.enum([...WECHAT_CALLBACKS, "refund_v2"]),
  outTradeNo: z.string().optional(),
  outRefundNo: z.string().optional(),
  url: z.string().default("http://127.0.0.1/notify"),
  fields: z.record(z.string(), z.unknown()).default({}),
  plaintext: z.string().optional(),
  envelope: z.record(z.string(), z.unknown()).default({}),
  associatedData: z.string().max(15).nullable().optional(),
  event: z.string().optional(),
  timestamp: z.int().optional(),
  serial: z.string().optional(),
  signer: z.enum(["public_key", "certificate", "foreign"]).default("public_key"),
  flaw: z.enum(SIGNATURE_KINDS).optional(),
  form: z.enum(FORM_KINDS).optional(),
});
type SignOrder = z.infer<typeof SignOrder>;

/** Signs a callback about a trade in the books, or about an invented one of one yuan. */
export function signOnRequest(world: World, order: SignOrder): SignedRequest {
  const { provider, outTradeNo, outRefundNo } = order;
  const trade = world.books.trade(provider, outTradeNo ?? "") ?? inventedTrade(world, provider, outTradeNo);
  const refund = world.books.refund(provider, outRefundNo ?? "") ?? inventedRefund(world, trade, outRefundNo);
  if (provider === "alipay") return alipay(world, order, trade, refund);
  if (order.callback === "refund_v2") return wechatV2(world, order, trade, refund);
  return wechat(world, order, toldOf(world, order.callback, { trade, refund, no: outTradeNo ?? "" }));
}

function wechat(world: World, order: SignOrder, told: ReturnType<typeof toldOf>): SignedRequest {
  const event = order.event ?? told.event;
  const plaintext = order.plaintext ?? JSON.stringify(merged(told.view, order.fields));
  const { associatedData, envelope: overrides } = order;
  const body = envelope(world, event, randomUUID(), plaintext, { overrides, associatedData });
  const { signing } = world.wechat;
  const own = order.signer === "certificate" ? signing.certificateSigner() : signing.publicKeySigner;
  const privateKey = order.signer === "foreign" ? foreignKey() : own.privateKey;
  const signer = { serial: order.serial ?? own.serial, privateKey };
  return callbackRequest(world, order.url, body, signer, { timestamp: order.timestamp, flaw: order.flaw });
}

/** Nothing is signed here; a foreign signer is one who doesn't know the V2 key. */
function wechatV2(world: World, order: SignOrder, trade: Trade, refund: Refund): SignedRequest {
  const sealed = order.plaintext ?? sealedText(texts(merged(sealedMembers(trade, refund), order.fields)));
  const key = order.signer === "foreign" ? "F".repeat(32) : world.wechat.v2Key;
  return requestV2(order.url, bodyV2(world, sealed, key, texts(order.envelope)));
}

function alipay(world: World, order: SignOrder, trade: Trade, refund: Refund): SignedRequest {
  const own = order.callback === "trade" ? tradeFields(world, trade) : refundFields(world, trade, refund);
  const foreign = { privateKey: foreignKey(), certificateSn: undefined };
  const { flaw, form } = order;
  const signer = order.signer === "foreign" ? foreign : signerOf(world);
  return notifyRequest(world, order.url, texts(merged(own, order.fields)), { flaw, form, signer });
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

let foreign: KeyObject | undefined;

/** A key that nobody knows. */
function foreignKey(): KeyObject {
  foreign ??= generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  return foreign;
}
