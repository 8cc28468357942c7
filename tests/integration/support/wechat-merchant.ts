/** WeChat Pay's standalone class as a merchant of this worker's simulator, and something to say to it. */
import { readConfig } from "../../../src/config.ts";
import type { ProviderRuntime } from "../../../src/providers/exchange.ts";
import type { WechatOperation } from "../../../src/providers/wechat/codes.ts";
import { type CallOptions, fen, type Outcome, WechatPay } from "../../../src/providers/wechat/wechat-pay.ts";
import { world } from "../../setup/slot.ts";

type Config = ConstructorParameters<typeof WechatPay>[0];

/** The settings that the simulator gives its shop. */
export function merchantConfig(): Config {
  const { wechat } = readConfig({ ...world().env, DATABASE_URL: world().databaseUrl, JWT_SECRET: "x".repeat(32) });
  if (!wechat) throw new Error("the simulator gave no settings");
  return wechat;
}

/** The same without the public key: platform certificates are all there is. */
export function certificateConfig(): Config {
  const { publicKey: _none, ...config } = merchantConfig();
  return config;
}

export function openWechat(config = merchantConfig(), runtime: Partial<ProviderRuntime> = {}): WechatPay {
  return new WechatPay(config, runtime);
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A trade of 1.00 yuan that can be paid for an hour. */
export function tradeOf(outTradeNo: string, amount = 100) {
  return { outTradeNo, description: "茶", amount: fen(amount), expiresAt: new Date(Date.now() + HOUR_MS) };
}

/** A refund of a part of it. */
export function refundOf(outTradeNo: string, outRefundNo: string, amount = 40) {
  return { outTradeNo, outRefundNo, amount: fen(amount), total: fen(100), reason: "退货" };
}

/** Two orders of 1.00 yuan each. */
export function combinedOf(combineOutTradeNo: string) {
  const orders = ["A", "B"].map((letter) => ({
    ...{ outTradeNo: `${combineOutTradeNo}${letter}`, orderId: letter, amount: fen(100), subject: "茶" },
  }));
  const details = { method: "WECHAT_NATIVE" } as const;
  return { details, method: details.method, combineOutTradeNo, expiresAt: new Date(Date.now() + HOUR_MS), orders };
}

/** Ten yuan for a winner. */
export function transferOf(outBillNo: string) {
  return {
    ...{ outBillNo, openid: "oOfcl_the_recipient_01", sceneId: "1000", amount: fen(1000), remark: "活动奖励" },
    application: "official_account" as const,
    sceneReports: [
      { infoType: "活动名称", infoContent: "新会员有礼" },
      { infoType: "奖励说明", infoContent: "注册会员抽奖一等奖" },
    ],
  };
}

async function transfer(wechat: WechatPay, options: CallOptions): Promise<Outcome<unknown>> {
  const prepared = await wechat.prepareTransfer(transferOf("ERR1"), options);
  return prepared.kind === "ok" ? wechat.createTransfer({ ...prepared.value, outBillNo: "ERR1" }, options) : prepared;
}

/** A day that has a bill, if there was any trade. */
const lastWeek = () => new Date(Date.now() - 7 * DAY_MS).toISOString().slice(0, 10);

/** One call of every kind whose errors have a meaning. */
export const CALLS: Readonly<
  Record<
    Exclude<WechatOperation, "certificates">,
    (wechat: WechatPay, options: CallOptions) => Promise<Outcome<unknown>>
  >
> = {
  create: (wechat, options) => wechat.createNative(tradeOf("err-create"), options),
  combine_create: (wechat, options) => wechat.createCombined(combinedOf("err-combine"), options),
  refund: (wechat, options) => wechat.refund(refundOf("err-create", "err-refund"), options),
  abnormal_refund: (wechat, options) =>
    wechat.applyAbnormalRefund(
      { outRefundNo: "err-refund", providerRefundNo: "5000" },
      { type: "MERCHANT_BANK_CARD" },
      options,
    ),
  transfer,
  transfer_cancel: (wechat, options) => wechat.cancelTransfer("ERR1", options),
  query: (wechat, options) => wechat.queryByOutTradeNo("err-create", options),
  combine_query: (wechat, options) => wechat.queryCombined(combinedOf("err-combine"), options),
  refund_query: (wechat, options) => wechat.queryRefund("err-refund", options),
  transfer_query: (wechat, options) => wechat.queryTransfer("ERR1", options),
  close: (wechat, options) => wechat.close("err-create", options),
  combine_close: (wechat, options) => wechat.closeCombined(combinedOf("err-combine"), options),
  bill: (wechat, options) => wechat.tradeBill({ billDate: lastWeek() }, options),
  echo: (wechat, options) => wechat.echo("你好", options),
};
