import { beforeAll, describe, expect, test } from "vitest";
import { fen } from "../../../../src/money.ts";
import type { CombinedDraft } from "../../../../src/providers/combined.ts";
import { InputError } from "../../../../src/providers/input-error.ts";
import { WechatPayProvider } from "../../../../src/providers/wechat/provider.ts";
import { call, NOW } from "../support/calls.ts";
import { testKeys } from "../support/keys.ts";
import {
  APP_ID,
  APPLICATIONS,
  callbackBody,
  errorReply,
  MCH_ID,
  signatureHeaders,
  signedReply,
  wechatConfig,
  wechatProvider,
} from "../support/wechat.ts";

const OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";
const ORDERS = [
  {
    outTradeNo: "01JD8ZC4Q6V0X5T2R9N7M3K1B8A1",
    orderId: "01JD8ZC4Q6V0X5T2R9N7M3K1B8",
    amount: fen(100),
    subject: "茶叶",
  },
  {
    outTradeNo: "01JD8ZC4Q6V0X5T2R9N7M3K1B9A1",
    orderId: "01JD8ZC4Q6V0X5T2R9N7M3K1B9",
    amount: fen(250),
    subject: "🎁",
  },
] as const;
const DRAFT: CombinedDraft = {
  details: { method: "WECHAT_JSAPI", openid: OPENID },
  combineOutTradeNo: "01JD8ZC4Q6V0X5T2R9N7M3K1C0C1",
  expiresAt: new Date(NOW + 30 * 60_000),
  orders: ORDERS,
};
const REF = { ...DRAFT, method: "WECHAT_JSAPI", request: "{}" } as const;
const PATH = "/v3/combine-transactions";

const combined = async (reply: () => Promise<Response> | Response) => {
  const { provider, sent } = await wechatProvider(reply, APPLICATIONS);
  return { combined: provider.combined, sent };
};
const silent = () => combined(() => errorReply(400, "PARAM_ERROR"));
const query = async (reply: () => Promise<Response> | Response) => (await combined(reply)).combined.query(REF, call());
const close = async (reply: () => Promise<Response> | Response) => (await combined(reply)).combined.close(REF, call());

const subOrder = (index: 0 | 1, changes: Readonly<Record<string, unknown>> = {}) => ({
  mchid: MCH_ID,
  trade_type: "JSAPI",
  trade_state: "SUCCESS",
  bank_type: "CMC",
  attach: ORDERS[index].orderId,
  success_time: "2026-11-22T10:00:01.120+08:00",
  amount: { total_amount: ORDERS[index].amount, payer_amount: 90, currency: "CNY", payer_currency: "CNY" },
  transaction_id: `420000202611220000${index}`,
  out_trade_no: ORDERS[index].outTradeNo,
  ...changes,
});
const PAYMENT = {
  combine_appid: APP_ID,
  combine_mchid: MCH_ID,
  combine_out_trade_no: DRAFT.combineOutTradeNo,
  sub_orders: [subOrder(0), subOrder(1)],
  combine_payer_info: { openid: OPENID },
};
const paid = (index: 0 | 1) => ({
  outTradeNo: ORDERS[index].outTradeNo,
  trade: {
    status: "paid",
    receipt: {
      providerTradeNo: `420000202611220000${index}`,
      amount: ORDERS[index].amount,
      paidAt: new Date("2026-11-22T02:00:01.120Z"),
    },
  },
});

