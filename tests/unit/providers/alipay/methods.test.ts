import { describe, expect, test } from "vitest";
import { fen } from "../../../../src/money.ts";
import type { AlipayDetails } from "../../../../src/providers/alipay/options.ts";
import { AlipayPayProvider } from "../../../../src/providers/alipay/provider.ts";
import type { AttemptDraft } from "../../../../src/providers/attempt.ts";
import type { Credential } from "../../../../src/providers/credential.ts";
import type { AlipayOptions } from "../../../../src/providers/details.ts";
import { InputError } from "../../../../src/providers/input-error.ts";
import { ALIPAY_METHODS, type AlipayMethod } from "../../../../src/providers/methods.ts";
import { ALIPAY_APP_ID, alipayConfig, alipayProvider, nodeReply, success } from "../support/alipay.ts";
import { attempt, call, NOW } from "../support/calls.ts";
import { testKeys } from "../support/keys.ts";

const AUTH_CODE = "286012345678901234";
const NOTIFY_URL = "https://pay.example.com/api/v1/payments/alipay/notify";
const RETURN_URL = "https://shop.example.com/paid?order=1&x=2";

const DETAILS: { readonly [M in AlipayMethod]: AlipayDetails } = {
  ALIPAY_WEB: { method: "ALIPAY_WEB", qrPayMode: "4", qrcodeWidth: 200, returnUrl: RETURN_URL },
  ALIPAY_WAP: { method: "ALIPAY_WAP", quitUrl: "https://shop.example.com/cart" },
  ALIPAY_APP: { method: "ALIPAY_APP" },
  ALIPAY_QR: { method: "ALIPAY_QR" },
  ALIPAY_JSAPI: { method: "ALIPAY_JSAPI", buyerId: "2088101117955611" },
  ALIPAY_BARCODE: { method: "ALIPAY_BARCODE", authCode: AUTH_CODE },
};

const NUMBER = { out_trade_no: attempt("ALIPAY_QR").outTradeNo };
const REPLIES: Readonly<Partial<Record<AlipayMethod, readonly [string, object]>>> = {
  ALIPAY_QR: ["alipay.trade.precreate", { qr_code: "https://qr.alipay.com/bax1" }],
  ALIPAY_JSAPI: ["alipay.trade.create", { trade_no: "2026112222001400000000000001" }],
};

const silent = () => alipayProvider(() => new Response("", { status: 404 }));

function draftOf(details: AlipayDetails, changes: Partial<AttemptDraft> = {}): AttemptDraft {
  return { ...attempt(details.method), details, subject: '新年 "A+B" <50%> 🎁', ...changes };
}

async function prepared(details: AlipayDetails, changes: Partial<AttemptDraft> = {}) {
  const { provider } = await silent();
  return JSON.parse(provider.prepare(draftOf(details, changes)));
}

/** What a page records stands around its biz_content. */
async function contentOf(details: AlipayDetails) {
  const request = await prepared(details);
  return "biz_content" in request ? JSON.parse(request.biz_content) : request;
}

async function fieldAtFault(details: AlipayDetails, changes: Partial<AttemptDraft> = {}): Promise<string | undefined> {
  const error = await prepared(details, changes).catch((caught: unknown) => caught);
  return error instanceof InputError ? error.field : undefined;
}

const COMMON = {
  ...NUMBER,
  total_amount: "100.50",
  subject: '新年 "A+B" <50%>',
  time_expire: "2026-11-22 10:30:00",
};

