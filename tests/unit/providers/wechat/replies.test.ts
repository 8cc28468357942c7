import { describe, expect, test } from "vitest";
import { attempt, call, NOW, refundOf } from "../support/calls.ts";
import { makeKeyPair } from "../support/keys.ts";
import { APP_ID, errorReply, MCH_ID, signatureHeaders, signedReply, wechatProvider } from "../support/wechat.ts";

const REF = attempt("WECHAT_NATIVE");
const REFUND = refundOf(REF);
const CODE_URL = { code_url: "weixin://wxpay/bizpayurl?pr=1" };
const TRADE = {
  appid: APP_ID,
  mchid: MCH_ID,
  out_trade_no: REF.outTradeNo,
  transaction_id: "4200002026112200001",
  trade_state: "SUCCESS",
  success_time: "2026-11-22T10:00:01+08:00",
  amount: { total: 10_050, payer_total: 10_000, currency: "CNY" },
  a_member_of_tomorrow: true,
};
const RECEIPT = {
  providerTradeNo: "4200002026112200001",
  amount: 10_050,
  paidAt: new Date("2026-11-22T02:00:01Z"),
};

const create = async (reply: () => Promise<Response> | Response, firstSend = true) =>
  (await wechatProvider(reply)).provider.create(REF, call({ firstSend }));
const query = async (reply: () => Promise<Response> | Response) =>
  (await wechatProvider(reply)).provider.query(REF, call());
const close = async (reply: () => Promise<Response> | Response) =>
  (await wechatProvider(reply)).provider.close(REF, call());
const refund = async (reply: () => Promise<Response> | Response, firstSend = true) =>
  (await wechatProvider(reply)).provider.refund(REFUND, call({ firstSend }));

describe("a created trade", () => {
  test("has a QR code that lives two hours at most", async () => {
    const { provider } = await wechatProvider(() => signedReply(CODE_URL));
    expect(await provider.create(REF, call())).toEqual({
      kind: "ok",
      value: {
        status: "pending",
        credential: { method: "WECHAT_NATIVE", codeUrl: CODE_URL.code_url },
        credentialExpiresAt: REF.expiresAt,
      },
    });
    const tomorrow = { ...REF, expiresAt: new Date(NOW + 86_400_000) };
    const outcome = await provider.create(tomorrow, call());
    expect(outcome).toMatchObject({ value: { credentialExpiresAt: new Date(NOW + 7_200_000) } });
  });
});

describe("a reply counts only when it verifies", () => {
  test("unsigned", async () => {
    expect(await create(() => Response.json(CODE_URL))).toMatchObject({ kind: "unknown", cause: "unverified" });
  });

  test("signed by somebody else", async () => {
    const key = await makeKeyPair();
    expect(await create(() => signedReply(CODE_URL, 200, { key }))).toMatchObject({ cause: "unverified" });
  });

  test("altered after signing", async () => {
    const headers = await signatureHeaders(JSON.stringify(CODE_URL));
    const reply = () => new Response(JSON.stringify({ code_url: "weixin://evil" }), { headers });
    expect(await create(reply)).toMatchObject({ kind: "unknown", cause: "unverified" });
  });

  test("WeChat Pay's own wrong signatures", async () => {
    const headers = await signatureHeaders(JSON.stringify(CODE_URL));
    headers.set("Wechatpay-Signature", `WECHATPAY/SIGNTEST/${headers.get("Wechatpay-Signature")}`);
    const reply = () => new Response(JSON.stringify(CODE_URL), { headers });
    expect(await create(reply)).toMatchObject({ kind: "unknown", cause: "unverified" });
  });

  test.each([
    [-300, "ok"],
    [300, "ok"],
    [-302, "unknown"],
    [302, "unknown"],
  ])("made %d seconds from now: %s", async (seconds, kind) => {
    expect(await create(() => signedReply(CODE_URL, 200, { at: NOW + seconds * 1000 }))).toMatchObject({ kind });
  });

  test("a signed success without what was asked for is not understood", async () => {
    expect(await create(() => signedReply({}))).toMatchObject({ kind: "unknown", cause: "unlisted" });
  });
});

