/** Who signs at the simulated WeChat Pay, and a merchant whose requests are counted. */
import { type Outcome, WechatPay } from "../../../src/providers/wechat/wechat-pay.ts";
import { payAt, type SignedDelivery, sandbox, takeDeliveries } from "./controls.ts";
import { merchantConfig, openWechat, tradeOf } from "./wechat-merchant.ts";

interface Signing {
  readonly publicKeySwitch?: boolean;
  readonly publicKeyShare?: number;
  readonly newestShare?: number;
  readonly certificateList?: "listed" | "empty" | "not_found";
}

interface Keys extends Signing {
  readonly publicKeyId: string;
  readonly certificates: readonly { readonly serial: string }[];
}

export const signing = (policy: Signing) => sandbox<Keys>("POST", "wechat/signing", policy);
/** Adds a certificate, which signs so many of a hundred times from now on. Gives its serial. */
export async function rotate(newestShare: number): Promise<string> {
  const { certificates } = await sandbox<Keys>("POST", "wechat/certificates/rotate", { newestShare });
  return certificates.at(-1)?.serial ?? "";
}
export const retire = () => sandbox("POST", "wechat/certificates/retire");

/** A merchant of WeChat Pay's: what it asks for is counted, and its clock is the test's. */
export interface Merchant {
  readonly wechat: WechatPay;
  /** How many requests of all kinds, and for certificates, it has sent. */
  readonly sent: { all: number; downloads: number };
  readonly receives: (callback: SignedDelivery) => Promise<boolean>;
  readonly asks: (outTradeNo: string) => Promise<Outcome<unknown>>;
}

export function openMerchant(config = merchantConfig(), now: () => number = Date.now): Merchant {
  const sent = { all: 0, downloads: 0 };
  const wechat = new WechatPay(config, { fetch: counting(sent) });
  return {
    wechat,
    sent,
    receives: async (callback) => (await verdictOn(wechat, callback, now())).verified,
    asks: (outTradeNo) => wechat.queryByOutTradeNo(outTradeNo, { now }),
  };
}

/** The platform's fetch, counting what goes to WeChat Pay. */
export function counting(sent: { all: number; downloads: number }): typeof fetch {
  return (input, init) => {
    sent.all += 1;
    if (new URL(String(input)).pathname === "/v3/certificates") sent.downloads += 1;
    return fetch(input, init);
  };
}

function verdictOn(wechat: WechatPay, { headers, body }: SignedDelivery, now: number) {
  return wechat.readCallback({ headers: new Headers(headers), body }, now);
}

/** Trades that have been paid and not told. */
export async function payTrades(...numbers: readonly string[]): Promise<void> {
  for (const number of numbers) {
    const made = await openWechat().createNative(tradeOf(number));
    if (made.kind !== "ok") throw new Error(made.message);
    await payAt("wechat", number);
  }
}

/** The callback of a paid trade so many times, signed anew each time. */
export async function callbacksOf(outTradeNo: string, count: number): Promise<SignedDelivery[]> {
  const taken: SignedDelivery[] = [];
  for (let copy = 0; copy < count; copy += 1) taken.push(...(await takeDeliveries(outTradeNo, true)));
  return taken;
}

export const serialOf = ({ headers }: SignedDelivery) => headers["Wechatpay-Serial"] ?? "";

/** How many of so many callbacks a merchant verifies. */
export async function countReceived(merchant: Merchant, outTradeNo: string, count: number): Promise<number> {
  const verified = await Promise.all((await callbacksOf(outTradeNo, count)).map(merchant.receives));
  return verified.filter(Boolean).length;
}

/** Hands over the callbacks of trades that are due, and tells WeChat Pay the answers. */
export async function tellAll(merchant: Merchant, ...numbers: readonly string[]) {
  const told = { accepted: 0, refused: 0 };
  for (const callback of (await Promise.all(numbers.map((number) => takeDeliveries(number)))).flat()) {
    const verified = await merchant.receives(callback);
    await sandbox("POST", `deliveries/${callback.id}/answer`, { status: verified ? 200 : 401 });
    told[verified ? "accepted" : "refused"] += 1;
  }
  return told;
}

/** What WeChat Pay makes of all its callbacks. */
export async function deliveryStates(): Promise<string[]> {
  return (await sandbox<{ state: string }[]>("GET", "deliveries")).map(({ state }) => state);
}
