/** What WeChat Pay refuses by its own rules, as the provider hears it: nobody had to make the simulator misbehave. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { fen, InputError, type WechatPay } from "../../src/providers/wechat/wechat-pay.ts";
import { world } from "../setup/slot.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { misbehave, payAt, sandbox } from "./support/controls.ts";
import { openShop } from "./support/shop.ts";
import { combinedOf, merchantConfig, openWechat, refundOf, tradeOf, transferOf } from "./support/wechat-merchant.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const wechat = openWechat();
const NO = "refusals-1";

const refused = (code: string) => ({ kind: "refused", code });
const ECHO = { kind: "unknown", cause: "echo" };
const OK = { kind: "ok" };

/** A trade that has been paid. */
async function paid(): Promise<void> {
  expect(await wechat.createNative(tradeOf(NO))).toMatchObject(OK);
  await payAt("wechat", NO);
}

describe("a merchant who isn't the one that WeChat Pay knows", () => {
  const { ALIPAY_PRIVATE_KEY = "" } = world().env;
  const cases: [string, Partial<ReturnType<typeof merchantConfig>>, string][] = [
    ["another number", { mchId: "1880000002" }, "MCH_NOT_EXISTS"],
    ["another certificate", { serialNo: "0123456789ABCDEF0123456789ABCDEF01234567" }, "SIGN_ERROR"],
    ["another key", { privateKeyPem: ALIPAY_PRIVATE_KEY }, "SIGN_ERROR"],
    ["another application", { appId: "wx00000000000000ff" }, "APPID_MCHID_NOT_MATCH"],
  ];

  it.each(cases)("by %s opens no trade", async (_, changes, code) => {
    const stranger = openWechat({ ...merchantConfig(), ...changes });
    expect(await stranger.createNative(tradeOf(NO))).toMatchObject(refused(code));
    expect(await stranger.createNative(tradeOf(NO), { firstSend: false })).toMatchObject(ECHO);
    expect(await wechat.queryByOutTradeNo(NO)).toEqual({ kind: "ok", value: { status: "not_found" } });
  });

  it("by a clock that is six minutes slow opens none either, and learns nothing by asking", async () => {
    const late = { now: () => Date.now() - 360_000 };
    expect(await wechat.createNative(tradeOf(NO), late)).toMatchObject(refused("SIGN_ERROR"));
    expect(await wechat.queryByOutTradeNo(NO, late)).toMatchObject({ kind: "unknown", cause: "unlisted" });
  });
});

describe("a trade", () => {
  it("by a product that the merchant has not applied for is refused", async () => {
    await sandbox("POST", "wechat/merchant", { disabledProducts: ["native"] });
    expect(await wechat.createNative(tradeOf(NO))).toMatchObject(refused("NO_AUTH"));
    expect(await wechat.createCombined(combinedOf(NO))).toMatchObject(refused("NO_AUTH"));
  });

  it("for a user of another application is refused", async () => {
    const trade = { ...tradeOf(NO), openid: "oMini_the_simulated_buyer_01" };
    expect(await wechat.createJsapi(trade)).toMatchObject(refused("OPENID_MISMATCH"));
  });

  it.each([
    ["is paid", () => payAt("wechat", NO), "paid"],
    ["is closed", () => wechat.close(NO), "closed"],
  ])("that %s is asked about, not given up, when its number comes again", async (_, end, status) => {
    const trade = tradeOf(NO);
    await wechat.createNative(trade);
    await end();
    expect(await wechat.createNative(trade, { firstSend: false })).toMatchObject(ECHO);
    expect(await wechat.queryByOutTradeNo(NO)).toMatchObject({ kind: "ok", value: { trade: { status } } });
  });

  it("under a number that another trade has is refused the first time only", async () => {
    await wechat.createNative(tradeOf(NO));
    expect(await wechat.createNative(tradeOf(NO, 200))).toMatchObject(refused("OUT_TRADE_NO_USED"));
    expect(await wechat.createNative(tradeOf(NO, 200), { firstSend: false })).toMatchObject(ECHO);
    expect(await wechat.createApp(tradeOf(NO), { firstSend: false })).toMatchObject(ECHO);
  });
});

