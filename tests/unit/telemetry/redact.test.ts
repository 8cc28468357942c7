/** What is shown of requests to providers and their answers. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { redact } from "../../../src/telemetry/redact.ts";

const shown = (provider: "wechat" | "alipay", body: unknown) => JSON.parse(redact(provider, body));

it("shows the numbers, states, amounts and times of a trade, and masks everything else", () => {
  const trade = {
    out_trade_no: "01HZX",
    transaction_id: "4200001234567890",
    trade_state: "SUCCESS",
    success_time: "2026-11-22T10:00:00+08:00",
    amount: { total: 2300, payer_total: 2300, currency: "CNY", payer: "oOfcl_somebody" },
    payer: { openid: "oOfcl_somebody" },
    attach: "张三丰 13800001234",
    bank_type: "ICBC_DEBIT",
  };
  expect(shown("wechat", trade)).toEqual({
    ...trade,
    amount: { total: 2300, payer_total: 2300, currency: "CNY", payer: "***" },
    payer: "***",
    attach: "***",
    bank_type: "***",
  });
});

it("masks a listed member whose value does not look as it must", () => {
  const odd = {
    out_trade_no: "张三丰",
    trade_no: { hidden: "138" },
    trade_status: "to 13800001234, with love",
    total_amount: "oOfcl_somebody",
    gmt_payment: "tomorrow",
    code: ["10000", "张三丰"],
  };
  expect(shown("alipay", odd)).toEqual({
    ...{ out_trade_no: "***", trade_no: "***", trade_status: "***", total_amount: "***", gmt_payment: "***" },
    code: ["10000", "***"],
  });
});

it.each(["13800001234", "6222021234567890123", "card6222021234567890123", "280000000000000000"])(
  "masks %s where a word of the provider belongs",
  (number) => {
    expect(shown("wechat", { amount: { from: [{ account: number }] }, type: number })).toEqual({
      amount: { from: [{ account: "***" }] },
      type: "***",
    });
    expect(shown("alipay", { code: number, scene: number })).toEqual({ code: "***", scene: "***" });
  },
);

it("masks names of members that are no names, and bodies that are too long, too deep or no objects", () => {
  expect(shown("wechat", { 张三丰: 1, "13800001234": 2 })).toEqual({ "***": "***" });
  expect(shown("wechat", { sub_orders: Array.from({ length: 500 }, () => ({ out_trade_no: "01HZX" })) })).toBe("***");
  expect(shown("wechat", "auth_code=28123")).toBe("***");
  expect(shown("alipay", undefined)).toBeNull();
});

it("shows nothing of what is in members that nobody listed, whatever it is", () => {
  const secret = "SECRET";
  const anything = fc.letrec((tie) => ({
    value: fc.oneof(
      fc.constant(secret),
      fc.array(tie("value")),
      fc.dictionary(fc.constantFrom("openid", "name", "amount"), tie("value")),
    ),
  })).value;
  fc.assert(
    fc.property(anything, (value) => {
      expect(
        redact("wechat", { payer: value, amount: value, sub_orders: [{ payer: value, description: value }] }),
      ).not.toContain(secret);
      expect(redact("alipay", { buyer_id: value, payee_info: value })).not.toContain(secret);
    }),
  );
});
