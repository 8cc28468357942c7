import { beforeAll, describe, expect, test } from "vitest";
import type { CallbackReply } from "../../../../src/providers/callback.ts";
import type { WechatPayConfig } from "../../../../src/providers/wechat/config.ts";
import { WechatPayProvider } from "../../../../src/providers/wechat/provider.ts";
import { NOW } from "../support/calls.ts";
import { makeKeyPair } from "../support/keys.ts";
import {
  APP_ID,
  APPLICATIONS,
  callbackBody,
  MCH_ID,
  type Signing,
  seal,
  signatureHeaders,
  wechatConfig,
} from "../support/wechat.ts";

const TRADE = {
  appid: APP_ID,
  mchid: MCH_ID,
  out_trade_no: "01JD8ZC4Q6V0X5T2R9N7M3K1B8A1",
  transaction_id: "4200002026112200001",
  trade_state: "SUCCESS",
  success_time: "2026-11-22T10:00:01+08:00",
  amount: { total: 10_050, payer_total: 10_050, currency: "CNY", payer_currency: "CNY" },
};
const REFUND = {
  mchid: MCH_ID,
  out_trade_no: TRADE.out_trade_no,
  transaction_id: TRADE.transaction_id,
  out_refund_no: "01JD8ZC4Q6V0X5T2R9N7M3K1B8A1R1",
  refund_id: "50000000382019052709732678859",
  refund_status: "SUCCESS",
  success_time: "2026-11-22T10:05:00+08:00",
  amount: { total: 10_050, refund: 5_000, payer_total: 10_050, payer_refund: 5_000 },
};

let provider: WechatPayProvider;
beforeAll(async () => {
  provider = new WechatPayProvider(await wechatConfig(), { fetch: () => Promise.reject(new Error("no network")) });
});

async function receive(body: string, signing: Signing = {}) {
  const headers = await signatureHeaders(body, signing);
  return provider.verifyCallback({ headers, body: new TextEncoder().encode(body) }, NOW);
}

/** The same for a merchant with other settings. */
async function receiveFor(changes: Partial<WechatPayConfig>, body: string) {
  const other = new WechatPayProvider(await wechatConfig(changes), { fetch: () => Promise.reject(new Error()) });
  return other.verifyCallback({ headers: await signatureHeaders(body), body: new TextEncoder().encode(body) }, NOW);
}

describe("a payment's callback", () => {
  test("says what was paid", async () => {
    expect(await receive(await callbackBody("TRANSACTION.SUCCESS", TRADE))).toEqual({
      verified: true,
      event: {
        kind: "trade",
        notifyId: "EV-2026112210000000001",
        event: "TRANSACTION.SUCCESS",
        outTradeNo: TRADE.out_trade_no,
        methods: ["WECHAT_JSAPI", "WECHAT_MINI", "WECHAT_NATIVE", "WECHAT_APP", "WECHAT_H5"],
        trade: {
          status: "paid",
          receipt: {
            providerTradeNo: TRADE.transaction_id,
            amount: 10_050,
            paidAt: new Date("2026-11-22T02:00:01Z"),
          },
        },
      },
    });
  });

  test.each([
    ["mchid", "1900000000", "foreign_merchant"],
    ["appid", "wx0000000000000000", "foreign_application"],
    ["amount", { total: 10_050, currency: "USD" }, "malformed"],
    ["amount", { total: -1 }, "malformed"],
    ["transaction_id", null, "malformed"],
  ])("with %s %j is refused as %s", async (member, value, reason) => {
    const body = await callbackBody("TRANSACTION.SUCCESS", { ...TRADE, [member]: value });
    expect(await receive(body)).toMatchObject({ verified: false, reason });
  });

  test("under another APIv3 key does not decrypt", async () => {
    const body = await callbackBody("TRANSACTION.SUCCESS", TRADE, "another-key-of-thirty-two-bytes!");
    expect(await receive(body)).toMatchObject({ verified: false, reason: "undecryptable" });
  });

  test.each([
    [APP_ID, ["WECHAT_JSAPI", "WECHAT_NATIVE", "WECHAT_H5"]],
    [APPLICATIONS.miniAppId, ["WECHAT_MINI"]],
    [APPLICATIONS.mobileAppId, ["WECHAT_APP"]],
  ])("of application %s means attempts by its methods only", async (appid, methods) => {
    const verdict = await receiveFor(APPLICATIONS, await callbackBody("TRANSACTION.SUCCESS", { ...TRADE, appid }));
    expect(verdict).toMatchObject({ verified: true, event: { kind: "trade", methods } });
  });

  test("sealed with no associated data is understood", async () => {
    const envelope = JSON.parse(await callbackBody("TRANSACTION.SUCCESS", TRADE));
    const { associated_data: _, ...resource } = await seal(JSON.stringify(TRADE), "");
    expect(await receive(JSON.stringify({ ...envelope, resource }))).toMatchObject({ verified: true });
  });

  test("that tells of money gone back already is not one to ship", async () => {
    const body = await callbackBody("TRANSACTION.SUCCESS", { ...TRADE, trade_state: "REFUND" });
    expect(await receive(body)).toMatchObject({ verified: true, event: { trade: { status: "refunded" } } });
  });
});