describe("a refund", () => {
  it("of nothing that was paid is refused", async () => {
    await wechat.createNative(tradeOf(NO));
    expect(await wechat.refund(refundOf(NO, "r-1"))).toMatchObject(refused("RESOURCE_NOT_EXISTS"));
    expect(await wechat.refund(refundOf("refusals-2", "r-1"))).toMatchObject(refused("RESOURCE_NOT_EXISTS"));
  });

  it("of more than is left is refused, and the same under a number of before is an echo", async () => {
    await paid();
    expect(await wechat.refund(refundOf(NO, "r-1", 60))).toMatchObject(OK);
    expect(await wechat.refund(refundOf(NO, "r-2", 60))).toMatchObject(refused("INVALID_REQUEST"));
    expect(await wechat.refund(refundOf(NO, "r-1", 50))).toMatchObject(ECHO);
  });

  it("comes later: within a minute of another, while the account is empty, for old orders in a rush", async () => {
    await paid();
    await sandbox("POST", "wechat/merchant", { balance: "empty" });
    expect(await wechat.refund(refundOf(NO, "r-1"))).toMatchObject({ kind: "later", code: "NOT_ENOUGH" });
    await sandbox("POST", "wechat/merchant", { balance: "enough" });
    await misbehave({ kind: "old_order_limit", operation: "refund" });
    expect(await wechat.refund(refundOf(NO, "r-1"))).toMatchObject({ kind: "later", code: "FREQUENCY_LIMITED" });
    expect(await wechat.refund(refundOf(NO, "r-1"))).toMatchObject(OK);
    expect(await wechat.refund(refundOf(NO, "r-2"))).toMatchObject({ kind: "later", code: "FREQUENCY_LIMITED" });
  });

  it("a year after the payment is refused", async () => {
    const shop = openShop();
    await paid();
    await letPass(shop, 366 * 86_400);
    const call = { now: shop.ctx.now };
    expect(await wechat.refund(refundOf(NO, "r-1"), call)).toMatchObject(refused("TRADE_OVERDUE"));
  });
});

describe("a transfer", () => {
  const make = async (changes: Partial<Parameters<WechatPay["prepareTransfer"]>[0]> = {}, firstSend = true) => {
    const draft = { ...transferOf("Refusals1"), ...changes };
    const prepared = await wechat.prepareTransfer(draft);
    if (prepared.kind !== "ok") throw new Error(prepared.message);
    return wechat.createTransfer({ ...prepared.value, outBillNo: draft.outBillNo }, { firstSend });
  };

  it("of another amount under the same number is an echo", async () => {
    expect(await make()).toMatchObject(OK);
    expect(await make({ amount: fen(2000) })).toMatchObject(ECHO);
    expect(await make({}, false)).toMatchObject(OK);
  });

  it("from an address that is not listed is refused, and taken through the proxy that is", async () => {
    await sandbox("POST", "wechat/transfers", { listedAddresses: ["203.0.113.10"] });
    const { proxyUrl: _none, ...direct } = merchantConfig();
    const prepared = await wechat.prepareTransfer(transferOf("Refusals1"));
    if (prepared.kind !== "ok") throw new Error(prepared.message);
    const transfer = { ...prepared.value, outBillNo: "Refusals1" };
    expect(await openWechat(direct).createTransfer(transfer)).toMatchObject(refused("NO_AUTH"));
    expect(await wechat.createTransfer(transfer)).toMatchObject(OK);
  });

  it("that the recipient has confirmed, or that nobody made, is not taken back", async () => {
    expect(await wechat.cancelTransfer("Refusals1")).toMatchObject(refused("RESOURCE_NOT_EXISTS"));
    await make();
    await sandbox("POST", "transfers/Refusals1/confirm", {});
    expect(await wechat.cancelTransfer("Refusals1")).toMatchObject(refused("INVALID_REQUEST"));
    expect(await wechat.cancelTransfer("Refusals1", { firstSend: false })).toMatchObject(ECHO);
  });

  it("of 2,000 yuan without a name is not even sent", async () => {
    await expect(make({ amount: fen(200_000) })).rejects.toBeInstanceOf(InputError);
    expect(await sandbox("GET", "transfers")).toEqual([]);
  });
});

it("is refused a bill of a day without trades by there being none", async () => {
  const billDate = new Date(Date.now() - 7 * 86_400_000).toISOString().slice(0, 10);
  expect(await wechat.tradeBill({ billDate })).toEqual({ kind: "ok", value: { status: "none" } });
});
