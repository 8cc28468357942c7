import { describe, expect, test } from "vitest";
import { fen } from "../../../../src/money.ts";
import type { AttemptDraft } from "../../../../src/providers/attempt.ts";
import type { Credential } from "../../../../src/providers/credential.ts";
import type { PaymentDetails, WechatOptions } from "../../../../src/providers/details.ts";
import { InputError } from "../../../../src/providers/input-error.ts";
import type { WechatMethod } from "../../../../src/providers/methods.ts";
import { attempt, call, NOW } from "../support/calls.ts";
import { testKeys } from "../support/keys.ts";
import { APP_ID, APPLICATIONS, errorReply, MCH_ID, signedReply, wechatProvider } from "../support/wechat.ts";

const OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";
const PREPAY_ID = "wx201410272009395522657a690389285100";
const H5_URL =
  "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx2016121516420242444321ca0631331346&package=1405458241";

const OPTIONS = {
  attach: "深圳分店",
  goodsTag: "WXG",
  detail: {
    costPrice: fen(20_000),
    invoiceId: "微信123",
    goodsDetail: [
      {
        merchantGoodsId: "1246464644",
        wechatpayGoodsId: "1001",
        goodsName: "手机 📱",
        quantity: 1,
        unitPrice: fen(10_050),
      },
    ],
  },
  sceneInfo: {
    deviceId: "013467007045764",
    storeInfo: { id: "0001", name: "腾讯大厦分店", areaCode: "440305", address: "南山区" },
  },
  settleInfo: { profitSharing: true },
  supportFapiao: true,
  payerClientIp: "14.23.150.211",
} satisfies WechatOptions;

const DETAILS: Readonly<Record<WechatMethod, PaymentDetails>> = {
  WECHAT_JSAPI: { method: "WECHAT_JSAPI", openid: OPENID },
  WECHAT_MINI: { method: "WECHAT_MINI", openid: OPENID },
  WECHAT_NATIVE: { method: "WECHAT_NATIVE" },
  WECHAT_APP: { method: "WECHAT_APP" },
  WECHAT_H5: { method: "WECHAT_H5", h5Type: "Wap", payerClientIp: "2001:db8::1" },
};

const silent = () => wechatProvider(() => errorReply(400, "PARAM_ERROR"), APPLICATIONS);

function draftOf(details: PaymentDetails, changes: Partial<AttemptDraft> = {}): AttemptDraft {
  return { ...attempt(details.method), details, subject: "新年礼盒 🎁", ...changes };
}

async function prepared(details: PaymentDetails): Promise<Record<string, unknown>> {
  return JSON.parse((await silent()).provider.prepare(draftOf(details)));
}

/** Creates a trade by a method and gives its credential and where it was created. */
async function created(method: WechatMethod, reply: Readonly<Record<string, string>>) {
  const { provider, sent } = await wechatProvider(() => signedReply(reply), APPLICATIONS);
  const request = provider.prepare(draftOf(DETAILS[method]));
  const outcome = await provider.create({ ...attempt(method), request }, call());
  if (outcome.kind !== "ok" || outcome.value.status !== "pending") throw new Error("no credential");
  return { credential: outcome.value.credential, path: sent[0]?.url.pathname, body: sent[0]?.body, request };
}

const COMMON = {
  mchid: MCH_ID,
  description: "新年礼盒",
  out_trade_no: "01JD8ZC4Q6V0X5T2R9N7M3K1B8A1",
  time_expire: "2026-11-22T10:30:00+08:00",
  notify_url: "https://pay.example.com/api/v1/payments/wechat/notify",
  amount: { total: 10_050, currency: "CNY" },
};