describe("creating", () => {
  test("sends each order with its id, in a fixed order", async () => {
    const { combined } = await silent();
    expect(combined.prepare(DRAFT)).toBe(
      JSON.stringify({
        combine_appid: APP_ID,
        combine_mchid: MCH_ID,
        combine_out_trade_no: DRAFT.combineOutTradeNo,
        sub_orders: [
          {
            mchid: MCH_ID,
            attach: ORDERS[0].orderId,
            amount: { total_amount: 100, currency: "CNY" },
            out_trade_no: ORDERS[0].outTradeNo,
            description: "茶叶",
          },
          {
            mchid: MCH_ID,
            attach: ORDERS[1].orderId,
            amount: { total_amount: 250, currency: "CNY" },
            out_trade_no: ORDERS[1].outTradeNo,
            description: ORDERS[1].orderId,
          },
        ],
        combine_payer_info: { openid: OPENID },
        time_expire: "2026-11-22T10:30:00+08:00",
        notify_url: "https://pay.example.com/api/v1/payments/wechat/notify",
      }),
    );
  });

  test("says of each order what was said of the payment, and has no store in its scene", async () => {
    const { combined } = await silent();
    const scene = { sceneInfo: { deviceId: "POS1:1", storeInfo: { id: "1" } }, payerClientIp: "14.17.22.32" };
    const h5 = {
      ...scene,
      method: "WECHAT_H5",
      h5Type: "Wap",
      goodsTag: "WXG",
      settleInfo: { profitSharing: true },
    } as const;
    const body = JSON.parse(combined.prepare({ ...DRAFT, details: h5 }));
    expect(body.scene_info).toEqual({ payer_client_ip: "14.17.22.32", device_id: "POS1:1", h5_info: { type: "Wap" } });
    const said = { goods_tag: "WXG", settle_info: { profit_sharing: true } };
    expect(body.sub_orders).toMatchObject([said, said]);
    expect(body).not.toHaveProperty("combine_payer_info");
  });

  test("takes two to ten orders", async () => {
    const { combined } = await silent();
    expect([combined.fewest, combined.most]).toEqual([2, 10]);
    for (const orders of [ORDERS.slice(1), Array(11).fill(ORDERS[0])]) {
      expect(() => combined.prepare({ ...DRAFT, orders })).toThrow(InputError);
    }
    expect(JSON.parse(combined.prepare({ ...DRAFT, orders: Array(10).fill(ORDERS[0]) })).sub_orders).toHaveLength(10);
  });

  test.each([
    ["WECHAT_JSAPI", "jsapi", { invoke: { appId: APP_ID, package: "prepay_id=wx2014" } }],
    ["WECHAT_MINI", "jsapi", { invoke: { package: "prepay_id=wx2014" } }],
    ["WECHAT_APP", "app", { invoke: { appid: APPLICATIONS.mobileAppId, prepayid: "wx2014" } }],
    ["WECHAT_NATIVE", "native", { codeUrl: "weixin://wxpay" }],
    ["WECHAT_H5", "h5", { h5Url: "https://wx.tenpay.com/?p=1" }],
  ] as const)("%s sends the prepared text to %s and hands out a credential", async (method, endpoint, own) => {
    const reply = { prepay_id: "wx2014", code_url: "weixin://wxpay", h5_url: "https://wx.tenpay.com/?p=1" };
    const { combined: payments, sent } = await combined(() => signedReply(reply));
    const outcome = await payments.create({ ...REF, method, request: '{"exactly":"this"}' }, call());
    expect(sent.map(({ url, body }) => [url.pathname, body])).toEqual([[`${PATH}/${endpoint}`, '{"exactly":"this"}']]);
    expect(outcome).toMatchObject({ kind: "ok", value: { credential: { method, ...own } } });
  });

  test("signs a mini program's invocation for its own application", async () => {
    const { combined: payments } = await combined(() => signedReply({ prepay_id: "wx2014" }));
    const outcome = await payments.create({ ...REF, method: "WECHAT_MINI" }, call());
    if (outcome.kind !== "ok" || outcome.value.credential.method !== "WECHAT_MINI") throw new Error("no credential");
    const { timeStamp, nonceStr, package: packed, paySign } = outcome.value.credential.invoke;
    const { merchant } = await testKeys();
    const lines = [APPLICATIONS.miniAppId, timeStamp, nonceStr, packed, ""];
    expect(paySign).toBe(await merchant.sign(lines.join("\n")));
  });

  test("keeps the four arms", async () => {
    const create = async (reply: () => Response) => (await combined(reply)).combined.create(REF, call());
    expect(await create(() => errorReply(400, "PARAM_ERROR"))).toMatchObject({ kind: "refused" });
    expect(await create(() => errorReply(429, "FREQUENCY_LIMITED"))).toMatchObject({ kind: "later" });
    expect(await create(() => errorReply(400, "SOMETHING_NEW"))).toMatchObject({ kind: "unknown" });
    expect(await create(() => Response.json({ prepay_id: "wx2014" }))).toMatchObject({ cause: "unverified" });
  });
});

