import { sha1 } from "@noble/hashes/legacy.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { describe, expect, expectTypeOf, test } from "vitest";
import { fen, type JsapiInvocation, WechatPay } from "../../../../src/providers/wechat/wechat-pay.ts";
import { NOW, recordingFetch, type SentRequest } from "../support/calls.ts";
import { openOaep, sealOaep, testKeys } from "../support/keys.ts";
import {
  APP_ID,
  APPLICATIONS,
  callbackBody,
  errorReply,
  MCH_ID,
  PUBLIC_KEY_ID,
  signatureHeaders,
  signedReply,
  wechatConfig,
} from "../support/wechat.ts";

const at = { now: () => NOW };
const TRADE = {
  outTradeNo: "ORDER_20261122-1",
  description: "新年礼盒 🎁",
  amount: fen(10_050),
  expiresAt: new Date(NOW + 30 * 60_000),
};
const OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";

async function wechatPay(reply: (request: SentRequest) => Promise<Response> | Response) {
  const { fetch, sent } = recordingFetch(reply);
  return { wechat: new WechatPay(await wechatConfig(APPLICATIONS), { fetch }), sent };
}

const paths = (sent: readonly SentRequest[]) => sent.map(({ method, url }) => `${method} ${url.pathname}${url.search}`);