describe("what each method sends", () => {
  test.each([
    ["WECHAT_JSAPI", { appid: APP_ID, payer: { openid: OPENID } }],
    ["WECHAT_MINI", { appid: APPLICATIONS.miniAppId, payer: { openid: OPENID } }],
    ["WECHAT_NATIVE", { appid: APP_ID }],
    ["WECHAT_APP", { appid: APPLICATIONS.mobileAppId }],
    ["WECHAT_H5", { appid: APP_ID, scene_info: { payer_client_ip: "2001:db8::1", h5_info: { type: "Wap" } } }],
  ] as const)("%s, with nothing but what it needs", async (method, own) => {
    expect(await prepared(DETAILS[method])).toEqual({ ...COMMON, ...own });
  });

  test("every option, in a fixed order", async () => {
    const { provider } = await silent();
    const details = { ...OPTIONS, ...DETAILS.WECHAT_JSAPI };
    expect(provider.prepare(draftOf(details))).toBe(
      JSON.stringify({
        appid: APP_ID,
        mchid: MCH_ID,
        description: "新年礼盒",
        out_trade_no: COMMON.out_trade_no,
        time_expire: COMMON.time_expire,
        attach: "深圳分店",
        notify_url: COMMON.notify_url,
        goods_tag: "WXG",
        support_fapiao: true,
        amount: COMMON.amount,
        payer: { openid: OPENID },
        detail: {
          cost_price: 20_000,
          invoice_id: "微信123",
          goods_detail: [
            {
              merchant_goods_id: "1246464644",
              wechatpay_goods_id: "1001",
              goods_name: "手机",
              quantity: 1,
              unit_price: 10_050,
            },
          ],
        },
        scene_info: {
          payer_client_ip: "14.23.150.211",
          device_id: "013467007045764",
          store_info: { id: "0001", name: "腾讯大厦分店", area_code: "440305", address: "南山区" },
        },
        settle_info: { profit_sharing: true },
      }),
    );
  });

  test("all that an H5 page may say of itself", async () => {
    const page = {
      appName: "王者荣耀",
      appUrl: "https://pvp.qq.com",
      bundleId: "com.x.y",
      packageName: "com.tencent.x",
    };
    const body = await prepared({ method: "WECHAT_H5", h5Type: "iOS", payerClientIp: "14.23.150.211", ...page });
    expect(body.scene_info).toEqual({
      payer_client_ip: "14.23.150.211",
      h5_info: {
        type: "iOS",
        app_name: "王者荣耀",
        app_url: "https://pvp.qq.com",
        bundle_id: "com.x.y",
        package_name: "com.tencent.x",
      },
    });
  });

  test.each([
    ["a scene without the payer's address", { sceneInfo: OPTIONS.sceneInfo }],
    ["an address without a scene", { payerClientIp: "14.23.150.211" }],
    ["empty options", { detail: { goodsDetail: [] }, sceneInfo: {}, settleInfo: {}, payerClientIp: "14.23.150.211" }],
  ])("nothing invalid for %s", async (_, options) => {
    expect(await prepared({ method: "WECHAT_NATIVE", ...options })).toEqual({ ...COMMON, appid: APP_ID });
  });

  test("the one appid for all when there are no others", async () => {
    const { provider } = await wechatProvider(() => errorReply(400, "PARAM_ERROR"));
    for (const details of Object.values(DETAILS)) {
      expect(JSON.parse(provider.prepare(draftOf(details))).appid).toBe(APP_ID);
    }
  });

  const goods = OPTIONS.detail.goodsDetail[0];
  test.each([
    ["attach", { attach: "带表情🎁" }],
    ["attach", { attach: "字".repeat(129) }],
    ["goods_tag", { goodsTag: "" }],
    ["detail", { detail: { goodsDetail: Array(100).fill({ ...goods, goodsName: "字".repeat(30) }) } }],
    ["detail.goods_detail[0].quantity", { detail: { goodsDetail: [{ ...goods, quantity: 0 }] } }],
    ["detail.goods_detail[0].merchant_goods_id", { detail: { goodsDetail: [{ ...goods, merchantGoodsId: "" }] } }],
    ["scene_info.payer_client_ip", { sceneInfo: OPTIONS.sceneInfo, payerClientIp: "localhost" }],
    ["scene_info.device_id", { sceneInfo: { deviceId: "x".repeat(33) }, payerClientIp: "::1" }],
  ])("an error that names %s", async (field, options) => {
    const { provider } = await silent();
    const prepare = () => provider.prepare(draftOf({ method: "WECHAT_NATIVE", ...options }));
    expect(prepare).toThrow(InputError);
    expect(prepare).toThrow(`${field}: `);
  });

  test.each([
    ["out_trade_no", { outTradeNo: "short" }],
    ["amount.total", { amount: fen(0) }],
  ])("an error that names %s of the attempt", async (field, changes) => {
    const { provider } = await silent();
    expect(() => provider.prepare(draftOf(DETAILS.WECHAT_NATIVE, changes))).toThrow(`${field}: `);
  });
});