describe("a refund's callback", () => {
  test.each([
    ["REFUND.SUCCESS", "SUCCESS", "success"],
    ["REFUND.ABNORMAL", "ABNORMAL", "abnormal"],
    ["REFUND.CLOSED", "CLOSED", "closed"],
    ["REFUND.SUCCESS", "PROCESSING", "processing"],
  ])("%s with refund_status %s", async (event, refund_status, status) => {
    expect(await receive(await callbackBody(event, { ...REFUND, refund_status }))).toEqual({
      verified: true,
      event: {
        kind: "refund",
        notifyId: "EV-2026112210000000001",
        event,
        outTradeNo: REFUND.out_trade_no,
        outRefundNo: REFUND.out_refund_no,
        providerTradeNo: REFUND.transaction_id,
        refund: {
          status,
          providerRefundNo: REFUND.refund_id,
          amount: 5_000,
          succeededAt: new Date("2026-11-22T02:05:00Z"),
        },
      },
    });
  });

  test("in a status of tomorrow changes nothing", async () => {
    const body = await callbackBody("REFUND.SUCCESS", { ...REFUND, refund_status: "PAUSED" });
    expect(await receive(body)).toMatchObject({ verified: true, event: { kind: "other" } });
  });

  test.each(["out_refund_no", "refund_id", "transaction_id", "amount"])("without %s is malformed", async (member) => {
    const body = await callbackBody("REFUND.SUCCESS", { ...REFUND, [member]: undefined });
    expect(await receive(body)).toMatchObject({ verified: false, reason: "malformed" });
  });

  test("of another merchant is refused", async () => {
    const body = await callbackBody("REFUND.SUCCESS", { ...REFUND, mchid: "1900000000" });
    expect(await receive(body)).toMatchObject({ verified: false, reason: "foreign_merchant" });
  });
});

describe("a transfer's callback", () => {
  const TRANSFER = {
    out_bill_no: "plfk2020042013",
    transfer_bill_no: "1330000071100999991182020050700019480001",
    state: "SUCCESS",
    mch_id: MCH_ID,
    transfer_amount: 2_000,
    openid: "o-MYE42l80oelYMDE34nYD456Xoy",
    fail_reason: "",
    create_time: "2026-11-22T09:58:00+08:00",
    update_time: "2026-11-22T09:59:00.120+08:00",
  };
  const EVENT = "MCHTRANSFER.BILL.FINISHED";

  test.each([
    ["SUCCESS", "success"],
    ["FAIL", "failed"],
    ["CANCELLED", "cancelled"],
  ])("with state %s", async (state, status) => {
    expect(await receive(await callbackBody(EVENT, { ...TRANSFER, state }))).toEqual({
      verified: true,
      event: {
        kind: "transfer",
        notifyId: "EV-2026112210000000001",
        event: EVENT,
        outBillNo: TRANSFER.out_bill_no,
        transfer: {
          status,
          providerBillNo: TRANSFER.transfer_bill_no,
          amount: 2_000,
          failReason: null,
          confirmation: null,
          updatedAt: new Date("2026-11-22T01:59:00.120Z"),
        },
      },
    });
  });

  test.each([
    [{ mch_id: "1900000000" }, "foreign_merchant"],
    [{ mch_id: undefined }, "malformed"],
    [{ out_bill_no: undefined }, "malformed"],
    [{ transfer_amount: "2000" }, "malformed"],
  ])("with %j is refused as %s", async (changes, reason) => {
    expect(await receive(await callbackBody(EVENT, { ...TRANSFER, ...changes }))).toMatchObject({ reason });
  });

  test("in a state of tomorrow changes nothing", async () => {
    const body = await callbackBody(EVENT, { ...TRANSFER, state: "THINKING" });
    expect(await receive(body)).toMatchObject({ verified: true, event: { kind: "other" } });
  });
});

