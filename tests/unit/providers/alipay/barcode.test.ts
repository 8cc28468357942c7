import { describe, expect, test } from "vitest";
import { alipayProvider, businessError, nodeReply, success } from "../support/alipay.ts";
import { attempt, call, type SentRequest } from "../support/calls.ts";

const REF = attempt("ALIPAY_BARCODE", '{"auth_code":"286012345678901234"}');
const NUMBER = { out_trade_no: REF.outTradeNo };
const TRADE_NO = "2026112222001400000000000001";
const PAID = success({ ...NUMBER, trade_no: TRADE_NO, total_amount: "100.50", gmt_payment: "2026-11-22 10:00:01" });
const RECEIPT = { providerTradeNo: TRADE_NO, amount: 10_050, paidAt: new Date("2026-11-22T02:00:01Z") };
const PENDING = {
  kind: "ok",
  value: { status: "pending", credential: { method: "ALIPAY_BARCODE" }, credentialExpiresAt: REF.expiresAt },
};
const SETTLED = { kind: "ok", value: { status: "paid", credential: { method: "ALIPAY_BARCODE" }, receipt: RECEIPT } };

type Node = Readonly<Record<string, unknown>>;
const WAITING = { code: "10003", msg: "order success pay inprocess", ...NUMBER };
const queried = (status: string, more: Node = {}) =>
  success({ ...NUMBER, trade_no: TRADE_NO, trade_status: status, total_amount: "100.50", ...more });
const QUERIED_PAID = queried("TRADE_SUCCESS", { send_pay_date: "2026-11-22 10:00:01" });
const NOT_FOUND = businessError("ACQ.TRADE_NOT_EXIST");

const methodOf = ({ url }: SentRequest) => url.searchParams.get("method") ?? "";

/** Each method answers its nodes in turn, the last one for ever; `null` is a connection that breaks. */
async function gateway(nodes: Readonly<Record<string, readonly (Node | null)[]>>) {
  const asked: string[] = [];
  const { provider } = await alipayProvider((request) => {
    const method = methodOf(request);
    asked.push(method.replace("alipay.trade.", ""));
    const answers = nodes[method.replace("alipay.trade.", "")] ?? [];
    const turn = asked.filter((name) => `alipay.trade.${name}` === method).length - 1;
    const node = answers[Math.min(turn, answers.length - 1)];
    if (!node) throw new TypeError("the connection failed");
    return nodeReply(method, node);
  });
  return { provider, asked };
}

describe("paying", () => {
  test("is paid at once", async () => {
    const { provider, asked } = await gateway({ pay: [PAID] });
    expect(await provider.create(REF, call())).toEqual(SETTLED);
    expect(asked).toEqual(["pay"]);
  });

  test.each<[string, Node | null]>([
    ["the buyer has to confirm", WAITING],
    ["Alipay does not know", { code: "20000", msg: "Service Currently Unavailable", sub_code: "aop.unknow-error" }],
    ["Alipay's system fails", businessError("ACQ.SYSTEM_ERROR")],
    ["nobody answers", null],
    ["the buyer pays later", { ...PAID, credit_pay_mode: "creditAdvanceV2" }],
    ["the receipt is incomplete", { ...PAID, trade_no: undefined }],
    ["another trade was answered", { ...PAID, out_trade_no: "ANOTHER" }],
  ])("is pending when %s", async (_, node) => {
    const { provider } = await gateway({ pay: [node] });
    expect(await provider.create(REF, call())).toEqual(PENDING);
  });

  test.each(["ACQ.PAYMENT_AUTH_CODE_INVALID", "ACQ.BUYER_BALANCE_NOT_ENOUGH"])("is refused by %s", async (code) => {
    const { provider } = await gateway({ pay: [businessError(code)] });
    expect(await provider.create(REF, call())).toMatchObject({ kind: "refused", code });
  });

  test("an unsigned success is no payment", async () => {
    const { provider } = await alipayProvider(() => Response.json({ alipay_trade_pay_response: PAID }));
    expect(await provider.create(REF, call())).toEqual(PENDING);
  });
});

