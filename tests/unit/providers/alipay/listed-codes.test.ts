/** Every sub_code that Alipay's pages list, call by call, and what it means to whoever made the call. */
import { beforeAll, describe, expect, test } from "vitest";
import { Alipay, type CallOptions, fen, type Outcome } from "../../../../src/providers/alipay/alipay.ts";
import { alipayConfig, nodeReply } from "../support/alipay.ts";
import { NOW, recordingFetch } from "../support/calls.ts";

let answered = { code: "", sub_code: "" };
let alipay: Alipay;
beforeAll(async () => {
  const { fetch } = recordingFetch(({ url }) => nodeReply(url.searchParams.get("method") ?? "", answered));
  alipay = new Alipay(await alipayConfig(), { fetch });
});

const TRADE = { outTradeNo: "T1", subject: "茶", amount: fen(100), expiresAt: new Date(NOW + 3_600_000) };
const FREEZE = { outOrderNo: "A1", title: "押金", amount: fen(100), minutes: 30 };
const TRANSFER = {
  outBillNo: "P1",
  title: "奖励",
  amount: fen(100),
  productCode: "STD_RED_PACKET",
  payee: { identity: "2088000000000003", identityType: "ALIPAY_USER_ID" },
} as const;
const PART = { authNo: "2026112210000000000000000001", amount: fen(100) };
const CODE = "286012345678901234";

const CALLS = {
  precreate: (options) => alipay.createQr(TRADE, options),
  create: (options) => alipay.createJsapi({ ...TRADE, buyerId: "2088000000000002" }, options),
  pay: (options) => alipay.payBarcode({ ...TRADE, authCode: CODE }, options),
  query: (options) => alipay.queryByOutTradeNo("T1", options),
  close: (options) => alipay.close("T1", options),
  cancel: (options) => alipay.cancel("T1", options),
  refund: (options) => alipay.refund({ outTradeNo: "T1", outRefundNo: "R1", amount: fen(100) }, options),
  refund_query: (options) => alipay.queryRefund({ outRefundNo: "R1", outTradeNo: "T1" }, options),
  bill: (options) => alipay.tradeBill("2026-11-01", options),
  transfer: (options) => alipay.transfer(TRANSFER, options),
  transfer_query: (options) => alipay.queryTransfer(TRANSFER, options),
  freeze: (options) => alipay.freezeQr(FREEZE, options),
  capture: (options) => alipay.capture({ ...PART, outTradeNo: "K1", channel: "qr", subject: "租金" }, options),
  unfreeze: (options) => alipay.release({ ...PART, outRequestNo: "U1", remark: "还押金" }, options),
  auth_query: (options) => alipay.queryFreeze("A1", options),
  auth_cancel: (options) => alipay.cancelFreeze("A1", options),
} satisfies Record<string, (options: CallOptions) => Promise<Outcome<unknown>>>;

type Call = keyof typeof CALLS;
const ALL = Object.keys(CALLS) as Call[];
const WRITES = ["precreate", "create", "pay", "cancel", "refund", "transfer", "freeze", "capture"] as const;
const RELEASES = ["unfreeze", "auth_cancel"] as const;
const ORDERS = ["precreate", "create", "pay"] as const;

/** `nothing`: it proves nothing. `echo`: something exists under the number already. Else an arm, or what was found. */
type Meaning = "refused" | "later" | "echo" | "nothing" | "not_found" | "not_started" | "not_closable" | "none";

function meaningOf(outcome: Outcome<unknown>): string {
  if (outcome.kind === "unknown") return outcome.cause === "unlisted" ? "nothing" : outcome.cause;
  if (outcome.kind !== "ok") return outcome.kind;
  const { value } = outcome;
  return typeof value === "object" && value !== null && "status" in value ? String(value.status) : String(value);
}

async function heard(call: Call, code: string, subCode: string): Promise<string> {
  answered = { code, sub_code: subCode };
  return meaningOf(await CALLS[call]({ now: () => NOW }));
}