describe("errors", () => {
  test.each([
    [400, "PARAM_ERROR", "refused"],
    [403, "OUT_TRADE_NO_USED", "refused"],
    [403, "RULELIMIT", "refused"],
    [403, "NOTENOUGH", "later"],
    [429, "SOME_NEW_NAME", "later"],
    [400, "A_CODE_OF_TOMORROW", "unknown"],
    [400, "ORDERPAID", "unknown"],
    [500, "PARAM_ERROR", "unknown"],
    [502, "", "unknown"],
    [302, "PARAM_ERROR", "unknown"],
  ])("create answered %d %s is %s", async (status, code, kind) => {
    expect(await create(() => errorReply(status, code))).toMatchObject({ kind });
  });

  test.each([
    [403, "NOT_ENOUGH", "later"],
    [403, "USER_ACCOUNT_ABNORMAL", "refused"],
    [404, "RESOURCE_NOT_EXISTS", "refused"],
    [429, "FREQUENCY_LIMITED", "later"],
    [500, "SYSTEM_ERROR", "unknown"],
    [400, "REFUND_FEE_MISMATCH", "unknown"],
  ])("refund answered %d %s is %s", async (status, code, kind) => {
    expect(await refund(() => errorReply(status, code))).toMatchObject({ kind });
  });

  test("a refusal of a later send may be the echo of the first", async () => {
    const echo = { kind: "unknown", cause: "echo" };
    expect(await create(() => errorReply(403, "OUT_TRADE_NO_USED"), false)).toMatchObject(echo);
    expect(await refund(() => errorReply(400, "INVALID_REQUEST"), false)).toMatchObject(echo);
    expect(await refund(() => errorReply(403, "NOT_ENOUGH"), false)).toMatchObject({ kind: "later" });
  });

  test("an error page without a code says nothing", async () => {
    expect(await create(() => new Response("<html>", { status: 403 }))).toMatchObject({ cause: "unlisted" });
  });

  test("a refusal of the query refuses nothing", async () => {
    for (const code of ["SIGN_ERROR", "PARAM_ERROR", "RULE_LIMIT"]) {
      expect(await query(() => errorReply(400, code))).toMatchObject({ kind: "unknown" });
    }
  });
});

describe("silence", () => {
  test("no connection", async () => {
    const outcome = await create(() => Promise.reject(new TypeError("fetch failed: secret")));
    expect(outcome).toEqual({ kind: "unknown", cause: "network", message: "the connection failed" });
  });

  test("no time left", async () => {
    const { provider } = await wechatProvider(() => Promise.reject(new DOMException("aborted", "AbortError")));
    const outcome = await provider.create(REF, call({ signal: AbortSignal.abort() }));
    expect(outcome).toMatchObject({ kind: "unknown", cause: "timeout" });
  });

  test("a redirect, which is not followed", async () => {
    const elsewhere = () => new Response(null, { status: 307, headers: { Location: "https://example.com/" } });
    const { provider, sent } = await wechatProvider(elsewhere);
    expect(await provider.create(REF, call())).toMatchObject({ kind: "unknown", cause: "unlisted" });
    expect(sent.map(({ redirect }) => redirect)).toEqual(["manual"]);
  });

  test("more than a megabyte", async () => {
    const flood = () => new Response(new Uint8Array(1024 * 1024 + 1));
    expect(await create(flood)).toMatchObject({ kind: "unknown", cause: "unlisted" });
  });
});

describe("a queried trade", () => {
  test.each([
    ["SUCCESS", { status: "paid", receipt: RECEIPT }],
    ["REFUND", { status: "refunded", receipt: RECEIPT }],
    ["NOTPAY", { status: "pending" }],
    ["USERPAYING", { status: "pending" }],
    ["CLOSED", { status: "closed" }],
    ["REVOKED", { status: "closed" }],
    ["PAYERROR", { status: "pending" }],
  ])("in state %s", async (trade_state, value) => {
    expect(await query(() => signedReply({ ...TRADE, trade_state }))).toEqual({ kind: "ok", value });
  });

  test("unpaid ones come without receipt", async () => {
    const { appid, mchid, out_trade_no } = TRADE;
    const reply = () => signedReply({ appid, mchid, out_trade_no, trade_state: "NOTPAY" });
    expect(await query(reply)).toEqual({ kind: "ok", value: { status: "pending" } });
  });

  test.each([
    ["mchid", "1900000000"],
    ["appid", "wx0000000000000000"],
    ["out_trade_no", "SOMEBODYELSES"],
    ["amount", { total: 10_050, currency: "USD" }],
  ])("with another %s is not ours", async (member, value) => {
    expect(await query(() => signedReply({ ...TRADE, [member]: value }))).toMatchObject({ cause: "unverified" });
  });

  test.each([
    ["trade_state", "SOMETHING_NEW"],
    ["transaction_id", undefined],
    ["success_time", "yesterday"],
    ["amount", { total: 100.5 }],
    ["amount", { total: "10050" }],
  ])("with %s %j is not understood", async (member, value) => {
    expect(await query(() => signedReply({ ...TRADE, [member]: value }))).toMatchObject({ cause: "unlisted" });
  });

  test("that doesn't exist, by either spelling", async () => {
    for (const code of ["ORDER_NOT_EXIST", "ORDERNOTEXIST"]) {
      expect(await query(() => errorReply(404, code))).toEqual({ kind: "ok", value: { status: "not_found" } });
    }
    expect(await query(() => errorReply(400, "ORDER_NOT_EXIST"))).toMatchObject({ kind: "unknown" });
  });
});

