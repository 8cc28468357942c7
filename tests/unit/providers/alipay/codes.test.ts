import { describe, expect, test } from "vitest";
import { type AlipayOperation, failure, plainCode } from "../../../../src/providers/alipay/codes.ts";

const FIRST = { firstSend: true };
const business = (code: string, sends = 1) =>
  ({ kind: "error", gatewayCode: "40004", error: { code, message: "…" }, sends }) as const;
const gateway = (gatewayCode: string) => ({ ...business(`isv.something-${gatewayCode}`), gatewayCode });
const kindOf = (code: string, operation: AlipayOperation) => failure(business(code), operation, FIRST).kind;

describe("what a business error means for a call, beyond what listed-codes.test.ts shows", () => {
  test.each<[string, AlipayOperation, string]>([
    ["ACQ.BEYOND_PER_RECEIPT_DAY_RESTRICTION", "pay", "refused"],
    ["ACQ.PAYMENT_AUTH_CODE_INVALID", "precreate", "unknown"],
    ["ACQ.AGREEMENT_NOT_EXIST", "pay", "refused"],
    ["ACQ.AGREEMENT_", "pay", "unknown"],
    ["ACQ.TRADE_NOT_EXIST", "query", "unknown"],
    ["ACQ.TRADE_STATUS_ERROR", "close", "unknown"],
    ["ACQ.TRADE_CANCEL_TIME_OUT", "cancel", "unknown"],
    ["BALANCE_IS_NOT_ENOUGH", "transfer", "later"],
    ["PERMIT_CHECK_PERM_LIMITED", "transfer", "refused"],
    ["UNIQUE_VIOLATION", "freeze", "unknown"],
    ["ORDER_ALREADY_CLOSED", "freeze", "refused"],
    ["AUTH_ORDER_HAS_FINISHED", "unfreeze", "refused"],
    ["AUTH_ORDER_NOT_EXIST", "auth_query", "unknown"],
    ["ACQ.A_CODE_OF_TOMORROW", "precreate", "unknown"],
  ])("%s, %s: %s", (code, operation, kind) => {
    expect(kindOf(code, operation)).toBe(kind);
  });
});

describe("what the gateway's own code means", () => {
  test.each<[string, AlipayOperation, string]>([
    ["40001", "create", "refused"],
    ["40002", "refund", "refused"],
    ["40003", "transfer", "refused"],
    ["40006", "bill", "refused"],
    ["20001", "pay", "refused"],
    ["40002", "query", "unknown"],
    ["40006", "close", "unknown"],
    ["40005", "create", "later"],
    ["40005", "query", "later"],
    ["10003", "precreate", "unknown"],
    ["50000", "precreate", "unknown"],
  ])("%s, %s: %s", (code, operation, kind) => {
    expect(failure(gateway(code), operation, FIRST).kind).toBe(kind);
  });
});

describe("a refusal", () => {
  const refusal = "ACQ.TRADE_HAS_CLOSE";

  test("keeps the code as it came", () => {
    expect(failure(business(refusal), "pay", FIRST)).toEqual({ kind: "refused", code: refusal, message: "…" });
  });

  test("of a later send, or of a call that was sent more than once, may be an echo", () => {
    const echo = { kind: "unknown", cause: "echo" };
    expect(failure(business(refusal), "pay", { firstSend: false })).toMatchObject(echo);
    expect(failure(business(refusal, 2), "pay", FIRST)).toMatchObject(echo);
  });

  test("that is only put off stays so however often it is sent", () => {
    expect(failure(business("ACQ.SELLER_BALANCE_NOT_ENOUGH", 2), "refund", { firstSend: false }).kind).toBe("later");
  });
});

test("silence keeps its cause, and says nothing about how often it was asked", () => {
  const silence = { kind: "unknown", cause: "timeout", message: "no answer in time", sends: 2 } as const;
  expect(failure(silence, "pay", FIRST)).toEqual({ kind: "unknown", cause: "timeout", message: "no answer in time" });
});

test("prefixes are left out of a plain code, the misspelt one too", () => {
  expect(["ACQ.X", "AQC.X", "X", "isv.x"].map(plainCode)).toEqual(["X", "X", "X", "isv.x"]);
});
