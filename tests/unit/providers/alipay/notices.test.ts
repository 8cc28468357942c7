import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { AlipayPayProvider } from "../../../../src/providers/alipay/provider.ts";
import { ALIPAY_METHODS } from "../../../../src/providers/methods.ts";
import { alipayConfig, type NoticeForm, noticeBody, PAYMENT_NOTICE } from "../support/alipay.ts";
import { NOW } from "../support/calls.ts";
import { testKeys } from "../support/keys.ts";

const TRADE_NO = "2026112222001400000000000001";
const RECEIPT = { providerTradeNo: TRADE_NO, amount: 10_050, paidAt: new Date("2026-11-22T01:59:30Z") };
const REFUND_NOTICE = {
  ...PAYMENT_NOTICE,
  out_biz_no: "01JD8ZC4Q6V0X5T2R9N7M3K1B8A1R1",
  refund_fee: "75.00",
  gmt_refund: "2026-11-22 10:05:00.123",
};

let provider: AlipayPayProvider;
beforeAll(async () => {
  provider = new AlipayPayProvider(await alipayConfig(), { fetch: () => Promise.reject(new Error("no network")) });
});

const receiveBytes = (body: Uint8Array) => provider.verifyCallback({ headers: new Headers(), body }, NOW);
const receive = async (fields: Readonly<Record<string, string>>, form?: NoticeForm) =>
  receiveBytes(await noticeBody(fields, form));
const without = (name: string) => Object.fromEntries(Object.entries(PAYMENT_NOTICE).filter(([key]) => key !== name));

describe("what notices say", () => {
  test("a payment", async () => {
    expect(await receive(PAYMENT_NOTICE)).toEqual({
      verified: true,
      event: {
        kind: "trade",
        methods: [...ALIPAY_METHODS],
        notifyId: PAYMENT_NOTICE.notify_id,
        event: "TRADE_SUCCESS",
        outTradeNo: PAYMENT_NOTICE.out_trade_no,
        trade: { status: "paid", receipt: RECEIPT },
      },
    });
  });

  test.each([
    [{ trade_status: "TRADE_FINISHED" }, { status: "paid", receipt: RECEIPT }],
    [{ refund_fee: "0.00" }, { status: "paid", receipt: RECEIPT }],
    [{ out_biz_no: "" }, { status: "paid", receipt: RECEIPT }],
    [
      { out_biz_no: "R1", refund_fee: "0.00" },
      { status: "paid", receipt: RECEIPT },
    ],
    [
      { a_field_of_tomorrow: "{}", passback_params: "a%3D1%26b%3D2" },
      { status: "paid", receipt: RECEIPT },
    ],
    [{ trade_status: "WAIT_BUYER_PAY", gmt_payment: "" }, { status: "pending" }],
    [{ trade_status: "TRADE_CLOSED", gmt_payment: "" }, { status: "closed" }],
    [{ trade_status: "TRADE_CLOSED" }, { status: "refunded", receipt: RECEIPT }],
    [
      { trade_status: "TRADE_FINISHED", refund_fee: "50.00" },
      { status: "refunded", receipt: RECEIPT },
    ],
  ])("%j is %j", async (changes, trade) => {
    expect(await receive({ ...PAYMENT_NOTICE, ...changes })).toMatchObject({ verified: true, event: { trade } });
  });

  test.each(["TRADE_SUCCESS", "TRADE_CLOSED"])("a refund that leaves the trade %s", async (trade_status) => {
    expect(await receive({ ...REFUND_NOTICE, trade_status })).toEqual({
      verified: true,
      event: {
        kind: "refund",
        notifyId: PAYMENT_NOTICE.notify_id,
        event: trade_status,
        outTradeNo: PAYMENT_NOTICE.out_trade_no,
        outRefundNo: REFUND_NOTICE.out_biz_no,
        providerTradeNo: TRADE_NO,
        refund: {
          status: "success",
          providerRefundNo: null,
          amount: null,
          succeededAt: new Date("2026-11-22T02:05:00Z"),
        },
      },
    });
  });

  test.each([[{ notify_type: "servicemarket_order_notify" }], [{ trade_status: "SOMETHING_NEW" }]])(
    "nothing of consequence: %j",
    async (changes) => {
      expect(await receive({ ...PAYMENT_NOTICE, ...changes })).toMatchObject({
        verified: true,
        event: { kind: "other" },
      });
    },
  );

  test.each([
    [{ app_id: "2021000000000002" }, "foreign_application"],
    [{ seller_id: "2088000000000002" }, "foreign_merchant"],
    [{ seller_id: "" }, "foreign_merchant"],
    [{ notify_id: "" }, "malformed"],
    [{ total_amount: "100.505" }, "malformed"],
    [{ total_amount: "" }, "malformed"],
    [{ gmt_payment: "yesterday" }, "malformed"],
    [{ out_trade_no: "" }, "malformed"],
    [{ charset: "utf-7" }, "malformed"],
  ])("%j is refused as %s", async (changes, reason) => {
    expect(await receive({ ...PAYMENT_NOTICE, ...changes })).toMatchObject({ verified: false, reason });
  });

  test("without a configured seller, any of the application's counts", async () => {
    const { sellerId: _, ...config } = await alipayConfig();
    const open = new AlipayPayProvider(config, { fetch: () => Promise.reject(new Error("no network")) });
    const body = await noticeBody(without("seller_id"));
    expect(await open.verifyCallback({ headers: new Headers(), body }, NOW)).toMatchObject({ verified: true });
  });
});

