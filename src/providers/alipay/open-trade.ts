/** Opening trades that the buyer goes on with by themselves: pages, order strings, QR codes, mini programs. */
import * as z from "zod";
import type { AttemptRef } from "../attempt.ts";
import type { CallContext } from "../call.ts";
import { credentialEnd } from "../credential.ts";
import type { AlipayMethod } from "../methods.ts";
import type { Outcome } from "../outcome.ts";
import { ok } from "../outcome.ts";
import type { Application } from "./application.ts";
import { failure } from "./codes.ts";
import { type CredentialOf, PRODUCTS } from "./products.ts";
import { readPage } from "./recorded-page.ts";
import { anotherTrade, notUnderstood } from "./replies.ts";

/** The methods whose client is handed something to pay with. */
export type OpenedMethod = Exclude<AlipayMethod, "ALIPAY_BARCODE">;

/** What opens a trade: its number, and the text that was recorded for it. */
type Recorded = Pick<AttemptRef, "outTradeNo" | "request">;

/** A trade that waits for the buyer. */
export interface OpenedTrade<M extends OpenedMethod> {
  readonly credential: CredentialOf<M>;
  readonly credentialExpiresAt: Date;
}

type Opener<M extends OpenedMethod> = (
  application: Application,
  trade: Recorded,
  call: CallContext,
) => Promise<Outcome<CredentialOf<M>>>;

const precreated = z.object({ out_trade_no: z.string(), qr_code: z.string().min(1) });
const created = z.object({ out_trade_no: z.string(), trade_no: z.string().min(1) });

/** What is signed here and not sent always succeeds: Alipay hears of the trade when the buyer gets there. */
const OPENERS: { readonly [M in OpenedMethod]: Opener<M> } = {
  ALIPAY_WEB: async (application, trade, call) =>
    ok({ method: "ALIPAY_WEB", ...(await signedPage(application, "ALIPAY_WEB", trade, call)) }),
  ALIPAY_WAP: async (application, trade, call) =>
    ok({ method: "ALIPAY_WAP", ...(await signedPage(application, "ALIPAY_WAP", trade, call)) }),
  ALIPAY_APP: async ({ client, config }, { request }, call) => {
    const order = { method: PRODUCTS.ALIPAY_APP.method, bizContent: request, notifyUrl: config.notifyUrl };
    return ok({ method: "ALIPAY_APP", orderString: await client.orderString(order, call.now()) });
  },
  ALIPAY_QR: async (application, trade, call) => {
    const reply = await callToOpen(application, "ALIPAY_QR", trade, call);
    if (reply.kind !== "success") return failure(reply, "precreate", call);
    const node = precreated.safeParse(reply.node).data;
    if (!node) return notUnderstood("the reply holds no qr_code");
    if (node.out_trade_no !== trade.outTradeNo) return anotherTrade("out_trade_no");
    return ok({ method: "ALIPAY_QR", qrCode: node.qr_code });
  },
  ALIPAY_JSAPI: async (application, trade, call) => {
    const reply = await callToOpen(application, "ALIPAY_JSAPI", trade, call);
    if (reply.kind !== "success") return failure(reply, "create", call);
    const node = created.safeParse(reply.node).data;
    if (!node) return notUnderstood("the reply holds no trade_no");
    if (node.out_trade_no !== trade.outTradeNo) return anotherTrade("out_trade_no");
    return ok({ method: "ALIPAY_JSAPI", tradeNo: node.trade_no });
  },
};

/** Opens a trade, or repeats the identical request and gets the same trade. What is signed here is signed anew. */
export async function openTrade<M extends OpenedMethod>(
  application: Application,
  trade: Recorded & Pick<AttemptRef, "expiresAt"> & { readonly method: M },
  call: CallContext,
): Promise<Outcome<OpenedTrade<M>>> {
  const opened = await OPENERS[trade.method](application, trade, call);
  if (opened.kind !== "ok") return opened;
  return ok({ credential: opened.value, credentialExpiresAt: credentialEnd(trade, call.now()) });
}

async function signedPage(
  { client, config }: Application,
  method: "ALIPAY_WEB" | "ALIPAY_WAP",
  { request }: Recorded,
  call: CallContext,
) {
  const page = { method: PRODUCTS[method].method, notifyUrl: config.notifyUrl, ...readPage(request) };
  const [payUrl, form] = await Promise.all([client.pageUrl(page, call.now()), client.pageForm(page, call.now())]);
  return { payUrl, form };
}

function callToOpen(
  { client, config }: Application,
  method: "ALIPAY_QR" | "ALIPAY_JSAPI",
  { request }: Recorded,
  call: CallContext,
) {
  const { notifyUrl } = config;
  return client.call({ method: PRODUCTS[method].method, bizContent: request, notifyUrl }, call);
}