describe("a query", () => {
  test("tells of every order", async () => {
    const { combined: payments, sent } = await combined(() => signedReply(PAYMENT));
    const value = { status: "found", trades: [paid(0), paid(1)] };
    expect(await payments.query(REF, call())).toEqual({ kind: "ok", value });
    expect(sent[0]?.url.pathname).toBe(`${PATH}/out-trade-no/${DRAFT.combineOutTradeNo}`);
  });

  test("finds unpaid, closed and refunded orders side by side", async () => {
    const bare = { transaction_id: "", success_time: "", amount: null };
    const unpaid = {
      ...PAYMENT,
      sub_orders: [subOrder(0, { ...bare, trade_state: "NOTPAY" }), subOrder(1, { trade_state: "REFUND" })],
    };
    expect(await query(() => signedReply(unpaid))).toMatchObject({
      value: {
        trades: [{ trade: { status: "pending" } }, { trade: { status: "refunded", receipt: { amount: 250 } } }],
      },
    });
    const closed = { ...PAYMENT, sub_orders: [subOrder(0, { ...bare, trade_state: "CLOSED" }), subOrder(1)] };
    expect(await query(() => signedReply(closed))).toMatchObject({
      value: { trades: [{ trade: { status: "closed" } }, { trade: { status: "paid" } }] },
    });
  });

  test.each([
    ["another merchant", { combine_mchid: "1900000000" }],
    ["another application of our own", { combine_appid: APPLICATIONS.miniAppId }],
    ["another number", { combine_out_trade_no: "ANOTHER" }],
    ["an order of another merchant", { sub_orders: [subOrder(0), subOrder(1, { mchid: "1900000000" })] }],
    [
      "an order in another currency",
      { sub_orders: [subOrder(0), subOrder(1, { amount: { total_amount: 250, currency: "USD" } })] },
    ],
    ["an order missing", { sub_orders: [subOrder(0)] }],
    ["an order twice", { sub_orders: [subOrder(0), subOrder(0)] }],
    ["an order too many", { sub_orders: [subOrder(0), subOrder(1), subOrder(1, { out_trade_no: "ANOTHER1" })] }],
    ["an unknown state", { sub_orders: [subOrder(0), subOrder(1, { trade_state: "NEW" })] }],
    ["a paid order without its number", { sub_orders: [subOrder(0), subOrder(1, { transaction_id: null })] }],
    ["no orders", { sub_orders: undefined }],
  ])("answered with %s proves nothing", async (_, changes) => {
    expect(await query(() => signedReply({ ...PAYMENT, ...changes }))).toMatchObject({ kind: "unknown" });
  });

  test("tells the unknown from the unanswered", async () => {
    expect(await query(() => errorReply(404, "ORDER_NOT_EXIST"))).toEqual({
      kind: "ok",
      value: { status: "not_found" },
    });
    expect(await query(() => errorReply(400, "ORDER_NOT_EXIST"))).toMatchObject({ kind: "unknown" });
    expect(await query(() => errorReply(400, "PARAM_ERROR"))).toMatchObject({ kind: "unknown" });
  });
});

describe("closing", () => {
  test("names all orders, and is confirmed by a signed 204", async () => {
    const { combined: payments, sent } = await combined(() => signedReply(undefined, 204));
    expect(await payments.close(REF, call())).toEqual({ kind: "ok", value: "closed" });
    expect(sent[0]?.url.pathname).toBe(`${PATH}/out-trade-no/${DRAFT.combineOutTradeNo}/close`);
    expect(JSON.parse(sent[0]?.body ?? "")).toEqual({
      combine_appid: APP_ID,
      sub_orders: ORDERS.map(({ outTradeNo }) => ({ mchid: MCH_ID, out_trade_no: outTradeNo })),
    });
  });

  test("comes too late, or stays in doubt", async () => {
    expect(await close(() => errorReply(400, "ORDERPAID"))).toEqual({ kind: "ok", value: "paid" });
    expect(await close(() => errorReply(400, "ORDER_CLOSED"))).toMatchObject({ kind: "unknown" });
    expect(await close(() => signedReply({}))).toMatchObject({ kind: "unknown" });
    expect(await close(() => new Response(null, { status: 204 }))).toMatchObject({ cause: "unverified" });
  });
});

describe("a callback", () => {
  let provider: WechatPayProvider;
  beforeAll(async () => {
    provider = new WechatPayProvider(await wechatConfig(APPLICATIONS), { fetch: () => Promise.reject(new Error()) });
  });
  const receive = async (content: unknown) => {
    const body = await callbackBody("TRANSACTION.SUCCESS", content);
    return provider.verifyCallback(
      { headers: await signatureHeaders(body), body: new TextEncoder().encode(body) },
      NOW,
    );
  };

  test("tells of every order", async () => {
    expect(await receive(PAYMENT)).toEqual({
      verified: true,
      event: {
        kind: "combined",
        notifyId: "EV-2026112210000000001",
        event: "TRANSACTION.SUCCESS",
        combineOutTradeNo: DRAFT.combineOutTradeNo,
        methods: ["WECHAT_JSAPI", "WECHAT_NATIVE", "WECHAT_H5"],
        trades: [paid(0), paid(1)],
      },
    });
  });

  const odd = (changes: Readonly<Record<string, unknown>>) => ({ sub_orders: [subOrder(0), subOrder(1, changes)] });
  test.each([
    ["another merchant", { combine_mchid: "1900000000" }, "foreign_merchant"],
    ["another application", { combine_appid: "wx0000000000000000" }, "foreign_application"],
    ["an order of another merchant", odd({ mchid: "1900000000" }), "foreign_merchant"],
    ["an order in another currency", odd({ amount: { total_amount: 250, currency: "USD" } }), "malformed"],
    ["a negative amount", odd({ amount: { total_amount: -1 } }), "malformed"],
    ["an order twice", { sub_orders: [subOrder(0), subOrder(0)] }, "malformed"],
    ["no orders", { sub_orders: [] }, "malformed"],
    ["no number", { combine_out_trade_no: "" }, "malformed"],
  ])("with %s is refused", async (_, changes, reason) => {
    expect(await receive({ ...PAYMENT, ...changes })).toMatchObject({ verified: false, reason });
  });
});
