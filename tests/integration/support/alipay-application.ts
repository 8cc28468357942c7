/** Alipay's standalone class as an application of this worker's simulator, and something to say to it. */
import { readConfig } from "../../../src/config.ts";
import { Alipay, type CallOptions, fen, type Outcome } from "../../../src/providers/alipay/alipay.ts";
import type { AlipayOperation } from "../../../src/providers/alipay/codes.ts";
import type { ProviderRuntime } from "../../../src/providers/exchange.ts";
import { environment } from "../api/support.ts";
import { sandbox } from "./controls.ts";

/** How the application is set up at Alipay. */
export interface Setup {
  readonly mode?: "public_key" | "certificate";
  readonly encryption?: boolean;
}

const NOTHING_OF_MODES = {
  ...{ ALIPAY_PUBLIC_KEY: undefined, ALIPAY_ENCRYPT_KEY: undefined },
  ...{ ALIPAY_APP_CERT: undefined, ALIPAY_ROOT_CERT: undefined, ALIPAY_PUBLIC_CERT: undefined },
};

/** Sets the application up, until the simulator is reset. Gives the variables that its shop needs then. */
export async function setUp(setup: Setup): Promise<Record<string, unknown>> {
  await sandbox("POST", "alipay/application", setup);
  const { env } = await sandbox<{ env: Record<string, string> }>("GET", "settings");
  return environment({
    ...NOTHING_OF_MODES,
    ...env,
    ALIPAY_NOTIFY_URL: "http://127.0.0.1/api/v1/payments/alipay/notify",
  });
}

/** The application by itself, set up in one way or another. */
export async function openAlipay(setup: Setup, runtime: Partial<ProviderRuntime> = {}): Promise<Alipay> {
  const { alipay } = readConfig(await setUp(setup));
  if (!alipay) throw new Error("the simulator gave no settings");
  return new Alipay(alipay, runtime);
}

const HOUR_MS = 3_600_000;

/** A trade of 1.00 yuan that can be paid for an hour. */
function tradeOf(outTradeNo: string) {
  return { outTradeNo, subject: "茶", amount: fen(100), expiresAt: new Date(Date.now() + HOUR_MS) };
}

/** A refund of a part of it. */
function refundOf(outTradeNo: string, outRefundNo: string) {
  return { outTradeNo, outRefundNo, amount: fen(40), reason: "退货" };
}

/** A day that has a bill, if there was any trade. */
const lastWeek = () => new Date(Date.now() - 7 * 24 * HOUR_MS).toISOString().slice(0, 10);

const AUTH_NO = "2026112210000000000000000001";

const FREEZE = {
  outOrderNo: "errFreeze",
  authCode: "281234567890123456",
  title: "押金",
  amount: fen(1000),
  minutes: 30,
} as const;

/** A part of frozen money. */
const PART = { authNo: AUTH_NO, channel: "barcode", amount: fen(100) } as const;

const TRANSFER = {
  outBillNo: "ERR1",
  title: "活动奖励",
  amount: fen(1000),
  productCode: "STD_RED_PACKET",
  payee: { identity: "2088000000000003", identityType: "ALIPAY_USER_ID" },
} as const;

type Call = (alipay: Alipay, options: CallOptions) => Promise<Outcome<unknown>>;

/** One call of every kind whose errors have a meaning; a capture's are those of a payment by bar code. */
export const CALLS: Readonly<Record<AlipayOperation | "capture", Call>> = {
  precreate: (alipay, options) => alipay.createQr(tradeOf("err-precreate"), options),
  create: (alipay, options) => alipay.createJsapi({ ...tradeOf("err-create"), buyerId: "2088722012345678" }, options),
  pay: (alipay, options) => alipay.payBarcode({ ...tradeOf("err-pay"), authCode: "281234567890123456" }, options),
  capture: (alipay, options) => alipay.capture({ ...PART, outTradeNo: "errCAPTURE", subject: "租金" }, options),
  refund: (alipay, options) => alipay.refund(refundOf("err-create", "err-refund"), options),
  cancel: (alipay, options) => alipay.cancel("err-pay", options),
  transfer: (alipay, options) => alipay.transfer(TRANSFER, options),
  freeze: (alipay, options) => alipay.freezeBarcode(FREEZE, options),
  unfreeze: (alipay, options) => alipay.release({ ...PART, outRequestNo: "errUNFREEZE", remark: "租金" }, options),
  auth_cancel: (alipay, options) => alipay.cancelFreeze(FREEZE.outOrderNo, options),
  query: (alipay, options) => alipay.queryByOutTradeNo("err-create", options),
  close: (alipay, options) => alipay.close("err-create", options),
  refund_query: (alipay, options) =>
    alipay.queryRefund({ outRefundNo: "err-refund", outTradeNo: "err-create" }, options),
  transfer_query: (alipay, options) => alipay.queryTransfer(TRANSFER, options),
  auth_query: (alipay, options) => alipay.queryFreeze(FREEZE.outOrderNo, options),
  bill: (alipay, options) => alipay.tradeBill(lastWeek(), options),
};