describe("the standalone class", () => {
  test("creates trades by each method, with a credential of the method's own type", async () => {
    const reply = { prepay_id: "wx2014", code_url: "weixin://wxpay", h5_url: "https://wx.tenpay.com/?p=1" };
    const { wechat, sent } = await wechatPay(() => signedReply(reply));
    const jsapi = await wechat.createJsapi({ ...TRADE, openid: OPENID }, at);
    if (jsapi.kind !== "ok") throw new Error(jsapi.message);
    expectTypeOf(jsapi.value.credential.invoke).toEqualTypeOf<JsapiInvocation>();
    expect(jsapi.value.credential.invoke.appId).toBe(APP_ID);
    expect(jsapi.value.credentialExpiresAt).toEqual(TRADE.expiresAt);

    const returnUrl = "https://shop.example.com/paid";
    const others = await Promise.all([
      wechat.createMini({ ...TRADE, openid: OPENID }, at),
      wechat.createNative(TRADE, at),
      wechat.createApp(TRADE, at),
      wechat.createH5({ ...TRADE, h5Type: "Wap", payerClientIp: "14.17.22.32", returnUrl }, at),
    ]);
    expect(others).toMatchObject([
      { value: { credential: { invoke: { package: "prepay_id=wx2014" } } } },
      { value: { credential: { codeUrl: "weixin://wxpay" } } },
      { value: { credential: { invoke: { appid: APPLICATIONS.mobileAppId } } } },
      { value: { credential: { h5Url: `${reply.h5_url}&redirect_url=${encodeURIComponent(returnUrl)}` } } },
    ]);
    expect(sent.map(({ url }) => url.pathname.replace("/v3/pay/transactions/", ""))).toEqual([
      ...["jsapi", "jsapi", "native", "app", "h5"],
    ]);
    expect(sent.some(({ body }) => body.includes("shop.example.com"))).toBe(false);
  });

  test("repeats a trade by the very same text", async () => {
    const { wechat, sent } = await wechatPay(() => signedReply({ code_url: "weixin://wxpay" }));
    await wechat.createNative({ ...TRADE, attach: "a" }, at);
    await wechat.createNative({ ...TRADE, attach: "a" }, { now: () => NOW + 60_000, firstSend: false });
    expect(sent[1]?.body).toBe(sent[0]?.body);
    expect(JSON.parse(sent[0]?.body ?? "")).toMatchObject({ out_trade_no: TRADE.outTradeNo, description: "新年礼盒" });
  });

  test("rejects input that WeChat Pay would not take, naming the member", async () => {
    const { wechat, sent } = await wechatPay(() => signedReply({}));
    await expect(wechat.createNative({ ...TRADE, outTradeNo: "?" })).rejects.toThrow("out_trade_no: ");
    expect(sent).toEqual([]);
  });

  const trade = {
    appid: APPLICATIONS.miniAppId,
    mchid: MCH_ID,
    out_trade_no: TRADE.outTradeNo,
    transaction_id: "4200002026112200001",
    trade_state: "SUCCESS",
    success_time: "2026-11-22T10:00:01+08:00",
    attach: "深圳分店",
    amount: { total: 10_050, currency: "CNY" },
  };

  test("queries by either number and closes", async () => {
    const { wechat, sent } = await wechatPay(({ method }) =>
      method === "GET" ? signedReply(trade) : signedReply(undefined, 204),
    );
    const found = {
      kind: "ok",
      value: {
        outTradeNo: TRADE.outTradeNo,
        methods: ["WECHAT_MINI"],
        attach: "深圳分店",
        trade: { status: "paid", receipt: { providerTradeNo: trade.transaction_id, amount: 10_050 } },
      },
    };
    expect(await wechat.queryByOutTradeNo(TRADE.outTradeNo, at)).toMatchObject(found);
    expect(await wechat.queryByTransactionId(trade.transaction_id, at)).toMatchObject(found);
    expect(await wechat.close(TRADE.outTradeNo, at)).toEqual({ kind: "ok", value: "closed" });
    expect(paths(sent)).toEqual([
      `GET /v3/pay/transactions/out-trade-no/${TRADE.outTradeNo}?mchid=${MCH_ID}`,
      `GET /v3/pay/transactions/id/${trade.transaction_id}?mchid=${MCH_ID}`,
      `POST /v3/pay/transactions/out-trade-no/${TRADE.outTradeNo}/close`,
    ]);
  });

  test("takes no other trade for the one asked for", async () => {
    const { wechat } = await wechatPay(() => signedReply(trade));
    expect(await wechat.queryByTransactionId("another", at)).toMatchObject({ cause: "unverified" });
    expect(await wechat.queryByOutTradeNo("another", at)).toMatchObject({ cause: "unverified" });
    const { wechat: foreign } = await wechatPay(() => signedReply({ ...trade, appid: "wx0000000000000000" }));
    expect(await foreign.queryByOutTradeNo(TRADE.outTradeNo, at)).toMatchObject({ cause: "unverified" });
    const { wechat: unknowing } = await wechatPay(() => errorReply(404, "ORDER_NOT_EXIST"));
    const none = { kind: "ok", value: { status: "not_found" } };
    expect(await unknowing.queryByTransactionId("4200002026112200001", at)).toEqual(none);
  });

  const refund = {
    refund_id: "50000000382019052709732678859",
    out_refund_no: "R1",
    out_trade_no: TRADE.outTradeNo,
    transaction_id: trade.transaction_id,
    status: "PROCESSING",
    amount: { total: 10_050, refund: 100, currency: "CNY" },
  };

  test("refunds by either number, with the goods given back", async () => {
    const { wechat, sent } = await wechatPay(() => signedReply(refund));
    const goods = [
      { merchantGoodsId: "1", goodsName: "茶 🍵", unitPrice: fen(100), refundAmount: fen(100), refundQuantity: 1 },
    ];
    const draft = {
      outRefundNo: "R1",
      transactionId: trade.transaction_id,
      amount: fen(100),
      total: fen(10_050),
      goods,
    };
    expect(await wechat.refund(draft, at)).toMatchObject({ kind: "ok", value: { status: "processing" } });
    expect(JSON.parse(sent[0]?.body ?? "")).toEqual({
      transaction_id: trade.transaction_id,
      out_refund_no: "R1",
      notify_url: "https://pay.example.com/api/v1/payments/wechat/refund/notify",
      amount: { refund: 100, total: 10_050, currency: "CNY" },
      goods_detail: [
        { merchant_goods_id: "1", goods_name: "茶", unit_price: 100, refund_amount: 100, refund_quantity: 1 },
      ],
    });
    expect(await wechat.refund({ ...draft, transactionId: "another" }, at)).toMatchObject({ cause: "unverified" });
    await expect(wechat.refund({ ...draft, transactionId: undefined }, at)).rejects.toThrow("out_trade_no: ");
    const found = { value: { outTradeNo: TRADE.outTradeNo, refund: { status: "processing", amount: 100 } } };
    expect(await wechat.queryRefund("R1", at)).toMatchObject(found);
    const abnormal = { outRefundNo: "R1", providerRefundNo: refund.refund_id };
    expect(await wechat.applyAbnormalRefund(abnormal, { type: "MERCHANT_BANK_CARD" }, at)).toMatchObject({
      kind: "ok",
    });
  });

  test("pays several orders at once", async () => {
    const orders = ["A-ORDER-1", "A-ORDER-2"].map((outTradeNo) => ({
      outTradeNo,
      orderId: outTradeNo,
      amount: fen(100),
      subject: "茶",
    }));
    const payment = {
      details: { method: "WECHAT_NATIVE" },
      combineOutTradeNo: "C-ORDER-1",
      expiresAt: TRADE.expiresAt,
      orders,
    } as const;
    const { wechat, sent } = await wechatPay(({ method, url }) => {
      if (url.pathname.endsWith("/close")) return signedReply(undefined, 204);
      return method === "GET" ? errorReply(404, "ORDER_NOT_EXIST") : signedReply({ code_url: "weixin://wxpay" });
    });
    const created = await wechat.createCombined(payment, at);
    expect(created).toMatchObject({ kind: "ok", value: { credential: { codeUrl: "weixin://wxpay" } } });
    const asked = { method: "WECHAT_NATIVE", combineOutTradeNo: "C-ORDER-1", orders } as const;
    expect(await wechat.queryCombined(asked, at)).toEqual({ kind: "ok", value: { status: "not_found" } });
    expect(await wechat.closeCombined(asked, at)).toEqual({ kind: "ok", value: "closed" });
    expect(paths(sent)).toEqual([
      "POST /v3/combine-transactions/native",
      "GET /v3/combine-transactions/out-trade-no/C-ORDER-1",
      "POST /v3/combine-transactions/out-trade-no/C-ORDER-1/close",
    ]);
  });

  test("pays out, asks by either number, and takes back", async () => {
    const bill = {
      out_bill_no: "T1",
      transfer_bill_no: "133",
      state: "PROCESSING",
      mch_id: MCH_ID,
      transfer_amount: 100,
    };
    const { wechat, sent } = await wechatPay(() => signedReply(bill));
    const prepared = await wechat.prepareTransfer({
      outBillNo: "T1",
      application: "mini_program",
      openid: OPENID,
      userName: "张三丰",
      sceneId: "1000",
      amount: fen(100),
      remark: "谢谢",
      sceneReports: [{ infoType: "活动名称", infoContent: "抽奖" }],
    });
    if (prepared.kind !== "ok") throw new Error(prepared.message);
    const outcome = { kind: "ok", value: { status: "processing" } };
    expect(await wechat.createTransfer({ outBillNo: "T1", ...prepared.value }, at)).toMatchObject(outcome);
    expect(await wechat.queryTransfer("T1", at)).toMatchObject(outcome);
    expect(await wechat.queryTransferByBillNo("133", at)).toMatchObject({ value: { outBillNo: "T1" } });
    expect(await wechat.cancelTransfer("T1", at)).toMatchObject(outcome);
    expect(sent[0]?.body).toBe(prepared.value.request);
  });

  test("reads and answers callbacks", async () => {
    const { wechat } = await wechatPay(() => Promise.reject(new Error("no network")));
    const body = await callbackBody("TRANSACTION.SUCCESS", trade);
    const callback = { headers: await signatureHeaders(body), body: new TextEncoder().encode(body) };
    const event = { kind: "trade", outTradeNo: TRADE.outTradeNo, methods: ["WECHAT_MINI"] };
    expect(await wechat.readCallback(callback, NOW)).toMatchObject({ verified: true, event });
    expect(await wechat.readCallback(callback, NOW + 301_000)).toMatchObject({ verified: false, reason: "stale" });
    expect(wechat.answerCallback("accepted", callback)).toMatchObject({ status: 200 });
  });
});

