import { describe, expect, test } from "vitest";
import { fen } from "../../../../src/money.ts";
import type { FreezeDraft } from "../../../../src/providers/pre-authorisation.ts";
import { businessError, alipayPreAuth as preAuth, success } from "../support/alipay.ts";
import { call } from "../support/calls.ts";

const NO = "A01JD8ZC4Q6V0X5T2R9N7M3K1B8";
const AUTH_NO = "2026112210000000000000000001";
const FREEZE: FreezeDraft = { outOrderNo: NO, channel: "qr", title: "押金 A&B", amount: fen(1_050), minutes: 30 };
type Node = Readonly<Record<string, unknown>>;

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

  test("by order string name the product that the configuration says, and no others do", async () => {
    const { ours } = await preAuth({}, { preAuthProductCode: "PRE_AUTH_ONLINE" });
    const productOf = (channel: FreezeDraft["channel"]) =>
      JSON.parse(ours.prepareFreeze({ ...FREEZE, channel, authCode: "286012345678901234" })).product_code;
    expect([productOf("app"), productOf("qr"), productOf("barcode")]).toEqual([
      "PRE_AUTH_ONLINE",
      "PRE_AUTH",
      "PRE_AUTH",
    ]);
  });

  test.each<[string, Partial<FreezeDraft>]>([
    ["auth_code", { channel: "barcode", authCode: "12" }],
    ["auth_code", { channel: "barcode" }],
    ["amount", { amount: fen(0) }],
    ["order_title", { title: "🧧" }],
    ["auth_code", { channel: "barcode", authCode: "126012345678901234" }],
    ["pay_timeout", { minutes: 0 }],
    ["pay_timeout", { minutes: 1.5 }],
    ["pay_timeout", { minutes: 15 * 24 * 60 + 1 }],
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
    const outcome = await ours.queryFreeze({ outOrderNo: NO, channel: "qr" }, call());
    expect(outcome).toMatchObject({ kind: "ok", value: { status } });
  });

  test.each(["queryFreeze", "cancelFreeze"] as const)("that are not there are not found by %s", async (ask) => {
    const { ours } = await preAuth(businessError("AUTH_ORDER_NOT_EXIST"));
    const outcome = await ours[ask]({ outOrderNo: NO, channel: "qr" }, call());
    expect(outcome).toEqual({ kind: "ok", value: { status: "not_found" } });
  });

  test("are not closed by a cancel that is refused or answers another one", async () => {
    for (const node of [businessError("AUTH_ORDER_HAS_FINISHED"), success({ out_order_no: "A0", action: "close" })]) {
      const { ours } = await preAuth(node);
      const outcome = await ours.cancelFreeze({ outOrderNo: NO, channel: "qr" }, call());
      expect(outcome.kind).not.toBe("ok");
    }
  });
});
