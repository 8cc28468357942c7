import { describe, expect, test } from "vitest";
import { fen } from "../../../../src/money.ts";
import { ABNORMAL_REFUND_BANKS } from "../../../../src/providers/wechat/abnormal-refund.ts";
import { attempt, call, refundOf } from "../support/calls.ts";
import { openOaep, testKeys } from "../support/keys.ts";
import { errorReply, PUBLIC_KEY_ID, signedReply, wechatProvider } from "../support/wechat.ts";

const REFUND = { ...refundOf(attempt("WECHAT_NATIVE")), providerRefundNo: "50000000382019052709732678859" };
const REPLY = {
  refund_id: REFUND.providerRefundNo,
  out_refund_no: REFUND.outRefundNo,
  transaction_id: "4200002026112200001",
  out_trade_no: REFUND.outTradeNo,
  channel: "OTHER_BANKCARD",
  user_received_account: "招商银行信用卡0403",
  create_time: "2026-11-22T09:00:00+08:00",
  status: "PROCESSING",
  funds_account: "A_NEW_ACCOUNT",
  amount: { total: 10_050, refund: 5_000, payer_total: 10_050, payer_refund: 5_000, currency: "CNY" },
};
const CARD = {
  type: "USER_BANK_CARD",
  bankType: "CMB_DEBIT",
  bankAccount: "6222020200112233445",
  realName: "张三丰",
} as const;

describe("the money of an abnormal refund", () => {
  test("goes to the merchant's own account", async () => {
    const { provider, sent } = await wechatProvider(() => signedReply(REPLY));
    const outcome = await provider.resolveAbnormalRefund(REFUND, { type: "MERCHANT_BANK_CARD" }, call());
    expect(outcome).toMatchObject({ kind: "ok", value: { status: "processing", providerRefundNo: REPLY.refund_id } });
    expect(sent.map(({ method, url }) => `${method} ${url.pathname}`)).toEqual([
      `POST /v3/refund/domestic/refunds/${REFUND.providerRefundNo}/apply-abnormal-refund`,
    ]);
    expect(JSON.parse(sent[0]?.body ?? "")).toEqual({
      out_refund_no: REFUND.outRefundNo,
      type: "MERCHANT_BANK_CARD",
    });
  });

  test("goes to a card of the buyer's, which nobody but WeChat Pay can read", async () => {
    const { provider, sent } = await wechatProvider(() => signedReply({ ...REPLY, status: "SUCCESS" }));
    const outcome = await provider.resolveAbnormalRefund(REFUND, CARD, call());
    expect(outcome).toMatchObject({ kind: "ok", value: { status: "success" } });
    const { bank_account, real_name, ...plain } = JSON.parse(sent[0]?.body ?? "");
    expect(plain).toEqual({ out_refund_no: REFUND.outRefundNo, type: "USER_BANK_CARD", bank_type: "CMB_DEBIT" });
    const { platform } = await testKeys();
    expect(await openOaep(platform, bank_account)).toBe(CARD.bankAccount);
    expect(await openOaep(platform, real_name)).toBe(CARD.realName);
    expect(sent[0]?.headers.get("Wechatpay-Serial")).toBe(PUBLIC_KEY_ID);
    expect(sent[0]?.body).not.toMatch(/6222020200112233445|张三丰/);
  });

  test.each([
    ["bank_type", { bankType: "CMB_CREDIT" }],
    ["bank_type", { bankType: "" }],
    ["bank_account", { bankAccount: "" }],
    ["real_name", { realName: "名".repeat(72) }],
  ])("is not sent with a wrong %s", async (field, changes) => {
    const { provider, sent } = await wechatProvider(() => signedReply(REPLY));
    const resolve = provider.resolveAbnormalRefund(REFUND, { ...CARD, ...changes }, call());
    await expect(resolve).rejects.toThrow(`${field}: `);
    expect(sent).toEqual([]);
  });

  test("knows the fifteen banks", () => {
    expect(ABNORMAL_REFUND_BANKS).toHaveLength(15);
    expect(ABNORMAL_REFUND_BANKS).toContain("NBCB_DEBIT");
  });

  test.each([
    [{ refund_id: "another" }, "unverified"],
    [{ out_refund_no: "another" }, "unverified"],
    [{ amount: { ...REPLY.amount, refund: 1 } }, "unverified"],
    [{ amount: { ...REPLY.amount, currency: "USD" } }, "unverified"],
    [{ status: "PAUSED" }, "unlisted"],
  ])("answered with %j proves nothing", async (changes, cause) => {
    const { provider } = await wechatProvider(() => signedReply({ ...REPLY, ...changes }));
    const outcome = await provider.resolveAbnormalRefund(REFUND, { type: "MERCHANT_BANK_CARD" }, call());
    expect(outcome).toMatchObject({ kind: "unknown", cause });
  });
});

describe("a refund that the books don't know", () => {
  test("is found by its number", async () => {
    const { provider, sent } = await wechatProvider(() => signedReply({ ...REPLY, status: "ABNORMAL" }));
    expect(await provider.findRefund("made|by*hand@1", call())).toMatchObject({ kind: "unknown", cause: "unverified" });
    expect(sent[0]?.url.pathname).toBe("/v3/refund/domestic/refunds/made%7Cby*hand%401");
    expect(await provider.findRefund(REFUND.outRefundNo, call())).toEqual({
      kind: "ok",
      value: {
        outTradeNo: REFUND.outTradeNo,
        providerTradeNo: REPLY.transaction_id,
        refund: { status: "abnormal", providerRefundNo: REPLY.refund_id, amount: 5_000, succeededAt: null },
      },
    });
  });

  test("is told from an unanswered question", async () => {
    const { provider } = await wechatProvider(() => errorReply(404, "RESOURCE_NOT_EXISTS"));
    expect(await provider.findRefund("1", call())).toEqual({ kind: "ok", value: { status: "not_found" } });
    const { provider: busy } = await wechatProvider(() => errorReply(429, "FREQUENCY_LIMITED"));
    expect(await busy.findRefund("1", call())).toMatchObject({ kind: "later" });
  });
});

describe("a refund's request", () => {
  const draft = { ...REFUND, total: fen(10_050), reason: "" };

  test("is not written with a number or an amount that WeChat Pay refuses", async () => {
    const { provider } = await wechatProvider(() => signedReply(REPLY));
    const prepare = (changes: object) => () => provider.prepareRefund({ ...draft, ...changes });
    expect(prepare({ outRefundNo: "退款" })).toThrow("out_refund_no: ");
    expect(prepare({ outRefundNo: "x".repeat(65) })).toThrow("out_refund_no: ");
    expect(prepare({ amount: fen(0) })).toThrow("amount.refund: ");
    expect(prepare({ amount: fen(10_051) })).toThrow("amount.refund: ");
    expect(JSON.parse(provider.prepareRefund(draft))).not.toHaveProperty("reason");
  });

  test("obeys the limits that the provider states", async () => {
    const { provider } = await wechatProvider(() => signedReply(REPLY));
    expect(provider.refundLimits).toEqual({ parts: 50, secondsApart: 60, days: 365 });
  });
});
