/** Every way in which a buyer gets from what the shop's client was handed to Alipay's cashier. */
import { showCode, submit, visit } from "./alipay-buyer.ts";
import { BUYER } from "./alipay-trades.ts";
import { payAt, sandbox } from "./controls.ts";

/** What the shop's client gets. */
export type Handed = Readonly<Record<string, unknown>>;

export interface Way {
  readonly name: string;
  /** What is said of the payment beside its order. */
  readonly details: () => Promise<{ readonly method: string }> | { readonly method: string };
  /** Where the buyer sees what there is to pay, if anywhere. */
  readonly cashier?: (handed: Handed) => Promise<string>;
  /** What the buyer does who sees no cashier. */
  readonly confirm?: (handed: Handed) => Promise<unknown>;
}

const WEB = { method: "ALIPAY_WEB" };
const WAP = { method: "ALIPAY_WAP", quitUrl: "https://shop.example/cart?a=1&b=2" };

const byForm = ({ form }: Handed) => submit(String(form));
const goTo = ({ payUrl }: Handed) => visit(String(payUrl));

const inApp = async ({ orderString }: Handed) =>
  (await sandbox<{ url: string }>("POST", "alipay/app-pay", { orderString })).url;

const inMiniProgram = async ({ tradeNo }: Handed) =>
  (await sandbox<{ url: string }>("POST", "alipay/trade-pay", { tradeNo, buyerId: BUYER })).url;

export const QR: Way = {
  name: "QR",
  details: () => ({ method: "ALIPAY_QR" }),
  cashier: ({ qrCode }) => visit(String(qrCode)),
};

export const WAYS: readonly Way[] = [
  { name: "WEB, by its address", details: () => WEB, cashier: goTo },
  { name: "WEB, by its form", details: () => WEB, cashier: byForm },
  { name: "WAP, by its address", details: () => WAP, cashier: goTo },
  { name: "WAP, by its form", details: () => WAP, cashier: byForm },
  { name: "APP", details: () => ({ method: "ALIPAY_APP" }), cashier: inApp },
  QR,
  { name: "JSAPI", details: () => ({ method: "ALIPAY_JSAPI", buyerId: BUYER }), cashier: inMiniProgram },
  {
    name: "BARCODE, paid by the scan",
    details: async () => ({ method: "ALIPAY_BARCODE", authCode: await showCode() }),
  },
  {
    name: "BARCODE, confirmed on the phone",
    details: async () => ({ method: "ALIPAY_BARCODE", authCode: await showCode({ asksPassword: true }) }),
    confirm: ({ outTradeNo }) => payAt("alipay", String(outTradeNo)),
  },
];

/** The ways whose payment waits for the buyer. */
export const WAITING = WAYS.filter(({ name }) => name !== "BARCODE, paid by the scan");
