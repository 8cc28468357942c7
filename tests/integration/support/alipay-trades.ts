/** Trades at the simulated Alipay, brought into one state or another without the shop's having heard of it. */
import { credentialField, openCredential } from "../../../src/payments/attempts/credential.ts";
import { getOrder } from "../../../src/payments/orders/read-order.ts";
import { visit } from "./alipay-buyer.ts";
import { deliverAll, payAt, sandbox, signedCallback } from "./controls.ts";
import { newOrder, type Purchase } from "./purchases.ts";
import { anomaliesOf, attemptOf } from "./records.ts";
import { OPERATOR, type Shop } from "./shop.ts";

export const BUYER = "2088722012345678";

/** How a payment is opened for a test: by trade.create, which tells of every state, or by a QR code that nobody has opened. */
const DETAILS = {
  JSAPI: { method: "ALIPAY_JSAPI", buyerId: BUYER },
  QR: { method: "ALIPAY_QR" },
  WAP: { method: "ALIPAY_WAP", quitUrl: "https://shop.example/cart" },
  WEB: { method: "ALIPAY_WEB" },
} as const;
export type Opening = keyof typeof DETAILS;

export type Scene = Purchase & { readonly outTradeNo: string };

/** Opens a payment of an order. Gives its out_trade_no. */
export async function openTrade(shop: Shop, purchase: Purchase, opening: Opening = "JSAPI"): Promise<string> {
  const { customer, orderId, amount } = purchase;
  const request = { ...DETAILS[opening], orderId, amount };
  return (await shop.manager.create(customer, "alipay", request)).payment.outTradeNo;
}

/** An order whose payment is open. */
export async function newTrade(shop: Shop, opening: Opening = "JSAPI"): Promise<Scene> {
  const purchase = await newOrder(shop);
  return { ...purchase, outTradeNo: await openTrade(shop, purchase, opening) };
}

/** An order whose payment has come and been told. */
export async function newPaidTrade(shop: Shop, opening: Opening = "JSAPI"): Promise<Scene> {
  const scene = await newTrade(shop, opening);
  await pay(scene.outTradeNo);
  await deliverAll(shop, "alipay", scene.outTradeNo);
  return scene;
}

export type Move = (outTradeNo: string) => Promise<unknown>;

export const nothing: Move = async () => {};
export const pay: Move = (outTradeNo) => payAt("alipay", outTradeNo);

const move =
  (name: string, body: object = {}): Move =>
  (outTradeNo) =>
    sandbox("POST", `trades/alipay/${outTradeNo}/${name}`, body);

/** The buyer opens the page that was handed out, which makes its trade exist. */
export const visitCashier =
  (shop: Shop): Move =>
  async (outTradeNo) => {
    const attempt = await attemptOf(shop, outTradeNo);
    if (!attempt?.credential) throw new Error(`${outTradeNo} has no page`);
    const credential = await openCredential(shop.ctx, credentialField(attempt), attempt.credential);
    await visit(String(Reflect.get(credential, "payUrl")));
  };

export const expire = move("expire");
export const finish = move("finish");
export const payLater = move("pay", { creditPayMode: "creditAdvanceV2" });
/** What queries call its state from now on. */
export const show = (tradeStatus: string | null) => move("show", { tradeStatus });
/** Somebody gives so much back in Alipay's console. */
export const giveBack = (amount: number) => move("console-refund", { amount });

/** One move after the other. */
export const inTurn =
  (...moves: readonly Move[]): Move =>
  async (outTradeNo) => {
    for (const each of moves) await each(outTradeNo);
  };

/** Order, attempt, what its money is called, how much of it came, and what an operator hears of. */
export type Standing = readonly [string, string, string | null, number, readonly string[]];

/** What the books say of a payment. */
export async function booksOf(shop: Shop, { orderId, outTradeNo }: Scene): Promise<Standing> {
  const [order, attempt, anomalies] = await Promise.all([
    getOrder(shop.ctx, OPERATOR, orderId),
    attemptOf(shop, outTradeNo),
    anomaliesOf(shop, outTradeNo),
  ]);
  if (!attempt) throw new Error("no attempt");
  const money = attempt.unappliedReason ?? attempt.disposition;
  return [order.status, attempt.state, money, attempt.received, anomalies];
}

/** A notice of how a trade stands now, signed anew, with some fields in place of its own. */
export const tradeNotice = (outTradeNo: string, fields: object = {}) =>
  signedCallback({ provider: "alipay", callback: "trade", outTradeNo, fields });