/** The signature's text as the clients' documentation lays it out. */
async function merchantSignature(...lines: readonly string[]): Promise<string> {
  const { merchant } = await testKeys();
  return merchant.sign(lines.map((line) => `${line}\n`).join(""));
}

describe("what each method's client is handed", () => {
  test("WECHAT_JSAPI", async () => {
    const { credential, path, body, request } = await created("WECHAT_JSAPI", { prepay_id: PREPAY_ID });
    expect([path, body]).toEqual(["/v3/pay/transactions/jsapi", request]);
    if (credential.method !== "WECHAT_JSAPI") throw new Error("another method");
    const { nonceStr, paySign, ...rest } = credential.invoke;
    const packed = `prepay_id=${PREPAY_ID}`;
    expect(rest).toEqual({ appId: APP_ID, timeStamp: String(NOW / 1000), package: packed, signType: "RSA" });
    expect(nonceStr).toMatch(/^[0-9a-f]{32}$/);
    expect(paySign).toBe(await merchantSignature(APP_ID, String(NOW / 1000), nonceStr, packed));
  });

  test("WECHAT_MINI: the same without appId, signed for the mini program's", async () => {
    const { credential, path } = await created("WECHAT_MINI", { prepay_id: PREPAY_ID });
    expect(path).toBe("/v3/pay/transactions/jsapi");
    if (credential.method !== "WECHAT_MINI") throw new Error("another method");
    const { nonceStr, paySign, ...rest } = credential.invoke;
    const packed = `prepay_id=${PREPAY_ID}`;
    expect(rest).toEqual({ timeStamp: String(NOW / 1000), package: packed, signType: "RSA" });
    expect(paySign).toBe(await merchantSignature(APPLICATIONS.miniAppId, String(NOW / 1000), nonceStr, packed));
  });

  test("WECHAT_APP: the bare prepay_id is signed", async () => {
    const { credential, path } = await created("WECHAT_APP", { prepay_id: PREPAY_ID });
    expect(path).toBe("/v3/pay/transactions/app");
    if (credential.method !== "WECHAT_APP") throw new Error("another method");
    const { noncestr, sign, ...rest } = credential.invoke;
    const timestamp = String(NOW / 1000);
    const appid = APPLICATIONS.mobileAppId;
    expect(rest).toEqual({ appid, partnerid: MCH_ID, prepayid: PREPAY_ID, package: "Sign=WXPay", timestamp });
    expect(sign).toBe(await merchantSignature(appid, timestamp, noncestr, PREPAY_ID));
  });

  test("WECHAT_NATIVE", async () => {
    const { credential, path } = await created("WECHAT_NATIVE", { code_url: "weixin://wxpay/bizpayurl/up?pr=1" });
    expect(path).toBe("/v3/pay/transactions/native");
    expect(credential).toEqual({ method: "WECHAT_NATIVE", codeUrl: "weixin://wxpay/bizpayurl/up?pr=1" });
  });

  test("WECHAT_H5", async () => {
    const { credential, path } = await created("WECHAT_H5", { h5_url: H5_URL });
    expect(path).toBe("/v3/pay/transactions/h5");
    expect(credential).toEqual({ method: "WECHAT_H5", h5Url: H5_URL });
  });

  test("a nonce of its own each time", async () => {
    const replies = [0, 1, 2].map(() => created("WECHAT_MINI", { prepay_id: PREPAY_ID }));
    const signs = (await Promise.all(replies)).map(({ credential }) => JSON.stringify(credential));
    expect(new Set(signs).size).toBe(3);
  });

  test.each([
    ["WECHAT_JSAPI", 7200],
    ["WECHAT_APP", 7200],
    ["WECHAT_H5", 300],
  ] as const)("%s lapses after %d seconds, or with the attempt", async (method, seconds) => {
    const { provider } = await wechatProvider(() => signedReply({ prepay_id: PREPAY_ID, h5_url: H5_URL }));
    const tomorrow = { ...attempt(method), expiresAt: new Date(NOW + 86_400_000) };
    const late = { value: { credentialExpiresAt: new Date(NOW + seconds * 1000) } };
    expect(await provider.create(tomorrow, call())).toMatchObject(late);
    const soon = { ...attempt(method), expiresAt: new Date(NOW + 200_000) };
    expect(await provider.create(soon, call())).toMatchObject({ value: { credentialExpiresAt: soon.expiresAt } });
  });

  test.each(["WECHAT_JSAPI", "WECHAT_MINI", "WECHAT_NATIVE", "WECHAT_APP", "WECHAT_H5"] as const)(
    "%s: a signed reply with another method's credential is not understood",
    async (method) => {
      const { provider } = await wechatProvider(() => signedReply({ prepay_id: "", code_url: "", h5_url: "" }));
      expect(await provider.create(attempt(method), call())).toMatchObject({ kind: "unknown", cause: "unlisted" });
    },
  );
});

