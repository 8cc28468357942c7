import { describe, expect, test } from "vitest";
import { fen } from "../../../../src/money.ts";
import type { OperationDraft } from "../../../../src/providers/pre-authorisation.ts";
import { businessError, alipayPreAuth as preAuth, success } from "../support/alipay.ts";
import { call } from "../support/calls.ts";

const NO = "A01JD8ZC4Q6V0X5T2R9N7M3K1B8";
const AUTH_NO = "2026112210000000000000000001";
const CAPTURE: OperationDraft = {
  number: "K01JD8ZC4Q6V0X5T2R9N7M3K1B8",
  kind: "CAPTURE",
  outOrderNo: NO,
  channel: "qr",
  authNo: AUTH_NO,
  amount: fen(300),
  title: "押金",
  final: false,
};
const UNFREEZE: OperationDraft = { ...CAPTURE, number: "U01JD8ZC4Q6V0X5T2R9N7M3K1B8", kind: "UNFREEZE" };
type Node = Readonly<Record<string, unknown>>;

const DOWN = { code: "20000", msg: "down", sub_code: "isp.unknow-error" };

describe("captures and releases", () => {
  test.each([
    [CAPTURE, { auth_confirm_mode: "NOT_COMPLETE", product_code: "PRE_AUTH" }],
    [
      { ...CAPTURE, channel: "barcode", final: true },
      { auth_confirm_mode: "COMPLETE", product_code: "PRE_AUTH" },
    ],
    [
      { ...CAPTURE, channel: "app" },
      { auth_confirm_mode: "NOT_COMPLETE", product_code: "PRE_AUTH_ONLINE" },
    ],
  ] as const)("capture by trade.pay, as the product of the money's channel: %o", async (draft, members) => {
    const { ours } = await preAuth();
    expect(JSON.parse(ours.prepareOperation(draft))).toEqual({
      out_trade_no: CAPTURE.number,
      auth_no: AUTH_NO,
      ...members,
      subject: "押金",
      total_amount: "3.00",
    });
  });

  test("release by unfreeze", async () => {
    const { ours } = await preAuth();
    const request = { auth_no: AUTH_NO, out_request_no: UNFREEZE.number, amount: "3.00", remark: "押金" };
    expect(JSON.parse(ours.prepareOperation(UNFREEZE))).toEqual(request);
  });

  const TRADE = { out_trade_no: CAPTURE.number, trade_no: "2026112222001400000000000001", total_amount: "3.00" };
  const RELEASE = { out_request_no: UNFREEZE.number, operation_id: "20261122", amount: "3.00" };
  const operate = async ({ number, kind }: OperationDraft, node: Node, ask: "operate" | "queryOperation") => {
    const { ours, sent } = await preAuth(node);
    return { outcome: await ours[ask]({ number, kind, outOrderNo: NO, request: "{}" }, call()), sent };
  };

  test.each([
    ["operate", CAPTURE, success(TRADE), "success"],
    ["operate", CAPTURE, { ...success(TRADE), code: "10003" }, "processing"],
    ["operate", UNFREEZE, success({ ...RELEASE, status: "SUCCESS" }), "success"],
    ["operate", UNFREEZE, success({ ...RELEASE, status: "INIT" }), "processing"],
    ["queryOperation", CAPTURE, success({ ...TRADE, trade_status: "TRADE_SUCCESS" }), "success"],
    ["queryOperation", CAPTURE, success({ ...TRADE, trade_status: "TRADE_FINISHED" }), "success"],
    ["queryOperation", CAPTURE, success({ ...TRADE, trade_status: "WAIT_BUYER_PAY" }), "processing"],
    ["queryOperation", CAPTURE, success({ ...TRADE, trade_status: "TRADE_CLOSED" }), "failed"],
    // Refunded in full since, so it had been paid.
    [
      "queryOperation",
      CAPTURE,
      success({ ...TRADE, trade_status: "TRADE_CLOSED", send_pay_date: "2026-11-22 10:00:00" }),
      "success",
    ],
    ["queryOperation", UNFREEZE, success({ ...RELEASE, status: "CLOSED" }), "failed"],
  ] as const)("%s reads %o", async (ask, draft, node, status) => {
    expect((await operate(draft, node, ask)).outcome).toMatchObject({ kind: "ok", value: { status, amount: 300 } });
  });

  test.each([
    [CAPTURE, success({ ...TRADE, out_trade_no: "K0" })],
    [UNFREEZE, success({ ...RELEASE, out_request_no: "U0", status: "SUCCESS" })],
    [UNFREEZE, success({ ...RELEASE, status: "NEWS" })],
    [CAPTURE, DOWN],
    [UNFREEZE, DOWN],
  ])("are in doubt after what says nothing of them", async (draft, node) => {
    const { outcome, sent } = await operate(draft, node, "operate");
    expect(outcome.kind).toBe("unknown");
    expect(sent).toHaveLength(1);
  });

  test("a query of a capture without a status says nothing", async () => {
    expect((await operate(CAPTURE, success(TRADE), "queryOperation")).outcome.kind).toBe("unknown");
  });

  test.each([
    [CAPTURE, "ACQ.TRADE_NOT_EXIST"],
    [UNFREEZE, "AUTH_OPERATION_NOT_EXIST"],
  ])("that never arrived are not found", async (draft, code) => {
    const { outcome } = await operate(draft, businessError(code), "queryOperation");
    expect(outcome).toEqual({ kind: "ok", value: { status: "not_found" } });
  });
});
