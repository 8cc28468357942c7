import { describe, expect, test } from "vitest";
import type { Difference } from "../../../../db/schema/bills.ts";
import { REFUND_STATES, type RefundRecordState } from "../../../../db/schema/payments.ts";
import { fen } from "../../../../src/money.ts";
import {
  type PaymentPair,
  paymentDifferences,
  type RefundPair,
  refundDifferences,
} from "../../../../src/payments/reconciliation/compare.ts";
import { BILL_ENTRY_STATUSES, type BillEntryStatus } from "../../../../src/providers/bill.ts";

const ENTRY = {
  kind: "payment",
  number: "T1",
  providerNo: "4200001",
  outTradeNo: "T1",
  amount: fen(3000),
  fee: 18,
  status: "success",
  at: new Date("2026-11-21T10:00:00Z"),
} as const;
const ATTEMPT = {
  outTradeNo: "T1",
  orderId: "O1",
  provider: "wechat",
  providerTradeNo: "4200001",
  state: "SUCCESS",
  received: fen(3000),
  unappliedReason: null,
} as const;
const REFUND = { id: "R1", orderId: "O1", state: "SUCCESS", amount: fen(3000) } as const;

const payment = (changes: Partial<PaymentPair> = {}) =>
  paymentDifferences("wechat", { entry: ENTRY, attempt: ATTEMPT, capture: null, earlierFee: null, ...changes });
const refund = (changes: Partial<RefundPair> = {}) =>
  refundDifferences("wechat", {
    ...{
      entry: { ...ENTRY, kind: "refund", number: "R1", fee: -18 },
      refund: REFUND,
      attempt: ATTEMPT,
      earlierFee: null,
    },
    ...changes,
  });

describe("a payment", () => {
  test.each<[string, Partial<PaymentPair>, Difference[]]>([
    ["that the books have", {}, []],
    ["that they don't have", { attempt: null }, ["MISSING_HERE"]],
    ["of an attempt that is open", { attempt: { ...ATTEMPT, state: "PENDING" } }, ["MISSING_HERE"]],
    ["whose number belongs to another provider", { attempt: { ...ATTEMPT, provider: "alipay" } }, ["MISSING_HERE"]],
    ["of another amount", { attempt: { ...ATTEMPT, received: fen(2999) } }, ["AMOUNT_DIFFERS"]],
    ["of another trade", { attempt: { ...ATTEMPT, providerTradeNo: "4200002" } }, ["MISSING_HERE"]],
    ["of a trade whose number is not on record", { attempt: { ...ATTEMPT, providerTradeNo: null } }, []],
    ["taken of frozen money", { attempt: null, capture: { number: "T1", state: "SUCCESS", amount: fen(3000) } }, []],
    [
      "taken of frozen money, not known yet",
      { attempt: null, capture: { number: "T1", state: "PROCESSING", amount: fen(3000) } },
      ["MISSING_HERE"],
    ],
  ])("%s", (_, changes, expected) => {
    expect(payment(changes)).toEqual(expected);
  });

  test.each<[string, number | null, Difference[]]>([
    ["as high as the amount", 3000, []],
    ["of nothing", 0, []],
    ["that is not told", null, []],
    ["that is given back", -1, ["FEE_DIFFERS"]],
    ["higher than the amount", 3001, ["FEE_DIFFERS"]],
  ])("with a fee %s", (_, fee, expected) => {
    expect(payment({ entry: { ...ENTRY, fee } })).toEqual(expected);
  });

  test("whose fee was another one in the bill before", () => {
    expect(payment({ earlierFee: 17 })).toEqual(["FEE_DIFFERS"]);
    expect(payment({ earlierFee: 18 })).toEqual([]);
  });
});

describe("a refund", () => {
  const ALLOWED: Readonly<Record<BillEntryStatus, readonly RefundRecordState[]>> = {
    success: ["SUCCESS"],
    processing: ["CREATED", "PROCESSING", "ABNORMAL", "SUCCESS"],
    abnormal: ["ABNORMAL", "SUCCESS", "CLOSED"],
    closed: ["CLOSED"],
  };
  const cases = BILL_ENTRY_STATUSES.flatMap((status) => REFUND_STATES.map((state) => [status, state] as const));

  test.each(cases)("that was %s and is %s here", (status, state) => {
    const unlike = status === "success" ? "MISSING_HERE" : "STATUS_DIFFERS";
    const found = refund({
      entry: { ...ENTRY, kind: "refund", fee: -18, status },
      refund: { ...REFUND, state },
    });
    expect(found).toEqual(ALLOWED[status].includes(state) ? [] : [unlike]);
  });

  test.each<[string, Partial<RefundPair>, Difference[]]>([
    ["that the books don't have", { refund: null }, ["MISSING_HERE"]],
    [
      "that they don't have and that came to nothing",
      { refund: null, entry: { ...ENTRY, kind: "refund", status: "closed" } },
      [],
    ],
    [
      "of money that was gone when it was first seen",
      { refund: null, attempt: { ...ATTEMPT, unappliedReason: "GONE_BACK" } },
      [],
    ],
    ["of another amount", { refund: { ...REFUND, amount: fen(2999) } }, ["AMOUNT_DIFFERS"]],
    ["that costs a fee", { entry: { ...ENTRY, kind: "refund", fee: 1 } }, ["FEE_DIFFERS"]],
  ])("%s", (_, changes, expected) => {
    expect(refund(changes)).toEqual(expected);
  });
});
