/** WeChat Pay callbacks that somebody tampered with, replayed, forged, or that belong to others: they change nothing. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { world } from "../setup/slot.ts";
import { startAfresh } from "./support/afresh.ts";
import { deliver, deliverAll, payAt, type SignedDelivery, signedCallback } from "./support/controls.ts";
import {
  changed,
  expectGenuineCounts,
  expectTurnedAway,
  type Target,
  target,
  textOf,
  withBody,
} from "./support/hostile.ts";
import { newOrder } from "./support/purchases.ts";
import { attemptOf } from "./support/records.ts";
import { openShop } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const SIGNED_HEADERS = ["Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Signature", "Wechatpay-Serial"];

it("refuses a callback with any signed header changed by one character, or missing", async () => {
  const aim = await target("wechat");
  const hostile = new Map<string, SignedDelivery>();
  for (const name of [...SIGNED_HEADERS, "Wechatpay-Signature-Type"]) {
    const headers = aim.genuine.headers;
    hostile.set(`${name} changed`, { ...aim.genuine, headers: { ...headers, [name]: changed(headers[name] ?? "") } });
  }
  for (const name of SIGNED_HEADERS) {
    const { [name]: _gone, ...headers } = aim.genuine.headers;
    hostile.set(`${name} missing`, { ...aim.genuine, headers });
    hostile.set(`${name} empty`, { ...aim.genuine, headers: { ...headers, [name]: "" } });
  }
  await expectTurnedAway(aim, hostile);
  await expectGenuineCounts(aim);
});

it("refuses a callback with any member of its body changed by one character", async () => {
  const aim = await target("wechat");
  const text = textOf(aim.genuine);
  const envelope = JSON.parse(text) as Record<string, unknown> & { resource: Record<string, string> };
  const { resource, ...outer } = envelope;
  const members = [...Object.entries(outer), ...Object.entries(resource)].map(([name, value]) => [name, String(value)]);
  const hostile = new Map<string, SignedDelivery>();
  for (const [name = "", value = ""] of members) {
    const at = text.indexOf(`"${name}":"${value}"`) + name.length + 4;
    hostile.set(name, withBody(aim.genuine, changed(text, at + Math.floor(value.length / 2))));
  }
  hostile.set("a space behind it", withBody(aim.genuine, `${text} `));
  hostile.set("members in another order", withBody(aim.genuine, JSON.stringify({ resource, ...outer })));
  expect(hostile.size).toBe(12);
  await expectTurnedAway(aim, hostile);
  await expectGenuineCounts(aim);
});

it("refuses what is old, from the future, of another key, a probe, or signed by a stranger", async () => {
  const aim = await target("wechat");
  const order = { provider: "wechat", callback: "trade", outTradeNo: aim.outTradeNo };
  const now = Math.floor(Date.now() / 1000);
  const hostile = new Map<string, SignedDelivery>();
  for (const [name, more] of [
    ["six minutes old", { timestamp: now - 360 }],
    ["six minutes early", { timestamp: now + 360 }],
    ["another serial", { serial: "PUB_KEY_ID_0000000000000000000000000000000000" }],
    ["a stranger's key", { signer: "foreign" }],
    ["a SIGNTEST probe", { flaw: "sigtest" }],
    ["a wrong signature", { flaw: "bad_signature" }],
    ["no signature", { flaw: "unsigned" }],
  ] as const) {
    hostile.set(name, await signedCallback({ ...order, ...more }));
  }
  await expectTurnedAway(aim, hostile);
  await expectGenuineCounts(aim);
});

it("refuses what is signed well and belongs to others, or does not decrypt", async () => {
  const aim = await target("wechat");
  const order = { provider: "wechat", callback: "trade", outTradeNo: aim.outTradeNo };
  const envelope = JSON.parse(textOf(aim.genuine)) as { resource: Record<string, string> };
  const resource = { ...envelope.resource, ciphertext: changed(envelope.resource.ciphertext ?? "") };
  const hostile = new Map<string, SignedDelivery>();
  for (const [name, more] of [
    ["another merchant", { fields: { mchid: "1880000002" } }],
    ["another application", { fields: { appid: "wx00000000000000ff" } }],
    ["no merchant", { fields: { mchid: null } }],
    ["other money", { fields: { amount: { currency: "HKD" } } }],
    ["a tampered ciphertext", { envelope: { resource } }],
    ["another algorithm", { envelope: { resource: { ...envelope.resource, algorithm: "NONE" } } }],
    ["no JSON inside", { plaintext: "paid" }],
  ] as const) {
    hostile.set(name, await signedCallback({ ...order, ...more }));
  }
  await expectTurnedAway(aim, hostile);
  await expectGenuineCounts(aim);
});

describe("a callback of this merchant that names another of its applications", () => {
  const { WECHAT_APP_ID, WECHAT_MINI_APP_ID, WECHAT_MOBILE_APP_ID } = world().env;
  const foreign = async (aim: Target, fields: object) => {
    const order = { provider: "wechat", callback: "trade", outTradeNo: aim.outTradeNo };
    const hostile = new Map<string, SignedDelivery>();
    for (const appid of [WECHAT_MINI_APP_ID, WECHAT_MOBILE_APP_ID]) {
      hostile.set(String(appid), await signedCallback({ ...order, fields: { ...fields, appid } }));
    }
    return hostile;
  };

  it.each([
    ["paid", {}],
    ["paid, with another amount", { amount: { total: 1 } }],
    ["closed", { trade_state: "CLOSED" }],
    ["paid and gone back", { trade_state: "REFUND" }],
  ])("does not count for a trade that it says is %s", async (_, fields) => {
    const aim = await target("wechat");
    expect(new Set([WECHAT_APP_ID, WECHAT_MINI_APP_ID, WECHAT_MOBILE_APP_ID]).size).toBe(3);
    await expectTurnedAway(aim, await foreign(aim, fields));
    expect(aim.shop.lines.filter((line) => line.includes('"reason":"foreign_application"'))).toHaveLength(2);
    await expectGenuineCounts(aim);
  });

  it("does not count for one that is booked already either", async () => {
    const aim = await target("wechat");
    await expectGenuineCounts(aim);
    await aim.shop.idle();
    for (const fields of [{}, { trade_state: "CLOSED" }, { trade_state: "REFUND" }]) {
      await expectTurnedAway(aim, await foreign(aim, fields));
    }
  });

  it("is told by the application of the attempt, not by the first one", async () => {
    const shop = openShop();
    const { customer, orderId, amount } = await newOrder(shop);
    const openid = "oMini_the_simulated_buyer_01";
    const request = { method: "WECHAT_MINI", openid, orderId, amount } as const;
    const { outTradeNo } = (await shop.manager.create(customer, "wechat", request)).payment;
    await payAt("wechat", outTradeNo);
    const fields = { appid: WECHAT_APP_ID };
    const forged = await signedCallback({ provider: "wechat", callback: "trade", outTradeNo, fields });
    expect((await deliver(shop, "wechat", forged)).status).toBe(401);
    expect(await attemptOf(shop, outTradeNo)).toMatchObject({ state: "PENDING" });
    expect((await deliverAll(shop, "wechat", outTradeNo)).map(({ status }) => status)).toEqual([200]);
    expect(await attemptOf(shop, outTradeNo)).toMatchObject({ state: "SUCCESS", disposition: "APPLIED" });
  });
});