describe("what each method sends", () => {
  test.each([
    ["ALIPAY_WEB", { product_code: "FAST_INSTANT_TRADE_PAY", qr_pay_mode: "4", qrcode_width: 200 }],
    ["ALIPAY_WAP", { product_code: "QUICK_WAP_WAY", quit_url: "https://shop.example.com/cart" }],
    ["ALIPAY_APP", { product_code: "QUICK_MSECURITY_PAY" }],
    ["ALIPAY_QR", { product_code: "FACE_TO_FACE_PAYMENT" }],
    ["ALIPAY_JSAPI", { product_code: "FACE_TO_FACE_PAYMENT", buyer_id: "2088101117955611" }],
    ["ALIPAY_BARCODE", { product_code: "FACE_TO_FACE_PAYMENT", scene: "bar_code", auth_code: AUTH_CODE }],
  ] as const)("%s", async (method, members) => {
    expect(await contentOf(DETAILS[method])).toEqual({ ...COMMON, ...members });
  });

  test("a buyer who is not a user id is an open id", async () => {
    const content = await contentOf({
      method: "ALIPAY_JSAPI",
      buyerId: "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5",
    });
    expect(content).not.toHaveProperty("buyer_id");
    expect(content.buyer_open_id).toBe("074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5");
  });

  const OPTIONS: AlipayOptions = {
    body: "茶叶 & 茶具/A",
    goodsDetail: [{ goodsId: "TEA", goodsName: "龙井 🍵", quantity: 2, price: fen(5025), categoriesTree: "1|2|3" }],
    passbackParams: "柜台 3&out_trade_no=X",
    disablePayChannels: "pcredit,creditCard",
    hbFqNum: "3",
    hbFqSellerPercent: "100",
    storeId: "S1",
    operatorId: "O1",
    terminalId: "T1",
  };

  test.each(ALIPAY_METHODS)("%s takes the options of all", async (method) => {
    expect(await contentOf({ ...DETAILS[method], ...OPTIONS })).toMatchObject({
      body: "茶叶 ＆ 茶具／A",
      goods_detail: [{ goods_id: "TEA", goods_name: "龙井", quantity: 2, price: "50.25", categories_tree: "1|2|3" }],
      passback_params: encodeURIComponent("柜台 3&out_trade_no=X"),
      disable_pay_channels: "pcredit,creditCard",
      extend_params: { hb_fq_num: "3", hb_fq_seller_percent: "100" },
      store_id: "S1",
      operator_id: "O1",
      terminal_id: "T1",
    });
  });

  test.each<[string, AlipayDetails, Partial<AttemptDraft>?]>([
    ["out_trade_no", DETAILS.ALIPAY_QR, { outTradeNo: "A/B" }],
    ["total_amount", DETAILS.ALIPAY_QR, { amount: fen(0) }],
    ["quit_url", { method: "ALIPAY_WAP" }],
    ["quit_url", { method: "ALIPAY_WAP", quitUrl: "javascript:alert(1)" }],
    ["return_url", { method: "ALIPAY_WEB", returnUrl: "/paid" }],
    ["return_url", { method: "ALIPAY_WEB", returnUrl: "https://shop.example.com/paid?a=1&out_trade_no=1" }],
    ["return_url", { method: "ALIPAY_WAP", returnUrl: "https://shop.example.com/paid?sign=", quitUrl: RETURN_URL }],
    ["return_url", { method: "ALIPAY_WEB", returnUrl: `https://shop.example.com/${"x".repeat(256)}` }],
    ["qrcode_width", { method: "ALIPAY_WEB", qrPayMode: "1", qrcodeWidth: 100 }],
    ["buyer_open_id", { method: "ALIPAY_JSAPI", buyerId: "abc@example.com" }],
    ["auth_code", { method: "ALIPAY_BARCODE", authCode: "24601234567890123" }],
    ["auth_code", { method: "ALIPAY_BARCODE", authCode: "286012345678901" }],
    ["disable_pay_channels", { method: "ALIPAY_QR", enablePayChannels: "balance", disablePayChannels: "pcredit" }],
    ["enable_pay_channels", { method: "ALIPAY_QR", enablePayChannels: "balance," }],
    ["extend_params.hb_fq_num", { method: "ALIPAY_QR", hbFqSellerPercent: "0" }],
    ["passback_params", { method: "ALIPAY_QR", passbackParams: "茶".repeat(57) }],
    [
      "goods_detail[0].quantity",
      { method: "ALIPAY_QR", goodsDetail: [{ goodsId: "T", goodsName: "T", quantity: 0, price: fen(1) }] },
    ],
    [
      "goods_detail",
      {
        method: "ALIPAY_QR",
        goodsDetail: Array.from({ length: 8 }, () => ({
          goodsId: "T",
          goodsName: "茶".repeat(256),
          quantity: 1,
          price: fen(1),
        })),
      },
    ],
  ])("%s is named when Alipay would not take it: %j", async (field, details, changes) => {
    expect(await fieldAtFault(details, changes)).toBe(field);
  });

  test("a method of another provider is a mistake of ours", async () => {
    const { provider } = await silent();
    const draft = { ...attempt("WECHAT_NATIVE"), details: { method: "WECHAT_NATIVE" }, subject: "茶" } as const;
    expect(() => provider.prepare(draft)).toThrow(RangeError);
  });
});