describe("how notices are signed", () => {
  test.each([{}, { signEmpty: true }, { signType: true }, { signEmpty: true, signType: true }])("%j", async (form) => {
    const fields = { ...PAYMENT_NOTICE, body: "", passback_params: "" };
    expect(await receive(fields, form)).toMatchObject({ verified: true, event: { kind: "trade" } });
  });

  test("in GBK, over the bytes that were posted", async () => {
    const { platform } = await testKeys();
    const subject = Uint8Array.of(0xd6, 0xd0, 0xb5, 0xc0, 0x81, 0x5c);
    const fields = { ...without("subject"), charset: "GBK" };
    const text = (value: string) => [...new TextEncoder().encode(value)];
    const signed = Object.entries({ ...fields, subject: "" })
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, value], index) => [
        ...text(`${index === 0 ? "" : "&"}${name}=${value}`),
        ...(name === "subject" ? subject : []),
      ]);
    const sign = await platform.sign(Uint8Array.from(signed));
    const query = new URLSearchParams({ ...fields, sign, sign_type: "RSA2" }).toString();
    const body = `${query}&subject=${[...subject].map((byte) => `%${byte.toString(16)}`).join("")}`;
    expect(await receiveBytes(Uint8Array.from(text(body)))).toMatchObject({ verified: true, event: { kind: "trade" } });
  });

  test("any byte changed is refused, or means the same as before", async () => {
    const body = await noticeBody(PAYMENT_NOTICE);
    const verdict = await receiveBytes(body);
    let refused = 0;
    for (let at = 0; at < body.length; at += 1) {
      for (const bit of [1, 4, 32]) {
        const changed = body.slice();
        changed[at] = (changed[at] ?? 0) ^ bit;
        const other = await receiveBytes(changed);
        if (other.verified) expect(other).toEqual(verdict);
        else refused += 1;
      }
    }
    // What may pass is the case of hex digits behind a percent sign.
    expect(refused).toBeGreaterThan(body.length * 2.9);
  });

  test("whatever is posted, the answer is a verdict", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (body) => {
        expect((await receiveBytes(body)).verified).toBe(false);
      }),
    );
  });
});

describe("forms that parser and verifier could read differently", () => {
  const post = async (change: (body: string) => string) =>
    receiveBytes(new TextEncoder().encode(change(new TextDecoder().decode(await noticeBody(PAYMENT_NOTICE)))));

  test.each([
    ["a field twice", (body: string) => `${body}&total_amount=0.01`, "malformed"],
    ["a field twice, one name encoded", (body: string) => `${body}&total%5Famount=0.01`, "malformed"],
    ["a name without value", (body: string) => `${body}&extra`, "malformed"],
    ["an empty pair", (body: string) => `${body}&`, "malformed"],
    ["a broken escape", (body: string) => body.replace("50%25", "50%2"), "malformed"],
    ["no signature", (body: string) => body.replace(/&sign=[^&]+/, ""), "missing_signature"],
    ["another signature type", (body: string) => body.replace("sign_type=RSA2", "sign_type=RSA"), "bad_signature"],
    ["an added field", (body: string) => `${body}&extra=1`, "bad_signature"],
    ["nothing", () => "", "malformed"],
    ["JSON", () => "{}", "malformed"],
  ])("%s", async (_, change, reason) => {
    expect(await post(change)).toMatchObject({ verified: false, reason });
  });

  test("a refund hidden inside the field before it", async () => {
    const body = new TextDecoder().decode(await noticeBody(REFUND_NOTICE));
    const hide = (text: string, name: string, before: string) => {
      const value = new RegExp(`&${name}=([^&]*)`).exec(text)?.[1] ?? "";
      const removed = text.replace(`&${name}=${value}`, "");
      return removed.replace(new RegExp(`(${before}=[^&]*)`), `$1%26${name}%3D${value}`);
    };
    const hidden = hide(
      hide(hide(body, "out_biz_no", "notify_type"), "refund_fee", "out_trade_no"),
      "gmt_refund",
      "gmt_payment",
    );
    expect(hidden).not.toBe(body);
    expect(await receiveBytes(new TextEncoder().encode(hidden))).toMatchObject({
      verified: false,
      reason: "malformed",
    });
  });
});

test("Alipay is answered in its own words", () => {
  expect(provider.answer("accepted")).toMatchObject({ status: 200, body: "success" });
  expect(provider.answer("unverified")).toMatchObject({ status: 401, body: "failure" });
  expect(provider.answer("failed")).toMatchObject({ status: 500, body: "failure" });
});