describe("paying again under the same number", () => {
  const again = call({ firstSend: false });

  test.each<[string, Node, object]>([
    ["has been paid", QUERIED_PAID, SETTLED],
    ["waits for the buyer", queried("WAIT_BUYER_PAY"), PENDING],
    ["is unknown for now", businessError("ACQ.SYSTEM_ERROR"), PENDING],
  ])("only asks when the trade %s", async (_, node, outcome) => {
    const { provider, asked } = await gateway({ query: [node] });
    expect(await provider.create(REF, again)).toEqual(outcome);
    expect(new Set(asked)).toEqual(new Set(["query"]));
  });

  test("sends the same text when Alipay has no such trade", async () => {
    const { provider, asked } = await gateway({ query: [NOT_FOUND], pay: [PAID] });
    expect(await provider.create(REF, again)).toEqual(SETTLED);
    expect(asked).toEqual(["query", "pay"]);
  });

  test("takes no refusal for an end, because the first send may have arrived meanwhile", async () => {
    const refusal = businessError("ACQ.PAYMENT_AUTH_CODE_INVALID");
    const { provider, asked } = await gateway({ query: [NOT_FOUND, QUERIED_PAID], pay: [refusal] });
    expect(await provider.create(REF, again)).toEqual(SETTLED);
    expect(asked).toEqual(["query", "pay", "query"]);
    const { provider: other } = await gateway({ query: [NOT_FOUND], pay: [refusal] });
    expect(await other.create(REF, again)).toMatchObject({ kind: "unknown", cause: "echo" });
  });

  test("leaves a trade that has ended to be asked about", async () => {
    const closed = queried("TRADE_CLOSED");
    const { provider } = await gateway({ query: [closed], pay: [businessError("ACQ.TRADE_HAS_CLOSE")] });
    expect(await provider.create(REF, again)).toMatchObject({ kind: "unknown", cause: "echo" });
  });

  test("finds a payment that the first send of a call made before its answer was lost", async () => {
    const { provider, asked } = await gateway({
      pay: [null, businessError("ACQ.TRADE_HAS_SUCCESS")],
      query: [QUERIED_PAID],
    });
    expect(await provider.create(REF, call())).toEqual(SETTLED);
    expect(asked).toEqual(["pay", "pay", "query"]);
  });
});

describe("closing asks, and cancels what Alipay says is not paid", () => {
  const cancelled = (more: Node) => success({ ...NUMBER, trade_no: TRADE_NO, retry_flag: "N", ...more });

  test.each<[Node, string | object]>([
    [cancelled({ action: "close" }), "closed"],
    [cancelled({ action: "refund" }), { status: "refunded", providerTradeNo: TRADE_NO }],
    [cancelled({ action: "refund", trade_no: undefined }), { status: "refunded", providerTradeNo: null }],
    [cancelled({ trade_no: undefined }), "not_started"],
    [success({ retry_flag: "N" }), "not_started"],
    [businessError("ACQ.TRADE_CANCEL_TIME_OUT"), "paid"],
    [businessError("ACQ.SELLER_BALANCE_NOT_ENOUGH"), "paid"],
    [businessError("ACQ.TRADE_HAS_FINISHED"), "paid"],
  ])("%j: %s", async (node, value) => {
    const { provider, asked } = await gateway({ query: [NOT_FOUND], cancel: [node] });
    expect(await provider.close(REF, call())).toEqual({ kind: "ok", value });
    expect(asked).toEqual(["query", "cancel"]);
  });

  test.each<[string, Node, string]>([
    ["has been paid", QUERIED_PAID, "paid"],
    ["has been given back", queried("TRADE_CLOSED", { send_pay_date: "2026-11-22 10:00:01" }), "paid"],
    ["is closed", queried("TRADE_CLOSED"), "closed"],
  ])("but not a trade that %s", async (_, node, value) => {
    const { provider, asked } = await gateway({ query: [node] });
    expect(await provider.close(REF, call())).toEqual({ kind: "ok", value });
    expect(asked).toEqual(["query"]);
  });

  test.each<[string, Node | null]>([
    ["silent", null],
    ["in trouble", businessError("ACQ.SYSTEM_ERROR")],
    ["not understood", queried("TRADE_PAUSED")],
    ["about another trade", { ...QUERIED_PAID, out_trade_no: "ANOTHER" }],
  ])("but nothing while the query is %s: the buyer may have paid", async (_, node) => {
    const { provider, asked } = await gateway({ query: [node], cancel: [cancelled({ action: "refund" })] });
    expect(await provider.close(REF, call())).toMatchObject({ kind: "unknown" });
    expect(new Set(asked)).toEqual(new Set(["query"]));
  });

  test("again when Alipay wants it again, up to three times", async () => {
    const retry = cancelled({ retry_flag: "Y" });
    const query = [queried("WAIT_BUYER_PAY")];
    const { provider, asked } = await gateway({ query, cancel: [retry, retry, cancelled({ action: "close" })] });
    expect(await provider.close(REF, call())).toEqual({ kind: "ok", value: "closed" });
    expect(asked).toEqual(["query", "cancel", "cancel", "cancel"]);
    const { provider: never } = await gateway({ query, cancel: [retry] });
    expect(await never.close(REF, call())).toMatchObject({ kind: "unknown" });
  });

  test.each<[string, Node]>([
    ["another trade's answer", cancelled({ out_trade_no: "ANOTHER", action: "close" })],
    ["an action of tomorrow", cancelled({ action: "hold" })],
    ["a fault", businessError("AQC.SYSTEM_ERROR")],
  ])("%s ends nothing", async (_, node) => {
    const { provider } = await gateway({ query: [NOT_FOUND], cancel: [node] });
    expect(await provider.close(REF, call())).toMatchObject({ kind: "unknown" });
  });
});
