/** The standalone class against the simulator over HTTP: two sides that share no code have to understand each other. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fen, type WechatPay } from "../../src/providers/wechat/wechat-pay.ts";
import type { Control } from "../sandbox/control.ts";
import { okay, type SimulatedMerchant, startMerchant } from "./support/wechat-simulator.ts";

const EXPIRES_AT = new Date(Math.floor(Date.now() / 1000) * 1000 + 3600_000);

let merchant: SimulatedMerchant;
let wechat: WechatPay;
let control: Control;
beforeAll(async () => {
  merchant = await startMerchant();
  ({ wechat, control } = merchant);
});
afterAll(() => merchant.close());

const trade = (outTradeNo: string) => ({
  outTradeNo,
  description: "龙井茶 🍵 250 克",
  amount: fen(1_000),
  expiresAt: EXPIRES_AT,
  attach: "附加 数据",
});
const pay = (outTradeNo: string) => control.post(`/trades/wechat/${outTradeNo}/pay`);
const invoke = (client: string, parameters: object) => control.post("/wechat/invoke", { client, parameters });

describe("payments", () => {
  test("by JSAPI: the page's parameters pass, and the callback says whose the payment is", async () => {
    const created = okay(
      await wechat.createJsapi({ ...trade("sim-jsapi"), openid: await merchant.openid("WECHAT_APP_ID") }),
    );
    await invoke("jsapi", created.credential.invoke);
    await pay("sim-jsapi");
    expect(await merchant.told("sim-jsapi", "TRANSACTION.SUCCESS")).toMatchObject([
      { verified: true, event: { kind: "trade", methods: ["WECHAT_JSAPI", "WECHAT_NATIVE", "WECHAT_H5"] } },
    ]);
  });

  test("by mini program and mobile application: signed for the application of the order", async () => {
    const mini = okay(
      await wechat.createMini({ ...trade("sim-mini"), openid: await merchant.openid("WECHAT_MINI_APP_ID") }),
    );
    await invoke("mini", mini.credential.invoke);
    const app = okay(await wechat.createApp(trade("sim-app")));
    await invoke("app", app.credential.invoke);
    await Promise.all([pay("sim-mini"), pay("sim-app")]);
    expect(await merchant.told("sim-mini", "TRANSACTION.SUCCESS")).toMatchObject([
      { verified: true, event: { methods: ["WECHAT_MINI"] } },
    ]);
    expect(await merchant.told("sim-app", "TRANSACTION.SUCCESS")).toMatchObject([
      { verified: true, event: { methods: ["WECHAT_APP"] } },
    ]);
  });

  test("by H5, with every option and an address to come back to", async () => {
    const goods = [{ merchantGoodsId: "1", goodsName: "茶 🍵", quantity: 1, unitPrice: fen(1_000) }];
    const order = {
      ...trade("sim-h5"),
      h5Type: "Wap" as const,
      payerClientIp: "2001:db8::1",
      appName: "中道商城",
      goodsTag: "WXG",
      detail: { costPrice: fen(1_000), invoiceId: "1", goodsDetail: goods },
      sceneInfo: { deviceId: "POS-1", storeInfo: { id: "1", name: "分店", areaCode: "440305", address: "南山区" } },
      settleInfo: { profitSharing: false },
      supportFapiao: true,
    };
    const { credential } = okay(await wechat.createH5({ ...order, returnUrl: "https://shop.example/paid?x=中" }));
    const page = await fetch(credential.h5Url, { headers: { Referer: "https://shop.example/cart" } });
    expect(page.status).toBe(200);
    const again = okay(await wechat.createH5(order, { firstSend: false }));
    expect(credential.h5Url).toBe(
      `${again.credential.h5Url}&redirect_url=https%3A%2F%2Fshop.example%2Fpaid%3Fx%3D%E4%B8%AD`,
    );
  });

  test("are found by either number, and closed while they are unpaid", async () => {
    okay(await wechat.createNative(trade("sim-native")));
    expect(okay(await wechat.queryByOutTradeNo("sim-native"))).toMatchObject({ trade: { status: "pending" } });
    await pay("sim-native");
    const { providerTradeNo } = await control.trade("wechat", "sim-native");
    const paid = {
      outTradeNo: "sim-native",
      attach: "附加 数据",
      trade: { status: "paid", receipt: { amount: 1_000 } },
    };
    expect(okay(await wechat.queryByTransactionId(providerTradeNo ?? ""))).toMatchObject(paid);
    expect(okay(await wechat.close("sim-native"))).toBe("paid");
    okay(await wechat.createNative(trade("sim-closed")));
    expect(okay(await wechat.close("sim-closed"))).toBe("closed");
    expect(okay(await wechat.close("sim-never"))).toBe("closed");
    expect(okay(await wechat.queryByOutTradeNo("sim-closed"))).toMatchObject({ trade: { status: "closed" } });
    expect(okay(await wechat.queryByOutTradeNo("sim-never"))).toEqual({ status: "not_found" });
  });
});

describe("refunds", () => {
  test("succeed, and an abnormal one is sent to another card", async () => {
    okay(await wechat.createNative(trade("sim-refund")));
    await pay("sim-refund");
    await control.fault({ kind: "refund_abnormal", provider: "wechat" });
    const draft = { outRefundNo: "sim-refund-1", outTradeNo: "sim-refund", amount: fen(400), total: fen(1_000) };
    const { providerRefundNo } = okay(await wechat.refund({ ...draft, reason: "质量 😡 问题" }));
    await control.advance(5);
    expect(await merchant.told("sim-refund", "REFUND.ABNORMAL")).toMatchObject([
      {
        verified: true,
        event: { kind: "refund", event: "REFUND.ABNORMAL", refund: { status: "abnormal", amount: 400 } },
      },
    ]);
    const abnormal = { outRefundNo: "sim-refund-1", providerRefundNo: providerRefundNo ?? "" };
    const card = {
      type: "USER_BANK_CARD",
      bankType: "CMB_DEBIT",
      bankAccount: "6222020200112233445",
      realName: "张三",
    } as const;
    expect(okay(await wechat.applyAbnormalRefund(abnormal, card))).toMatchObject({ status: "processing" });
    await control.advance(5);
    expect(okay(await wechat.queryRefund("sim-refund-1"))).toMatchObject({ refund: { status: "success" } });
  });

  test("made by hand are told in the V2 protocol", async () => {
    okay(await wechat.createNative(trade("sim-hand")));
    await pay("sim-hand");
    await control.post("/trades/wechat/sim-hand/console-refund", { amount: 100 });
    await control.advance(5);
    const [verdict] = await merchant.told("sim-hand", "REFUND.SUCCESS");
    if (!verdict?.verified || verdict.event.kind !== "refund_hint") throw new Error(JSON.stringify(verdict));
    const found = okay(await wechat.queryRefund(verdict.event.outRefundNo));
    expect(found).toMatchObject({ outTradeNo: "sim-hand", refund: { status: "success", amount: 100 } });
  });
});

test("one payment pays two orders, each a trade by itself", async () => {
  const orders = ["sim-sub-1", "sim-sub-2"].map((outTradeNo, index) => {
    return { outTradeNo, orderId: outTradeNo, amount: fen(100 + index), subject: "茶 🍵" };
  });
  const details = { method: "WECHAT_NATIVE", goodsTag: "WXG" } as const;
  const payment = { details, combineOutTradeNo: "sim-combined", expiresAt: EXPIRES_AT, orders };
  const asked = { method: "WECHAT_NATIVE", combineOutTradeNo: "sim-combined", orders } as const;
  okay(await wechat.createCombined(payment));
  expect(okay(await wechat.queryCombined(asked))).toMatchObject({ trades: [{ trade: { status: "pending" } }, {}] });
  await pay("sim-sub-1");
  const trades = orders.map(({ outTradeNo, amount }) => ({
    outTradeNo,
    trade: { status: "paid", receipt: { amount } },
  }));
  expect(okay(await wechat.queryCombined(asked))).toMatchObject({ status: "found", trades });
  expect(await merchant.told("sim-combined", "TRANSACTION.SUCCESS")).toMatchObject([
    { verified: true, event: { kind: "combined", trades } },
  ]);
  expect(okay(await wechat.closeCombined(asked))).toBe("paid");
  expect(okay(await wechat.queryCombined({ ...asked, combineOutTradeNo: "sim-nothing" }))).toEqual({
    status: "not_found",
  });
});

test("a transfer to a named user is confirmed and told, and another taken back", async () => {
  const draft = {
    outBillNo: "SimTransfer1",
    application: "official_account" as const,
    openid: await merchant.openid("WECHAT_APP_ID"),
    userName: "张三丰",
    sceneId: "1000",
    amount: fen(200_000),
    remark: "新会员有礼 🎉",
    sceneReports: [
      { infoType: "活动名称", infoContent: "新会员有礼" },
      { infoType: "奖励说明", infoContent: "注册会员抽奖一等奖" },
    ],
  };
  const prepared = okay(await wechat.prepareTransfer(draft));
  await wechat.createTransfer({ outBillNo: draft.outBillNo, ...prepared });
  await control.advance(10);
  const made = okay(await wechat.createTransfer({ outBillNo: draft.outBillNo, ...prepared }, { firstSend: false }));
  expect(made).toMatchObject({ status: "awaiting_user" });
  await control.post("/wechat/request-merchant-transfer", made.confirmation ?? {});
  await control.post(`/transfers/${draft.outBillNo}/confirm`);
  await control.advance(10);
  expect(okay(await wechat.queryTransfer(draft.outBillNo))).toMatchObject({ status: "success", amount: 200_000 });
  const event = { kind: "transfer", outBillNo: draft.outBillNo, transfer: { status: "success", amount: 200_000 } };
  expect(await merchant.told(draft.outBillNo, "MCHTRANSFER.BILL.FINISHED")).toMatchObject([{ verified: true, event }]);
  const another = { ...draft, outBillNo: "SimTransfer2", amount: fen(10) };
  okay(await wechat.createTransfer({ outBillNo: another.outBillNo, ...okay(await wechat.prepareTransfer(another)) }));
  await control.advance(10);
  expect(okay(await wechat.cancelTransfer(another.outBillNo))).toMatchObject({ status: "cancelling" });
  await control.advance(60);
  expect(okay(await wechat.queryTransfer(another.outBillNo))).toMatchObject({ status: "cancelled" });
  expect(okay(await wechat.queryTransfer("SimTransfer3"))).toEqual({ status: "not_found" });
});

test("keys work both ways", async () => {
  expect(okay(await wechat.echo("你好"))).toEqual({ encryptionWorks: true });
});