/** Calls, what codes mean to them, and the codes as the pages list them: without the prefix that trade codes have. */
const LISTED: readonly (readonly [readonly Call[], Meaning, string])[] = [
  [["query"], "nothing", "SYSTEM_ERROR INVALID_PARAMETER ENTERPRISE_PAY_BIZ_ERROR"],
  [["query"], "not_found", "TRADE_NOT_EXIST"],

  [["close"], "nothing", "SYSTEM_ERROR INVALID_PARAMETER"],
  [["close"], "not_started", "TRADE_NOT_EXIST"],
  [["close"], "not_closable", "TRADE_STATUS_ERROR REASON_TRADE_STATUS_INVALID REASON_ILLEGAL_STATUS"],

  [["cancel"], "nothing", "SYSTEM_ERROR"],
  [["cancel"], "refused", "INVALID_PARAMETER"],
  [["cancel"], "not_closable", "SELLER_BALANCE_NOT_ENOUGH REASON_TRADE_BEEN_FREEZEN TRADE_HAS_FINISHED"],
  [["cancel"], "not_closable", "TRADE_CANCEL_TIME_OUT REASON_TRADE_REFUND_FEE_ERR CANCEL_NOT_ALLOWED"],

  [["refund"], "nothing", "SYSTEM_ERROR"],
  [["refund"], "later", "SELLER_BALANCE_NOT_ENOUGH REFUND_CHARGE_ERROR"],
  [["refund"], "echo", "DISCORDANT_REPEAT_REQUEST"],
  [["refund"], "refused", "INVALID_PARAMETER REFUND_AMT_NOT_EQUAL_TOTAL REASON_TRADE_BEEN_FREEZEN TRADE_NOT_EXIST"],
  [["refund"], "refused", "TRADE_HAS_FINISHED TRADE_STATUS_ERROR REASON_TRADE_REFUND_FEE_ERR TRADE_NOT_ALLOW_REFUND"],
  [["refund"], "refused", "REFUND_FEE_ERROR TRADE_HAS_CLOSE BUYER_NOT_EXIST BUYER_ENABLE_STATUS_FORBID"],
  [["refund"], "refused", "REASON_TRADE_STATUS_INVALID NOT_ALLOW_PARTIAL_REFUND CURRENCY_NOT_SUPPORT BUYER_ERROR"],
  [["refund"], "refused", "ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND ALLOC_AMOUNT_VALIDATE_ERROR USER_NOT_MATCH_ERR"],
  [["refund"], "refused", "TRADE_SETTLE_ERROR CUSTOMER_VALIDATE_ERROR REFUND_ACCOUNT_NOT_EXIST"],

  [["refund_query"], "nothing", "SYSTEM_ERROR INVALID_PARAMETER ENTERPRISE_PAY_BIZ_ERROR"],
  [["refund_query"], "not_found", "TRADE_NOT_EXIST"],

  [[...ORDERS, "capture"], "nothing", "SYSTEM_ERROR"],
  [[...ORDERS, "capture"], "echo", "TRADE_HAS_SUCCESS CONTEXT_INCONSISTENT"],
  [[...ORDERS, "capture"], "refused", "INVALID_PARAMETER ACCESS_FORBIDDEN EXIST_FORBIDDEN_WORD PARTNER_ERROR"],
  [[...ORDERS, "capture"], "refused", "TOTAL_FEE_EXCEED TRADE_HAS_CLOSE BUYER_SELLER_EQUAL TRADE_BUYER_NOT_MATCH"],
  [[...ORDERS, "capture"], "refused", "BUYER_ENABLE_STATUS_FORBID SELLER_BEEN_BLOCKED ERROR_BUYER_CERTIFY_LEVEL_LIMIT"],
  [[...ORDERS, "capture"], "refused", "INVALID_STORE_ID INVALID_RECEIVE_ACCOUNT NOW_TIME_AFTER_EXPIRE_TIME_ERROR"],
  [[...ORDERS, "capture"], "refused", "SUB_GOODS_SIZE_MAX_COUNT BEYOND_PER_RECEIPT_SINGLE_RESTRICTION"],

  [
    ["pay", "capture"],
    "refused",
    "PAYMENT_AUTH_CODE_INVALID BUYER_BALANCE_NOT_ENOUGH BUYER_BANKCARD_BALANCE_NOT_ENOUGH",
  ],
  [["pay", "capture"], "refused", "ERROR_BALANCE_PAYMENT_DISABLE PULL_MOBILE_CASHIER_FAIL MOBILE_PAYMENT_SWITCH_OFF"],
  [["pay", "capture"], "refused", "PAYMENT_FAIL PAYMENT_REQUEST_HAS_RISK NO_PAYMENT_INSTRUMENTS_AVAILABLE"],
  [["pay", "capture"], "refused", "USER_FACE_PAYMENT_SWITCH_OFF REQUEST_AMOUNT_EXCEED AUTH_NO_ERROR AGREEMENT_ERROR"],

  [["bill"], "refused", "INVAILID_ARGUMENTS"],
  [["bill"], "none", "BILL_NOT_EXIST"],
  [["bill"], "nothing", "UNKNOWN_ERROR"],

  [["transfer"], "later", "PAYER_BALANCE_NOT_ENOUGH"],
  [["transfer"], "refused", "PAYEE_NOT_EXIST EXCEED_LIMIT_SM_AMOUNT EXCEED_LIMIT_UNRN_DM_AMOUNT INVALID_PARAMETER"],
  // The number has been used, for a transfer with other contents.
  [["transfer"], "echo", "PAYMENT_INFO_INCONSISTENCY"],
  [["transfer"], "nothing", "REQUEST_PROCESSING SYSTEM_ERROR"],
  [["transfer_query"], "not_found", "ORDER_NOT_EXIST"],
  [["transfer_query"], "nothing", "SYSTEM_ERROR INVALID_PARAMETER"],

  // Of profit sharing, which no call of ours asks for; those that are not its own may come from others too.
  [["refund", "freeze", "unfreeze"], "echo", "DUP_OUT_REQUEST_NO"],
  [ALL, "later", "FREQUENCY_LIMITED"],
  [ALL, "nothing", "ROYALTY_RECEIVER_INVALID"],
];