describe("a merchant's tools", () => {
  test("sign a prepay_id for each client", async () => {
    const { wechat } = await wechatPay(() => Promise.reject(new Error("no network")));
    const { merchant } = await testKeys();
    const seconds = String(NOW / 1000);
    const jsapi = await wechat.signJsapi("wx2014", at.now);
    expect(jsapi).toMatchObject({ appId: APP_ID, timeStamp: seconds, package: "prepay_id=wx2014" });
    const mini = await wechat.signMini("wx2014", at.now);
    const lines = `${APPLICATIONS.miniAppId}\n${seconds}\n${mini.nonceStr}\nprepay_id=wx2014\n`;
    expect(mini.paySign).toBe(await merchant.sign(lines));
    const app = await wechat.signApp("wx2014", at.now);
    expect(app.sign).toBe(await merchant.sign(`${app.appid}\n${seconds}\n${app.noncestr}\nwx2014\n`));
  });

  test("encrypt for WeChat Pay, and decrypt what it encrypted", async () => {
    const { wechat } = await wechatPay(() => Promise.reject(new Error("no network")));
    const { merchant, platform } = await testKeys();
    const sealed = await wechat.encryptField("张三丰", at);
    if (sealed.kind !== "ok") throw new Error(sealed.message);
    expect(sealed.value.serial).toBe(PUBLIC_KEY_ID);
    expect(await openOaep(platform, sealed.value.ciphertext)).toBe("张三丰");
    expect(await wechat.decryptField(await sealOaep(merchant, "李四"))).toBe("李四");
    expect(await wechat.decryptField(await sealOaep(platform, "李四"))).toBeUndefined();
    expect(await wechat.decryptField("?")).toBeUndefined();
    await expect(wechat.encryptField("x".repeat(215), at)).rejects.toThrow("text: ");
  });

  test("test all keys by an echo", async () => {
    const { merchant, platform } = await testKeys();
    const { wechat, sent } = await wechatPay(async ({ body }) => {
      const { echo_message, encrypted_echo_message } = JSON.parse(body);
      const read = await openOaep(platform, encrypted_echo_message);
      return signedReply({ echo_message, encrypted_echo_message: await sealOaep(merchant, read) });
    });
    expect(await wechat.echo("你好", at)).toEqual({ kind: "ok", value: { encryptionWorks: true } });
    expect(sent.map(({ url, headers }) => [url.pathname, headers.get("Wechatpay-Serial")])).toEqual([
      ["/v3/security/echo", PUBLIC_KEY_ID],
    ]);
  });

  test.each([
    [{ echo_message: "你好" }, { kind: "ok", value: { encryptionWorks: null } }],
    [
      { echo_message: "你好", encrypted_echo_message: "AAAA" },
      { kind: "ok", value: { encryptionWorks: false } },
    ],
    [{ echo_message: "再见" }, { kind: "unknown", cause: "unverified" }],
    [{}, { kind: "unknown", cause: "unlisted" }],
  ])("say what an echo of %j means", async (reply, outcome) => {
    const { wechat } = await wechatPay(() => signedReply(reply));
    expect(await wechat.echo("你好", at)).toMatchObject(outcome);
  });

  test("fetch a bill and check it while it is read", async () => {
    const columns =
      "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,商品名称,商户数据包,手续费,费率,订单金额,费率备注";
    const row =
      "2026-11-20 10:00:01,wx1,1900007291,0,,4200,ORDER-1,o1,NATIVE,SUCCESS,OTHERS,CNY,1.00,0.00,茶,,0.01,0.60%,1.00,";
    const sums = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";
    const ticked = (line: string) =>
      line
        .split(",")
        .map((value) => `\`${value}`)
        .join(",");
    const bill = [columns, ticked(row), sums, ticked("1,1.00,0.00,0.00,0.01,1.00,0.00"), ""].join("\r\n");
    const hash_value = bytesToHex(sha1(new TextEncoder().encode(bill)));
    const download_url = "https://api.mch.weixin.qq.com/v3/billdownload/file?token=abc";
    const { wechat, sent } = await wechatPay(({ url }) =>
      url.pathname === "/v3/bill/tradebill"
        ? signedReply({ hash_type: "SHA1", hash_value, download_url })
        : new Response(bill),
    );
    const outcome = await wechat.tradeBill({ billDate: "2026-11-20", billType: "SUCCESS" }, at);
    if (outcome.kind !== "ok" || outcome.value.status !== "ready") throw new Error("no bill");
    const numbers: string[] = [];
    for await (const { outTradeNo } of outcome.value.rows) numbers.push(outTradeNo);
    expect(numbers).toEqual(["ORDER-1"]);
    expect(sent[1]?.url.href).toBe(download_url);
    const { wechat: idle } = await wechatPay(() => errorReply(400, "NO_STATEMENT_EXIST"));
    expect(await idle.fundFlowBill({ billDate: "2026-11-20" }, at)).toEqual({ kind: "ok", value: { status: "none" } });
  });

  test("renew certificates without throwing for silence", async () => {
    const { wechat } = await wechatPay(() => Promise.reject(new Error("down")));
    await expect(wechat.renewCertificates(at)).resolves.toBeUndefined();
  });
});
