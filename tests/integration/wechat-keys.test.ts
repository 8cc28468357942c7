/** Both ways in which WeChat Pay's signatures are verified, whatever it signs with, and the way from one to the other. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { letPass, startAfresh } from "./support/afresh.ts";
import { misbehave } from "./support/controls.ts";
import { openShop } from "./support/shop.ts";
import {
  callbacksOf,
  countReceived,
  deliveryStates,
  openMerchant,
  payTrades,
  serialOf,
  signing,
  tellAll,
} from "./support/wechat-keys.ts";
import { certificateConfig, merchantConfig } from "./support/wechat-merchant.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const NO = "keys-1";

const SETTINGS = (["listed", "empty", "not_found"] as const).flatMap((certificateList) =>
  [false, true].flatMap((publicKeySwitch) =>
    [0, 50, 100].map((publicKeyShare) => ({ certificateList, publicKeySwitch, publicKeyShare })),
  ),
);

describe.each([
  ["certificates only", certificateConfig()],
  ["the public key", merchantConfig()],
])("a merchant with %s", (_, config) => {
  const hasKey = "publicKey" in config;

  it("verifies every reply and every callback whose key there is, and downloads one list at most", async () => {
    await payTrades(NO);
    const [heard, expected]: [unknown[], unknown[]] = [[], []];
    for (const setting of SETTINGS) {
      await signing(setting);
      const merchant = openMerchant(config);
      const received = await countReceived(merchant, NO, 4);
      const { kind } = await merchant.asks(NO);
      const hasCertificates = setting.certificateList === "listed";
      const byKey = (setting.publicKeyShare / 100) * 4;
      const signedByKey = hasKey && setting.publicKeySwitch;
      // A list whose signature nobody can verify may be a probe, so it is asked for once more.
      const most = setting.certificateList === "empty" && !signedByKey ? 2 : 1;
      heard.push({ ...setting, received, reply: kind, tooMany: merchant.sent.downloads > most });
      expected.push({
        ...setting,
        received: (hasKey ? byKey : 0) + (hasCertificates ? 4 - byKey : 0),
        reply: signedByKey || hasCertificates ? "ok" : "unknown",
        tooMany: false,
      });
    }
    expect(heard).toEqual(expected);
  });

  it("drops a probe and asks again, and has its secrets read", async () => {
    await payTrades(NO);
    await signing({ publicKeySwitch: hasKey });
    const merchant = openMerchant(config);
    for (const kind of ["sigtest", "sigtest_undecodable", "bad_signature", "other_algorithm"]) {
      const before = merchant.sent.all - merchant.sent.downloads;
      await misbehave({ kind, operation: "query" });
      expect(await merchant.asks(NO)).toMatchObject({ kind: "ok" });
      expect(merchant.sent.all - merchant.sent.downloads).toBe(before + 2);
    }
    expect(await merchant.wechat.echo("张三丰")).toEqual({ kind: "ok", value: { encryptionWorks: true } });
  });
});

describe("a merchant on the way from certificates to the public key", () => {
  const SHARES = [0, 1, 5, 10, 20, 50, 100];

  it("loses no callback and no reply at any stage, and downloads the list once", async () => {
    await payTrades(NO);
    const merchant = openMerchant();
    await signing({ publicKeySwitch: false, publicKeyShare: 0 });
    expect([await countReceived(merchant, NO, 5), (await merchant.asks(NO)).kind]).toEqual([5, "ok"]);
    const { publicKeyId } = await signing({ publicKeySwitch: true });
    for (const publicKeyShare of SHARES) {
      await signing({ publicKeyShare });
      const callbacks = await callbacksOf(NO, 20);
      const byKey = callbacks.filter((callback) => serialOf(callback) === publicKeyId);
      expect(Math.abs(byKey.length - publicKeyShare / 5)).toBeLessThanOrEqual(1);
      expect(await Promise.all(callbacks.map(merchant.receives))).toEqual(callbacks.map(() => true));
      expect(await merchant.asks(NO)).toMatchObject({ kind: "ok" });
    }
    await signing({ certificateList: "empty" });
    expect([await countReceived(merchant, NO, 5), (await merchant.asks(NO)).kind]).toEqual([5, "ok"]);
    expect(merchant.sent).toEqual({ all: SHARES.length + 3, downloads: 1 });
  });

  it("who began too early gets again what could not be verified, as soon as the key is there", async () => {
    const shop = openShop();
    const numbers = Array.from({ length: 4 }, (_, index) => `keys-early-${index}`);
    await payTrades(...numbers);
    await signing({ publicKeySwitch: false, publicKeyShare: 50 });
    const before = openMerchant(certificateConfig(), shop.ctx.now);
    expect(await tellAll(before, ...numbers)).toEqual({ accepted: 2, refused: 2 });
    await letPass(shop, 15);
    const after = openMerchant(merchantConfig(), shop.ctx.now);
    expect(await tellAll(after, ...numbers)).toEqual({ accepted: 2, refused: 0 });
    expect(await deliveryStates()).toEqual(["accepted", "accepted", "accepted", "accepted"]);
  });
});
