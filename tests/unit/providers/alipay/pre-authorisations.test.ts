import { describe, expect, test } from "vitest";
import { fen } from "../../../../src/money.ts";
import type { FreezeDraft, OperationDraft } from "../../../../src/providers/pre-authorisation.ts";
import { alipayProvider, businessError, nodeReply, success } from "../support/alipay.ts";
import { call } from "../support/calls.ts";

const NO = "A01JD8ZC4Q6V0X5T2R9N7M3K1B8";
const AUTH_NO = "2026112210000000000000000001";
const FREEZE: FreezeDraft = { outOrderNo: NO, channel: "qr", title: "押金 A&B", amount: fen(1_050), minutes: 30 };
const CAPTURE: OperationDraft = {
  number: "K01JD8ZC4Q6V0X5T2R9N7M3K1B8",
  kind: "CAPTURE",
  outOrderNo: NO,
  authNo: AUTH_NO,
  amount: fen(300),
  title: "押金",
  final: false,
};
const UNFREEZE: OperationDraft = { ...CAPTURE, number: "U01JD8ZC4Q6V0X5T2R9N7M3K1B8", kind: "UNFREEZE" };
type Node = Readonly<Record<string, unknown>>;

/** The provider's part, all of whose calls are answered by this node. */
async function preAuth(node: Node = {}) {
  const { provider, sent } = await alipayProvider(({ url }) => nodeReply(url.searchParams.get("method") ?? "", node));
  return { ours: provider.preAuthorisations, sent };
}

const FACTS = { out_order_no: NO, out_request_no: NO, auth_no: AUTH_NO, amount: "10.50" };
const DOWN = { code: "20000", msg: "down", sub_code: "isp.unknow-error" };

describe("freezes", () => {
  const freeze = async (channel: "app" | "qr" | "barcode", node: Node) => {
    const { ours, sent } = await preAuth(node);
    return { outcome: await ours.freeze({ outOrderNo: NO, channel, request: "{}" }, call()), sent };
  };

  test.each([
    ["qr", { product_code: "PRE_AUTH" }],
    ["app", { product_code: "PREAUTH_PAY" }],
    ["barcode", { product_code: "PRE_AUTH", auth_code: "286012345678901234", auth_code_type: "bar_code" }],
  ] as const)("by %s are put into the text to send", async (channel, more) => {
    const { ours } = await preAuth();
    const request = ours.prepareFreeze({ ...FREEZE, channel, authCode: "286012345678901234" });
    const common = { out_order_no: NO, out_request_no: NO, order_title: "押金 A＆B", amount: "10.50" };
    expect(JSON.parse(request)).toEqual({ ...common, ...more, pay_timeout: "30m" });
  });

  test.each<[string, Partial<FreezeDraft>]>([
    ["auth_code", { channel: "barcode", authCode: "12" }],
    ["auth_code", { channel: "barcode" }],
    ["amount", { amount: fen(0) }],
    ["order_title", { title: "🧧" }],
    ["pay_timeout", { minutes: 0 }],
  ])("name %s", async (field, changes) => {
    const { ours } = await preAuth();
    expect(() => ours.prepareFreeze({ ...FREEZE, ...changes })).toThrow(expect.objectContaining({ field }));
  });

  test("by order string send nothing", async () => {
    const { outcome, sent } = await freeze("app", {});
    expect(outcome).toMatchObject({ kind: "ok", value: { view: { status: "pending" } } });
    expect(JSON.stringify(outcome)).toContain("method=alipay.fund.auth.order.app.freeze");
    expect(sent).toEqual([]);
  });

  test("by QR code give the code", async () => {
    const { outcome } = await freeze("qr", success({ out_order_no: NO, code_value: "https://qr.alipay.com/fp1" }));
    const credential = { channel: "qr", qrCode: "https://qr.alipay.com/fp1" };
    expect(outcome).toEqual({ kind: "ok", value: { view: { status: "pending" }, credential } });
  });

  test.each([
    ["SUCCESS", { status: "frozen", authNo: AUTH_NO, amount: 1_050 }],
    ["INIT", { status: "pending" }],
    ["CLOSED", { status: "closed" }],
  ])("by bar code read %s", async (status, view) => {
    const { outcome } = await freeze("barcode", success({ ...FACTS, status }));
    expect(outcome).toMatchObject({ kind: "ok", value: { view } });
  });

  test.each([
    ["frozen money without its number", success({ ...FACTS, auth_no: "", status: "SUCCESS" })],
    ["frozen money without its amount", success({ ...FACTS, amount: undefined, status: "SUCCESS" })],
    ["a status of tomorrow", success({ ...FACTS, status: "NEWS" })],
    ["another freeze", success({ ...FACTS, out_order_no: "A0", status: "SUCCESS" })],
    ["a service that is down", DOWN],
    ["an error of the system", businessError("SYSTEM_ERROR")],
  ])("know nothing after %s", async (_, node) => {
    expect((await freeze("barcode", node)).outcome).toMatchObject({ kind: "unknown" });
  });

  test("are scanned once, even when the service is down", async () => {
    expect((await freeze("barcode", DOWN)).sent).toHaveLength(1);
  });

  test.each([
    [{ ...FACTS, status: "SUCCESS", order_status: "AUTHORIZED" }, "frozen"],
    [{ ...FACTS, status: "SUCCESS", order_status: "FINISH" }, "finished"],
    // A freeze that was cancelled afterwards: its own operation stays a success.
    [{ ...FACTS, status: "SUCCESS", order_status: "CLOSED" }, "closed"],
    [{ ...FACTS, status: "INIT", order_status: "INIT" }, "pending"],
  ])("are asked for by the state of the whole: %o", async (facts, status) => {
    const { ours } = await preAuth(success(facts));
    const outcome = await ours.queryFreeze({ outOrderNo: NO, channel: "qr", request: "{}" }, call());
    expect(outcome).toMatchObject({ kind: "ok", value: { status } });
  });

  test.each(["queryFreeze", "cancelFreeze"] as const)("that are not there are not found by %s", async (ask) => {
    const { ours } = await preAuth(businessError("AUTH_ORDER_NOT_EXIST"));
    const outcome = await ours[ask]({ outOrderNo: NO, channel: "qr", request: "{}" }, call());
    expect(outcome).toEqual({ kind: "ok", value: { status: "not_found" } });
  });

  test("are not closed by a cancel that is refused or answers another one", async () => {
    for (const node of [businessError("AUTH_ORDER_HAS_FINISHED"), success({ out_order_no: "A0", action: "close" })]) {
      const { ours } = await preAuth(node);
      const outcome = await ours.cancelFreeze({ outOrderNo: NO, channel: "qr", request: "{}" }, call());
      expect(outcome.kind).not.toBe("ok");
    }
  });
});

describe("captures and releases", () => {
  test.each([
    [CAPTURE, { auth_confirm_mode: "NOT_COMPLETE" }],
    [{ ...CAPTURE, final: true }, { auth_confirm_mode: "COMPLETE" }],
  ])("capture by trade.pay", async (draft, mode) => {
    const { ours } = await preAuth();
    expect(JSON.parse(ours.prepareOperation(draft))).toEqual({
      out_trade_no: CAPTURE.number,
      auth_no: AUTH_NO,
      ...mode,
      product_code: "PRE_AUTH",
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