test.each(["COMPLAINT.CREATE", "PROFITSHARING", "SECURITY_ECHO.SUCCESS", "SOMETHING.NEW"])(
  "%s changes nothing",
  async (event) => {
    expect(await receive(await callbackBody(event, {}))).toMatchObject({
      verified: true,
      event: { kind: "other", event },
    });
  },
);

describe("what does not verify", () => {
  test("any byte changed", async () => {
    const body = await callbackBody("TRANSACTION.SUCCESS", TRADE);
    const headers = await signatureHeaders(body);
    const bytes = new TextEncoder().encode(body);
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      const verdict = await provider.verifyCallback({ headers, body: changed }, NOW);
      expect(verdict).toMatchObject({ verified: false, reason: "bad_signature" });
    }
  });

  test("any signature header changed or missing", async () => {
    const body = await callbackBody("TRANSACTION.SUCCESS", TRADE);
    const names = ["Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Serial", "Wechatpay-Signature"];
    for (const name of names) {
      const headers = await signatureHeaders(body);
      headers.set(name, `${headers.get(name)}0`);
      const message = { headers, body: new TextEncoder().encode(body) };
      expect((await provider.verifyCallback(message, NOW)).verified).toBe(false);
      headers.delete(name);
      expect(await provider.verifyCallback(message, NOW)).toMatchObject({ reason: "missing_signature" });
    }
  });

  test("another kind of signature", async () => {
    const body = await callbackBody("TRANSACTION.SUCCESS", TRADE);
    const headers = await signatureHeaders(body);
    headers.set("Wechatpay-Signature-Type", "WECHATPAY2-SM2-WITH-SM3");
    const verdict = await provider.verifyCallback({ headers, body: new TextEncoder().encode(body) }, NOW);
    expect(verdict).toMatchObject({ verified: false, reason: "bad_signature" });
  });

  test.each([
    [300, true],
    [-300, true],
    [301, false],
    [-301, false],
    [86_400, false],
  ])("%d seconds away from now: verified %s", async (seconds, verified) => {
    const body = await callbackBody("TRANSACTION.SUCCESS", TRADE);
    expect((await receive(body, { at: NOW + seconds * 1000 })).verified).toBe(verified);
  });

  test("somebody else's key, by a serial of ours or of theirs", async () => {
    const body = await callbackBody("TRANSACTION.SUCCESS", TRADE);
    const key = await makeKeyPair();
    expect(await receive(body, { key })).toMatchObject({ reason: "bad_signature" });
    expect(await receive(body, { key, serial: "PUB_KEY_ID_999" })).toMatchObject({ reason: "unknown_serial" });
  });

  test.each(["", "null", "[]", "{}", '{"id":1}', "\u0000"])("signed, but no callback: %j", async (body) => {
    expect(await receive(body)).toMatchObject({ verified: false, reason: "malformed" });
  });

  test.each([
    { nonce: "" },
    { nonce: "\u0000" },
    { nonce: "0".repeat(4096) },
    { ciphertext: "" },
    { ciphertext: "AA==" },
    { ciphertext: "?" },
    { algorithm: "AEAD_AES_128_GCM" },
    { associated_data: "another" },
    { associated_data: null },
  ])("signed, but sealed wrongly: %j", async (changes) => {
    const envelope = JSON.parse(await callbackBody("TRANSACTION.SUCCESS", TRADE));
    Object.assign(envelope.resource, changes);
    expect(await receive(JSON.stringify(envelope))).toMatchObject({ verified: false, reason: "undecryptable" });
  });
});

test("WeChat Pay is answered in its own words", () => {
  const callback = { headers: new Headers(), body: new TextEncoder().encode("{}") };
  const answer = (reply: CallbackReply) => provider.answer(reply, callback);
  expect(answer("accepted")).toMatchObject({ status: 200, body: '{"code":"SUCCESS","message":"成功"}' });
  expect(answer("unverified")).toMatchObject({ status: 401, body: expect.stringContaining('"FAIL"') });
  expect(answer("failed")).toMatchObject({ status: 500, body: expect.stringContaining('"FAIL"') });
});