describe("closing", () => {
  test("is confirmed by a signed, empty 204", async () => {
    expect(await close(() => signedReply(undefined, 204))).toEqual({ kind: "ok", value: "closed" });
    expect(await close(() => new Response(null, { status: 204 }))).toMatchObject({ cause: "unverified" });
    expect(await close(() => signedReply({}))).toMatchObject({ kind: "unknown" });
  });

  test.each([
    [400, "ORDERPAID", "paid"],
    [404, "ORDER_NOT_EXIST", "not_started"],
  ])("%d %s means %s", async (status, code, value) => {
    expect(await close(() => errorReply(status, code))).toEqual({ kind: "ok", value });
  });

  test.each([
    [403, "RULE_LIMIT"],
    [400, "ORDER_CLOSED"],
    [202, "USERPAYING"],
    [202, "USER_PAYING"],
  ])("%d %s, which nobody has signed, leaves it open", async (status, code) => {
    expect(await close(() => errorReply(status, code))).toMatchObject({ kind: "unknown" });
  });
});

describe("refunds", () => {
  const REPLY = {
    refund_id: "50000000382019052709732678859",
    out_refund_no: REFUND.outRefundNo,
    out_trade_no: REF.outTradeNo,
    transaction_id: "4200002026112200001",
    status: "PROCESSING",
    amount: { total: 10_050, refund: 5_000, currency: "CNY" },
  };

  test("are asked for with a notify_url, and sent exactly as prepared", async () => {
    const { provider, sent } = await wechatProvider(() => signedReply(REPLY));
    const draft = { ...REFUND, total: REF.amount, reason: "质量问题 😡" };
    const request = provider.prepareRefund(draft);
    await provider.refund({ ...REFUND, request }, call());
    expect(sent[0]?.body).toBe(request);
    expect(JSON.parse(request)).toEqual({
      out_trade_no: REF.outTradeNo,
      out_refund_no: REFUND.outRefundNo,
      reason: "质量问题",
      notify_url: "https://pay.example.com/api/v1/payments/wechat/refund/notify",
      amount: { refund: 5_000, total: 10_050, currency: "CNY" },
    });
  });

  test.each([
    ["PROCESSING", "processing"],
    ["SUCCESS", "success"],
    ["CLOSED", "closed"],
    ["ABNORMAL", "abnormal"],
  ])("in status %s", async (status, expected) => {
    const reply = () => signedReply({ ...REPLY, status, success_time: "2026-11-22T10:05:00+08:00" });
    expect(await refund(reply)).toEqual({
      kind: "ok",
      value: {
        status: expected,
        providerRefundNo: REPLY.refund_id,
        amount: 5_000,
        succeededAt: new Date("2026-11-22T02:05:00Z"),
      },
    });
  });

  test.each([
    ["out_refund_no", "ANOTHER"],
    ["out_trade_no", "ANOTHER"],
    ["amount", { refund: 10_050 }],
  ])("with another %s are not ours", async (member, value) => {
    expect(await refund(() => signedReply({ ...REPLY, [member]: value }))).toMatchObject({ cause: "unverified" });
  });

  test("unknown ones are told apart from unanswered questions", async () => {
    const { provider } = await wechatProvider(() => errorReply(404, "RESOURCE_NOT_EXISTS"));
    expect(await provider.queryRefund(REFUND, call())).toEqual({ kind: "ok", value: { status: "not_found" } });
    const { provider: broken } = await wechatProvider(() => errorReply(500, "RESOURCE_NOT_EXISTS"));
    expect(await broken.queryRefund(REFUND, call())).toMatchObject({ kind: "unknown", cause: "server" });
  });
});