describe("what each method gives the client", () => {
  async function created(method: AlipayMethod, now = NOW) {
    const [gatewayMethod, node] = REPLIES[method] ?? ["", {}];
    const { provider, sent } = await alipayProvider(() => nodeReply(gatewayMethod, success({ ...NUMBER, ...node })));
    const request = provider.prepare(draftOf(DETAILS[method]));
    const outcome = await provider.create({ ...attempt(method), request }, call({ now: () => now }));
    if (outcome.kind !== "ok" || outcome.value.status !== "pending") throw new Error("no credential");
    return { ...outcome.value, sent, request };
  }

  const life = (expiresAt: Date) => (expiresAt.getTime() - NOW) / 1000;

  /** The parameters of an address or an order string, whose signature must cover them all. */
  async function signedParameters(query: string): Promise<Record<string, string>> {
    const { sign, ...parameters } = Object.fromEntries(new URLSearchParams(query));
    const text = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
    expect(sign).toBe(await (await testKeys()).merchant.sign(text.sort().join("&")));
    return parameters;
  }

  function payUrlOf(credential: Credential): URL {
    return new URL("payUrl" in credential ? credential.payUrl : "");
  }

  test.each([
    ["ALIPAY_WEB", "alipay.trade.page.pay", { return_url: RETURN_URL }],
    ["ALIPAY_WAP", "alipay.trade.wap.pay", {}],
  ] as const)("%s: a signed page, and nothing is sent", async (method, gatewayMethod, more) => {
    const { credential, credentialExpiresAt, sent, request } = await created(method);
    const { biz_content } = JSON.parse(request);
    expect(await signedParameters(payUrlOf(credential).search)).toEqual({
      app_id: ALIPAY_APP_ID,
      method: gatewayMethod,
      format: "JSON",
      charset: "utf-8",
      sign_type: "RSA2",
      timestamp: "2026-11-22 10:00:00",
      version: "1.0",
      notify_url: NOTIFY_URL,
      biz_content,
      ...more,
    });
    expect(life(credentialExpiresAt)).toBe(600);
    expect(sent).toEqual([]);
    // Nothing of the subject can end an attribute.
    const form = "form" in credential ? credential.form : "";
    expect(form).toContain("&quot;A+B");
    expect(form).not.toMatch(/<50%>|"A\+B/);
  });

  test("a page signed again later is the same but for its time", async () => {
    const [first, later] = [await created("ALIPAY_WEB"), await created("ALIPAY_WEB", NOW + 700_000)];
    const [before, after] = await Promise.all(
      [first, later].map(({ credential }) => signedParameters(payUrlOf(credential).search)),
    );
    expect(after).toEqual({ ...before, timestamp: "2026-11-22 10:11:40" });
  });

  test("a page comes back to the configured address unless told otherwise, written in ASCII", async () => {
    const config = await alipayConfig({ returnUrl: "https://shop.example.com/已付" });
    const provider = new AlipayPayProvider(config, { fetch: () => Promise.reject(new Error("no network")) });
    const encoded = "https://shop.example.com/%E5%B7%B2%E4%BB%98";
    const web = JSON.parse(provider.prepare(draftOf({ method: "ALIPAY_WEB" })));
    expect(web.return_url).toBe(encoded);
    const wap = JSON.parse(provider.prepare(draftOf({ method: "ALIPAY_WAP" })));
    expect([wap.return_url, JSON.parse(wap.biz_content).quit_url]).toEqual([encoded, encoded]);
    const own = JSON.parse(provider.prepare(draftOf({ method: "ALIPAY_WAP", returnUrl: RETURN_URL })));
    expect([own.return_url, JSON.parse(own.biz_content).quit_url]).toEqual([RETURN_URL, RETURN_URL]);
  });

  test("ALIPAY_APP: a signed order string, and nothing is sent", async () => {
    const { credential, credentialExpiresAt, sent, request } = await created("ALIPAY_APP");
    const order = "orderString" in credential ? credential.orderString : "";
    expect(await signedParameters(order)).toMatchObject({
      method: "alipay.trade.app.pay",
      biz_content: request,
      notify_url: NOTIFY_URL,
    });
    expect(order).not.toMatch(/[+ ]/);
    expect([life(credentialExpiresAt), sent]).toEqual([600, []]);
  });

  test.each([
    ["ALIPAY_QR", { qrCode: "https://qr.alipay.com/bax1" }],
    ["ALIPAY_JSAPI", { tradeNo: "2026112222001400000000000001" }],
  ] as const)("%s: what Alipay answers", async (method, credential) => {
    const { sent, request, ...answer } = await created(method);
    expect(answer).toEqual({
      status: "pending",
      credential: { method, ...credential },
      credentialExpiresAt: attempt(method).expiresAt,
    });
    expect(sent[0]?.url.searchParams.get("method")).toBe(REPLIES[method]?.[0]);
    expect(sent[0]?.url.searchParams.get("notify_url")).toBe(NOTIFY_URL);
    expect(new URLSearchParams(sent[0]?.body).get("biz_content")).toBe(request);
  });

  test.each(["ALIPAY_QR", "ALIPAY_JSAPI"] as const)("%s: another trade's answer is nobody's", async (method) => {
    const [gatewayMethod, node] = REPLIES[method] ?? ["", {}];
    const reply = success({ ...node, out_trade_no: "ANOTHER" });
    const { provider } = await alipayProvider(() => nodeReply(gatewayMethod, reply));
    expect(await provider.create(attempt(method), call())).toMatchObject({ kind: "unknown", cause: "unverified" });
  });
});
