/** Signatures that are none, of another kind, or made with what everybody knows; and genuine callbacks, replayed. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import { PaymentManager } from "../../src/payments/manager.ts";
import { createServices } from "../../src/services.ts";
import { world } from "../setup/slot.ts";
import { environment } from "./api/support.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { deliver, type SignedDelivery, sandbox, signedCallback } from "./support/controls.ts";
import { wholeBooks } from "./support/corpus.ts";
import { expectGenuineCounts, expectTurnedAway, rowsOf, target, textOf, withBody } from "./support/hostile.ts";
import { subjectsOf } from "./support/purchases.ts";
import { openShop, unique } from "./support/shop.ts";
import { V2_KIND } from "./support/wechat-subjects.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const encoder = new TextEncoder();
const base64 = (bytes: ArrayBuffer) => btoa(String.fromCharCode(...new Uint8Array(bytes)));

/** A signature that anybody can make who takes the public key for a shared secret. */
async function sealedWith(publicKey: string, text: string): Promise<string> {
  const secret = encoder.encode(publicKey);
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return base64(await crypto.subtle.sign("HMAC", key, encoder.encode(text)));
}

const EMPTY = ["", " ", "=", "====", "AA==", "AAAA", "null", "undefined", "0", "\t", "A".repeat(344)];

it("WeChat Pay's can't be empty, of another algorithm, or made with its public key", async () => {
  const aim = await target("wechat");
  const { genuine } = aim;
  const text = `${genuine.headers["Wechatpay-Timestamp"]}\n${genuine.headers["Wechatpay-Nonce"]}\n${textOf(genuine)}\n`;
  const signed = (value: string, type?: string): SignedDelivery => ({
    ...genuine,
    headers: { ...genuine.headers, "Wechatpay-Signature": value, ...(type && { "Wechatpay-Signature-Type": type }) },
  });
  const hostile = new Map<string, SignedDelivery>(EMPTY.map((value) => [`"${value}"`, signed(value)]));
  const { WECHAT_PUBLIC_KEY = "", WECHAT_API_V3_KEY = "" } = world().env;
  for (const secret of [WECHAT_PUBLIC_KEY, WECHAT_PUBLIC_KEY.trim(), WECHAT_API_V3_KEY]) {
    const value = await sealedWith(secret, text);
    for (const type of [undefined, "HS256", "HMAC-SHA256"]) hostile.set(`HMAC ${hostile.size}`, signed(value, type));
  }
  const real = genuine.headers["Wechatpay-Signature"] ?? "";
  for (const type of ["WECHATPAY2-SM2-WITH-SM3", "SHA1", "none", "wechatpay2-sha256-rsa2048", ", "]) {
    hostile.set(`called ${type}`, signed(real, type));
  }
  hostile.set("base64url", signed(real.replaceAll("+", "-").replaceAll("/", "_")));
  hostile.set("without its padding", signed(real.replace(/=+$/, "")));
  hostile.set("with a space inside", signed(`${real.slice(0, 64)} ${real.slice(64)}`));
  await expectTurnedAway(aim, hostile);
  await expectGenuineCounts(aim);
});

it("Alipay's can't be empty, of another algorithm, or made with its public key", async () => {
  const aim = await target("alipay");
  const fields = new URLSearchParams(textOf(aim.genuine));
  const covered = [...fields].filter(([name, value]) => !name.startsWith("sign") && value !== "").sort();
  const text = covered.map((field) => field.join("=")).join("&");
  const withFields = (changes: Readonly<Record<string, string>>) =>
    withBody(aim.genuine, new URLSearchParams({ ...Object.fromEntries(fields), ...changes }).toString());
  const hostile = new Map<string, SignedDelivery>(EMPTY.map((sign) => [`"${sign}"`, withFields({ sign })]));
  const { ALIPAY_PUBLIC_KEY = "" } = world().env;
  for (const type of ["RSA2", "HMAC", "HS256"]) {
    hostile.set(`HMAC, ${type}`, withFields({ sign: await sealedWith(ALIPAY_PUBLIC_KEY, text), sign_type: type }));
  }
  for (const type of ["RSA", "rsa2", "RSA2 ", "MD5", "none", "ＲＳＡ２"]) {
    hostile.set(`called ${type}`, withFields({ sign_type: type }));
  }
  await expectTurnedAway(aim, hostile);
  await expectGenuineCounts(aim);
});

describe.each([
  ["wechat", "mchid", "１"],
  ["wechat", "appid", "х"],
  ["alipay", "app_id", "９"],
  ["alipay", "seller_id", "２"],
] as const)("%s", (channel, field, lookAlike) => {
  it(`does not take a ${field} that only looks like the shop's`, async () => {
    const aim = await target(channel);
    const own = {
      mchid: world().env.WECHAT_MCH_ID,
      appid: world().env.WECHAT_APP_ID,
      app_id: world().env.ALIPAY_APP_ID,
    };
    const value = field === "seller_id" ? "2088000000000001" : (own[field] ?? "");
    const order = { provider: channel, callback: "trade", outTradeNo: aim.outTradeNo };
    const hostile = new Map<string, SignedDelivery>();
    for (const [name, forged] of [
      ["another alphabet", lookAlike + value.slice(1)],
      ["a space behind it", `${value} `],
      ["a zero-width space behind it", `${value}\u200b`],
      ["a NUL behind it", `${value}\u0000`],
      ["another case", value.toUpperCase() === value ? `${value}x` : value.toUpperCase()],
    ] as const) {
      hostile.set(name, await signedCallback({ ...order, fields: { [field]: forged } }));
    }
    await expectTurnedAway(aim, hostile);
    await expectGenuineCounts(aim);
  });
});