describe("a caller's wishes", () => {
  const h5: Credential = { method: "WECHAT_H5", h5Url: H5_URL };

  test("append the address to come back to, encoded, and change nothing else", async () => {
    const { provider } = await silent();
    const returnUrl = "https://shop.example.com/paid?order=1&x=中#top";
    const { h5Url } = Object(provider.present(h5, { returnUrl }));
    expect(h5Url).toBe(`${H5_URL}&redirect_url=${encodeURIComponent(returnUrl)}`);
    expect(new URL(h5Url).searchParams.get("redirect_url")).toBe(returnUrl);
  });

  test("are nothing to other credentials, nor without an address", async () => {
    const { provider } = await silent();
    const native: Credential = { method: "WECHAT_NATIVE", codeUrl: "weixin://wxpay/bizpayurl/up?pr=1" };
    expect(provider.present(native, { returnUrl: "https://shop.example.com/" })).toEqual(native);
    expect(provider.present(h5, {})).toEqual(h5);
  });
});

describe("a query", () => {
  const trade = (appid: string) =>
    signedReply({ appid, mchid: MCH_ID, out_trade_no: COMMON.out_trade_no, trade_state: "NOTPAY" });

  test.each([
    ["WECHAT_JSAPI", APP_ID, APPLICATIONS.miniAppId],
    ["WECHAT_MINI", APPLICATIONS.miniAppId, APP_ID],
    ["WECHAT_NATIVE", APP_ID, APPLICATIONS.mobileAppId],
    ["WECHAT_APP", APPLICATIONS.mobileAppId, APP_ID],
    ["WECHAT_H5", APP_ID, APPLICATIONS.miniAppId],
  ] as const)("for %s must be answered with its application", async (method, own, sibling) => {
    const { provider } = await wechatProvider(() => trade(own), APPLICATIONS);
    expect(await provider.query(attempt(method), call())).toMatchObject({ kind: "ok", value: { status: "pending" } });
    const { provider: other } = await wechatProvider(() => trade(sibling), APPLICATIONS);
    expect(await other.query(attempt(method), call())).toMatchObject({ kind: "unknown", cause: "unverified" });
  });
});
