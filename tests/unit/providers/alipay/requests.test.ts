import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fen } from "../../../../src/money.ts";
import { ALIPAY_APP_ID, alipayProvider, businessError, nodeReply } from "../support/alipay.ts";
import { attempt, call, refundOf, type SentRequest } from "../support/calls.ts";
import { testKeys } from "../support/keys.ts";

const REF = attempt("ALIPAY_QR");
const draft = { ...REF, details: { method: "ALIPAY_QR" as const }, subject: "A/B=C&D 🎁 新年" };
const refuse = () => nodeReply("alipay.trade.precreate", businessError("ACQ.SYSTEM_ERROR"));

function parametersOf(request: SentRequest): Record<string, string> {
  return { ...Object.fromEntries(request.url.searchParams), ...Object.fromEntries(new URLSearchParams(request.body)) };
}

describe("the precreate request", () => {
  test("carries exactly the prepared text", async () => {
    const { provider, sent } = await alipayProvider(refuse);
    const request = provider.prepare(draft);
    await provider.create({ ...REF, request }, call());
    expect([...new URLSearchParams(sent[0]?.body)]).toEqual([["biz_content", request]]);
    expect(JSON.parse(request)).toEqual({
      out_trade_no: REF.outTradeNo,
      total_amount: "100.50",
      subject: "A／B＝C＆D  新年",
      product_code: "FACE_TO_FACE_PAYMENT",
      time_expire: "2026-11-22 10:30:00",
    });
  });

  test("names the charset and the time in GMT+8 in its query", async () => {
    const { provider, sent } = await alipayProvider(refuse);
    await provider.create({ ...REF, request: provider.prepare(draft) }, call());
    const { sign: _, ...query } = Object.fromEntries(sent[0]?.url.searchParams ?? []);
    expect(query).toEqual({
      app_id: ALIPAY_APP_ID,
      method: "alipay.trade.precreate",
      format: "JSON",
      charset: "utf-8",
      sign_type: "RSA2",
      timestamp: "2026-11-22 10:00:00",
      version: "1.0",
      notify_url: "https://pay.example.com/api/v1/payments/alipay/notify",
    });
    expect(sent[0]?.headers.get("Content-Type")).toBe("application/x-www-form-urlencoded;charset=utf-8");
  });

  test("is signed over its sorted parameters, for any subject", async () => {
    const { merchant } = await testKeys();
    const { provider, sent } = await alipayProvider(refuse);
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "binary" }),
        fc.integer({ min: 1, max: 1_000_000 }),
        async (subject, amount) => {
          const request = provider.prepare({ ...draft, subject, amount: fen(amount) });
          await provider.create({ ...REF, request }, call());
          const last = sent.at(-1);
          if (!last) throw new Error("nothing was sent");
          const { sign, ...parameters } = parametersOf(last);
          const content = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
          expect(sign).toBe(await merchant.sign(content.sort().join("&")));
        },
      ),
      { numRuns: 20 },
    );
  });
});

test("only creating names a notify_url", async () => {
  const { provider, sent } = await alipayProvider(refuse);
  await provider.query(REF, call());
  await provider.close(REF, call());
  await provider.refund(refundOf(REF), call());
  await provider.queryRefund(refundOf(REF), call());
  expect(sent.map(({ url }) => url.searchParams.get("method"))).toEqual([
    "alipay.trade.query",
    "alipay.trade.close",
    "alipay.trade.refund",
    "alipay.trade.fastpay.refund.query",
  ]);
  for (const { url } of sent) expect(url.searchParams.has("notify_url")).toBe(false);
});

test("a refund always has its number, and is sent exactly as prepared", async () => {
  const { provider, sent } = await alipayProvider(refuse);
  const refund = refundOf(REF);
  const request = provider.prepareRefund({ ...refund, total: REF.amount, reason: "尺码/颜色" });
  await provider.refund({ ...refund, request }, call());
  expect(new URLSearchParams(sent[0]?.body).get("biz_content")).toBe(request);
  expect(JSON.parse(request)).toEqual({
    out_trade_no: REF.outTradeNo,
    refund_amount: "50.00",
    out_request_no: refund.outRefundNo,
    refund_reason: "尺码／颜色",
  });
});