describe("a code of the trade core", () => {
  test.each(LISTED)("%j: %s %s", async (calls, meaning, codes) => {
    for (const call of calls) {
      const spelt = codes.split(" ").flatMap((code) => [code, `ACQ.${code}`]);
      const meanings = [];
      for (const code of spelt) meanings.push([code, await heard(call, "40004", code)]);
      expect([call, meanings]).toEqual([call, spelt.map((code) => [code, meaning])]);
    }
  });

  test("is known under its misspelt prefix too", async () => {
    expect(await heard("cancel", "40004", "AQC.SYSTEM_ERROR")).toBe("nothing");
    expect(await heard("cancel", "40004", "AQC.TRADE_HAS_FINISHED")).toBe("not_closable");
  });
});

/** The gateway's own codes, and the sub_codes that explain them. */
const GATEWAY: readonly (readonly [string, string])[] = [
  ["20001", "aop.invalid-auth-token aop.auth-token-time-out aop.invalid-app-auth-token"],
  ["20001", "aop.invalid-app-auth-token-no-api aop.app-auth-token-time-out aop.no-product-reg-by-partner"],
  ["40001", "isv.missing-method isv.missing-signature isv.missing-signature-type isv.missing-signature-key"],
  ["40001", "isv.missing-app-id isv.missing-timestamp isv.missing-version"],
  ["40001", "isv.decryption-error-missing-encrypt-type"],
  ["40002", "isv.invalid-signature isv.invalid-app-id isv.invalid-timestamp isv.app-cert-not-exist"],
  ["40002", "isv.invalid-alipay-root-cert-sn isv.code-invalid isv.invalid-parameter"],
  ["40003", "isv.decryption-error-unknown isv.missing-signature-config"],
  ["40006", "isv.insufficient-isv-permissions isv.insufficient-user-permissions"],
];

describe("a code of the gateway", () => {
  test.each(GATEWAY)(
    "%s refuses what would change something, and says nothing to what asks: %s",
    async (code, list) => {
      for (const subCode of list.split(" ")) {
        for (const call of [...WRITES, ...RELEASES, "bill"] as const) {
          expect([call, await heard(call, code, subCode)]).toEqual([call, "refused"]);
        }
        for (const call of ["query", "close", "refund_query", "transfer_query", "auth_query"] as const) {
          expect([call, await heard(call, code, subCode)]).toEqual([call, "nothing"]);
        }
      }
    },
  );

  test.each(["isv.app-call-limited", "isv.method-call-limited", "app-call-limited", "method-call-limited"])(
    "40005 asks for patience: %s",
    async (subCode) => {
      for (const call of ALL) expect([call, await heard(call, "40005", subCode)]).toEqual([call, "later"]);
    },
  );

  test.each(["isp.unknow-error", "aop.unknow-error", "ACQ.SYSTEM_ERROR"])(
    "20000 proves nothing: %s",
    { timeout: 20_000 },
    async (subCode) => {
      const answers = ALL.map(async (call) => [call, await heard(call, "20000", subCode)]);
      expect(await Promise.all(answers)).toEqual(ALL.map((call) => [call, "server"]));
    },
  );
});