it("members with names that mean more to JavaScript change nothing, and no other object", async () => {
  const aim = await target("wechat");
  const inside = `{"__proto__":{"mchid":"${world().env.WECHAT_MCH_ID}"},"constructor":{"prototype":{"polluted":1}}}`;
  const order = { provider: "wechat", callback: "trade", outTradeNo: aim.outTradeNo, plaintext: inside };
  const alipay = await target("alipay");
  const fields = { total_amount: null, constructor: "30.00", "prototype.polluted": "1" };
  await expectTurnedAway(aim, new Map([["inside", await signedCallback(order)]]));
  const form = { provider: "alipay", callback: "trade", outTradeNo: alipay.outTradeNo, fields };
  await expectTurnedAway(alipay, new Map([["fields", await signedCallback(form)]]));
  expect(Reflect.get({}, "polluted")).toBeUndefined();
});

it("a member of WeChat Pay's that is there twice counts neither way", async () => {
  const aim = await target("wechat");
  const inside = (amount: string) =>
    `{"appid":"${world().env.WECHAT_APP_ID}","mchid":"${world().env.WECHAT_MCH_ID}","out_trade_no":"${aim.outTradeNo}",` +
    `"transaction_id":"4200000000","trade_state":"SUCCESS","success_time":"2026-11-22T10:00:00+08:00",${amount}}`;
  const order = { provider: "wechat", callback: "trade", outTradeNo: aim.outTradeNo };
  const hostile = new Map<string, SignedDelivery>();
  for (const [name, amount] of [
    ["the true one last", '"amount":{"total":1},"amount":{"total":3000}'],
    ["the true one first", '"amount":{"total":3000},"amount":{"total":1}'],
    ["inside of another", '"amount":{"total":1,"total":3000}'],
    ["spelt in another way", '"amount":{"total":1,"t\\u006ftal":3000}'],
  ] as const) {
    hostile.set(name, await signedCallback({ ...order, plaintext: inside(amount) }));
  }
  await expectTurnedAway(aim, hostile);
  await expectGenuineCounts(aim);
});

describe.each(["wechat", "alipay"] as const)("a replay (%s)", (channel) => {
  it("counts once, though it comes fifty times at once, and as often afterwards", async () => {
    const aim = await target(channel);
    const replay = () => deliver(aim.shop, channel, aim.genuine);
    const answers = await Promise.all(Array.from({ length: 50 }, replay));
    await aim.shop.idle();
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const after = await rowsOf(aim);
    expect(after.orders).toMatchObject([{ state: "PAID", amount: 3000 }]);
    expect((await Promise.all(Array.from({ length: 10 }, replay))).every(({ status }) => status === 200)).toBe(true);
    expect(await rowsOf(aim)).toEqual(after);
    await expectBooksInOrder(aim.shop, subjectsOf(aim));
  });

  it("after days is turned away, or finds everything done", async () => {
    const aim = await target(channel);
    await expectGenuineCounts(aim);
    await aim.shop.idle();
    const before = await wholeBooks(aim.shop);
    await letPass(aim.shop, 3 * 86_400);
    expect((await deliver(aim.shop, channel, aim.genuine)).status).toBe(channel === "wechat" ? 401 : 200);
    await aim.shop.idle();
    expect(await wholeBooks(aim.shop)).toEqual(before);
  });
});

/** A service whose calls to the providers are listed. */
function listening(variables: object, now: () => number) {
  const asked: string[] = [];
  const { host } = new URL(world().sandboxUrl);
  const watched: typeof fetch = (input, init) => {
    if (new URL(String(input)).host === host) asked.push(`${String(input)} ${String(init?.body ?? "")}`);
    return fetch(input, init);
  };
  const services = createServices(readConfig(variables), { fetch: watched, now, writeLog: () => {} });
  const post = (provider: "wechat" | "alipay", { headers, body }: SignedDelivery) => {
    const ctx = services.requestContext({ requestId: unique("request"), waitUntil: () => {} });
    return new PaymentManager(ctx).notify(provider, { headers: new Headers(headers), body });
  };
  return { asked, post };
}

it("a V2 notice of a refund that has gone back makes the shop ask nobody, however often it is replayed", async () => {
  const shop = openShop();
  const { order } = await V2_KIND.stage(shop);
  const notice = await signedCallback({ provider: "wechat", ...order });
  const { asked, post } = listening(environment(), shop.ctx.now);
  for (let copy = 0; copy < 10; copy++) expect((await post("wechat", notice)).status).toBe(200);
  expect(asked).toHaveLength(1);
});

it("Alipay notices under certificates that nobody has cause one download, and the genuine one counts", async () => {
  await sandbox("POST", "alipay/application", { mode: "certificate" });
  const { alipay } = await sandbox<{ alipay: { certificateEnv: Record<string, string> } }>("GET", "settings");
  const variables = environment({ ...alipay.certificateEnv, ALIPAY_PUBLIC_KEY: undefined });
  const { asked, post } = listening(variables, Date.now);
  const notice = await signedCallback({ provider: "alipay", callback: "trade", form: "callback_cert_sn" });
  const flood = Array.from({ length: 30 }, (_, at) => {
    const sn = at.toString(16).padStart(32, "a");
    return withBody(notice, textOf(notice).replace(/alipay_cert_sn=\w+/, `alipay_cert_sn=${sn}`));
  });
  const answers = await Promise.all([...flood, notice].map((each) => post("alipay", each)));
  expect(answers.map(({ status }) => status)).toEqual([...flood.map(() => 401), 200]);
  expect(asked.length).toBeLessThanOrEqual(1);
});
