/** Platform certificates that change or are not there: nothing that WeChat Pay tells is lost, and nobody asks too often. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { letPass, startAfresh } from "./support/afresh.ts";
import { openShop } from "./support/shop.ts";
import {
  callbacksOf,
  countReceived,
  deliveryStates,
  openMerchant,
  payTrades,
  retire,
  rotate,
  serialOf,
  signing,
  tellAll,
} from "./support/wechat-keys.ts";
import { certificateConfig, merchantConfig } from "./support/wechat-merchant.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const NO = "certificates-1";
const HOUR = 3600;
const OK = { kind: "ok" };

describe.each([
  ["certificates only", certificateConfig()],
  ["the public key too", merchantConfig()],
])("certificates change, for a merchant with %s", (_, config) => {
  beforeEach(async () => {
    await payTrades(NO);
    await signing({ publicKeySwitch: false, publicKeyShare: 0 });
  });

  it("announced: nothing is lost before, while both sign, and after the old one is gone", async () => {
    const shop = openShop();
    const merchant = openMerchant(config, shop.ctx.now);
    const every = async () => [await countReceived(merchant, NO, 4), (await merchant.asks(NO)).kind];
    expect(await every()).toEqual([4, "ok"]);
    const newest = await rotate(0);
    expect(await every()).toEqual([4, "ok"]);
    await letPass(shop, 6 * HOUR);
    await merchant.wechat.renewCertificates({ now: shop.ctx.now });
    expect(merchant.sent.downloads).toBe(2);
    await signing({ newestShare: 50 });
    expect(await every()).toEqual([4, "ok"]);
    expect(new Set((await callbacksOf(NO, 4)).map(serialOf)).size).toBe(2);
    await retire();
    expect(await every()).toEqual([4, "ok"]);
    expect(await encryptsFor(merchant, shop.ctx.now)).toBe("publicKey" in config ? config.publicKey?.id : newest);
    expect(merchant.sent.downloads).toBe(2);
  });

  it("overnight: the new one is found when it is first seen", async () => {
    const shop = openShop();
    const merchant = openMerchant(config, shop.ctx.now);
    expect(await merchant.asks(NO)).toMatchObject(OK);
    await letPass(shop, 11 * 60);
    const newest = await rotate(100);
    await retire();
    const callbacks = await callbacksOf(NO, 2);
    expect(callbacks.map(serialOf)).toEqual([newest, newest]);
    expect(await Promise.all(callbacks.map(merchant.receives))).toEqual([true, true]);
    expect(await merchant.asks(NO)).toMatchObject(OK);
    expect(merchant.sent).toEqual({ all: 4, downloads: 2 });
  });

  it("right after a download: all comes again until the next one is allowed, and then counts", async () => {
    const shop = openShop();
    const merchant = openMerchant(config, shop.ctx.now);
    expect(await merchant.asks(NO)).toMatchObject(OK);
    await rotate(100);
    const heard = [];
    for (const seconds of [0, 15, 15, 30, 180, 600]) {
      await letPass(shop, seconds);
      heard.push([(await merchant.asks(NO)).kind, (await tellAll(merchant, NO)).accepted]);
    }
    expect(heard).toEqual([...Array(5).fill(["unknown", 0]), ["ok", 1]]);
    expect(await deliveryStates()).toEqual(["accepted"]);
    expect(merchant.sent.downloads).toBe(2);
  });
});

async function encryptsFor({ wechat }: ReturnType<typeof openMerchant>, now: () => number) {
  const sealed = await wechat.encryptField("张三丰", { now });
  return sealed.kind === "ok" ? sealed.value.serial : sealed.message;
}

describe("a merchant whose certificate list is", () => {
  it.each(["empty", "not_found"] as const)("%s, which is no error, asks for it once in hours", async (list) => {
    await payTrades(NO);
    await signing({ certificateList: list });
    const merchant = openMerchant();
    for (let time = 0; time < 30; time += 1) await merchant.wechat.renewCertificates();
    expect([await countReceived(merchant, NO, 3), (await merchant.asks(NO)).kind]).toEqual([3, "ok"]);
    expect(merchant.sent).toEqual({ all: 2, downloads: 1 });
  });

  it("suddenly said not to be found keeps the certificates that it has", async () => {
    const shop = openShop();
    await payTrades(NO);
    await signing({ publicKeySwitch: false, publicKeyShare: 0 });
    const merchant = openMerchant(certificateConfig(), shop.ctx.now);
    expect(await countReceived(merchant, NO, 1)).toBe(1);
    await signing({ certificateList: "not_found" });
    await letPass(shop, 6 * HOUR);
    expect([await countReceived(merchant, NO, 3), (await merchant.asks(NO)).kind]).toEqual([3, "ok"]);
  });
});
