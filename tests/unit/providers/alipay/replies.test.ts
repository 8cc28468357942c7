import { describe, expect, test } from "vitest";
import { alipayProvider, businessError, nodeReply, success } from "../support/alipay.ts";
import { attempt, call, refundOf } from "../support/calls.ts";
import { testKeys } from "../support/keys.ts";

const REF = attempt("ALIPAY_QR");
const REFUND = refundOf(REF);
const NUMBER = { out_trade_no: REF.outTradeNo };
const QR_CODE = "https://qr.alipay.com/bax00000000000000000";
const PRECREATED = success({ ...NUMBER, qr_code: QR_CODE });
const TRADE = success({
  ...NUMBER,
  trade_no: "2026112222001400000000000001",
  trade_status: "TRADE_SUCCESS",
  total_amount: "100.50",
  receipt_amount: "0.00",
  send_pay_date: "2026-11-22 09:59:30",
});
const RECEIPT = {
  providerTradeNo: "2026112222001400000000000001",
  amount: 10_050,
  paidAt: new Date("2026-11-22T01:59:30Z"),
};
type Node = Parameters<typeof nodeReply>[1];
type Reply = () => Promise<Response> | Response;

const create = async (reply: Reply, firstSend = true) =>
  (await alipayProvider(reply)).provider.create(REF, call({ firstSend }));
const precreated = (node: Node) => () => nodeReply("alipay.trade.precreate", node);
const query = async (node: Node) =>
  (await alipayProvider(() => nodeReply("alipay.trade.query", node))).provider.query(REF, call());
const close = async (node: Node) =>
  (await alipayProvider(() => nodeReply("alipay.trade.close", node))).provider.close(REF, call());
const refund = async (node: Node, firstSend = true) =>
  (await alipayProvider(() => nodeReply("alipay.trade.refund", node))).provider.refund(REFUND, call({ firstSend }));
const queryRefund = async (node: Node) => {
  const { provider } = await alipayProvider(() => nodeReply("alipay.trade.fastpay.refund.query", node));
  return provider.queryRefund(REFUND, call());
};

describe("a reply counts only when it verifies", () => {
  const NAME = "alipay_trade_precreate_response";
  const signed = async (text: string) => (await testKeys()).platform.sign(text);

  test("with slashes escaped, as it was sent", async () => {
    expect(await create(precreated(PRECREATED))).toEqual({
      kind: "ok",
      value: {
        status: "pending",
        credential: { method: "ALIPAY_QR", qrCode: QR_CODE },
        credentialExpiresAt: REF.expiresAt,
      },
    });
  });

  test("with slashes escaped after signing", async () => {
    const text = JSON.stringify(PRECREATED);
    const sign = await signed(text);
    const reply = () => new Response(`{"${NAME}":${text.replaceAll("/", "\\/")},"sign":"${sign}"}`);
    expect(await create(reply)).toMatchObject({ kind: "ok", value: { credential: { qrCode: QR_CODE } } });
  });

  test("with the signature first, space in between, and the same names inside", async () => {
    const text = `{ "code": "10000", "sign": "x", "${NAME}": {"a": "}\\"{"}, "qr_code": "q", "out_trade_no": "${REF.outTradeNo}" }`;
    const sign = await signed(text);
    const reply = () => new Response(`\n{ "sign" : "${sign}" ,\n "${NAME}" :\t${text} , "alipay_cert_sn": "ab" }\n`);
    expect(await create(reply)).toMatchObject({ kind: "ok", value: { credential: { qrCode: "q" } } });
  });

  test.each([
    ["unsigned", (text: string) => `{"${NAME}":${text}}`],
    ["signed with nothing", (text: string) => `{"${NAME}":${text},"sign":""}`],
    ["of another method", (text: string, sign: string) => `{"alipay_trade_pay_response":${text},"sign":"${sign}"}`],
    ["altered", (text: string, sign: string) => `{"${NAME}":${text.replace("bax0", "bax1")},"sign":"${sign}"}`],
    ["twice", (text: string, sign: string) => `{"${NAME}":${text},"${NAME}":{"code":"10000"},"sign":"${sign}"}`],
    [
      "twice, the first escaped",
      (text: string, sign: string) => `{"\\u0061${NAME.slice(1)}":${text},"${NAME}":${text},"sign":"${sign}"}`,
    ],
    ["with two signatures", (text: string, sign: string) => `{"${NAME}":${text},"sign":"${sign}","sign":"${sign}"}`],
    ["cut off", (text: string, sign: string) => `{"${NAME}":${text},"sign":"${sign}"`],
    ["not JSON", () => "<html></html>"],
    ["a list", () => "[]"],
  ])("%s does not count", async (_, make) => {
    const text = JSON.stringify(PRECREATED);
    const sign = await signed(text);
    expect(await create(() => new Response(make(text, sign)))).toMatchObject({ kind: "unknown", cause: "unverified" });
  });

  test("every byte of it", async () => {
    const reply = await nodeReply("alipay.trade.precreate", PRECREATED);
    const bytes = new Uint8Array(await reply.arrayBuffer());
    let current = bytes;
    const { provider } = await alipayProvider(() => new Response(current));
    for (let at = 0; at < bytes.length; at += 1) {
      current = bytes.slice();
      current[at] = (current[at] ?? 0) ^ 1;
      expect(await provider.create(REF, call())).toMatchObject({ kind: "unknown" });
    }
  });

  test("errors in GBK verify over their bytes, and read as text", async () => {
    // 0x81 0x5c is one character whose second byte looks like a backslash in front of the closing quote.
    const message = Uint8Array.of(0xcf, 0xb5, 0xcd, 0xb3, 0x81, 0x5c);
    const node = [
      ...new TextEncoder().encode('{"code":"40004","sub_code":"ACQ.TRADE_HAS_CLOSE","sub_msg":"'),
      ...message,
      ...new TextEncoder().encode('"}'),
    ];
    const { platform } = await testKeys();
    const sign = await platform.sign(Uint8Array.from(node));
    const body = [
      ...new TextEncoder().encode(`{"${NAME}":`),
      ...node,
      ...new TextEncoder().encode(`,"sign":"${sign}"}`),
    ];
    const outcome = await create(() => new Response(Uint8Array.from(body)));
    expect(outcome).toMatchObject({ kind: "refused", code: "ACQ.TRADE_HAS_CLOSE", message: "系统乗" });
  });
});

describe("errors", () => {
  test.each([
    ["ACQ.EXIST_FORBIDDEN_WORD", "refused"],
    ["ACQ.CONTEXT_INCONSISTENT", "unknown"],
    ["ACQ.TRADE_HAS_SUCCESS", "unknown"],
    ["ACQ.SYSTEM_ERROR", "unknown"],
    ["ACQ.A_CODE_OF_TOMORROW", "unknown"],
  ])("precreate answered %s is %s", async (code, kind) => {
    expect(await create(precreated(businessError(code)))).toMatchObject({ kind });
  });

  test.each([
    ["20000", "aop.unknow-error", "unknown"],
    ["40001", "isv.missing-app-id", "refused"],
    ["40005", "isv.app-call-limited", "later"],
    ["40006", "isv.insufficient-isv-permissions", "refused"],
    ["10003", undefined, "unknown"],
  ])("precreate answered %s %s is %s", async (code, sub_code, kind) => {
    expect(await create(precreated({ code, msg: "…", sub_code }))).toMatchObject({ kind });
  });

  test.each([
    ["ACQ.SELLER_BALANCE_NOT_ENOUGH", "later"],
    ["ACQ.TRADE_STATUS_ERROR", "refused"],
    ["ACQ.DISCORDANT_REPEAT_REQUEST", "unknown"],
    ["ACQ.SYSTEM_ERROR", "unknown"],
  ])("refund answered %s is %s", async (code, kind) => {
    expect(await refund(businessError(code))).toMatchObject({ kind });
  });

  test("a refusal of a later send may be the echo of the first", async () => {
    const echo = { kind: "unknown", cause: "echo" };
    expect(await create(precreated(businessError("ACQ.TRADE_HAS_CLOSE")), false)).toMatchObject(echo);
    expect(await refund(businessError("ACQ.TRADE_STATUS_ERROR"), false)).toMatchObject(echo);
  });

  test("an unsigned one proves nothing", async () => {
    const body = { error_response: { code: "40002", sub_code: "isv.invalid-app-id" } };
    expect(await create(() => Response.json(body))).toMatchObject({ kind: "unknown", cause: "unverified" });
    const missing = { alipay_trade_query_response: businessError("ACQ.TRADE_NOT_EXIST") };
    const { provider } = await alipayProvider(() => Response.json(missing));
    expect(await provider.query(REF, call())).toMatchObject({ kind: "unknown", cause: "unverified" });
  });

  test.each([
    [429, "later"],
    [502, "unknown"],
    [302, "unknown"],
    [404, "unknown"],
  ])("HTTP %d is %s", async (status, kind) => {
    expect(await create(() => new Response("…", { status }))).toMatchObject({ kind });
  });
});

describe("a queried trade", () => {
  test.each([
    [{}, { status: "paid", receipt: RECEIPT }],
    [{ trade_status: "TRADE_FINISHED" }, { status: "paid", receipt: RECEIPT }],
    [{ trade_status: "WAIT_BUYER_PAY", send_pay_date: undefined }, { status: "pending" }],
    [{ trade_status: "TRADE_CLOSED", send_pay_date: undefined }, { status: "closed" }],
    [{ trade_status: "TRADE_CLOSED", send_pay_date: "" }, { status: "closed" }],
    [{ trade_status: "TRADE_CLOSED" }, { status: "refunded", receipt: RECEIPT, goneBack: 10_050 }],
    [{ credit_pay_mode: "creditAdvanceV2" }, { status: "pending" }],
  ])("%j is %j", async (changes, value) => {
    expect(await query({ ...TRADE, ...changes })).toEqual({ kind: "ok", value });
  });

  test.each([
    [{ trade_status: "SOMETHING_NEW" }, "unlisted"],
    [{ total_amount: "100.505" }, "unlisted"],
    [{ total_amount: 100.5 }, "unlisted"],
    [{ total_amount: undefined }, "unlisted"],
    [{ trade_no: undefined }, "unlisted"],
    [{ send_pay_date: "yesterday" }, "unlisted"],
    [{ out_trade_no: "SOMEBODYELSES" }, "unverified"],
  ])("%j is unknown", async (changes, cause) => {
    expect(await query({ ...TRADE, ...changes })).toMatchObject({ kind: "unknown", cause });
  });

  test("that the buyer has not opened is not found", async () => {
    const value = { status: "not_found" };
    expect(await query(businessError("ACQ.TRADE_NOT_EXIST"))).toEqual({ kind: "ok", value });
  });
});

describe("closing", () => {
  test("is confirmed for its own number only", async () => {
    expect(await close(success(NUMBER))).toEqual({ kind: "ok", value: "closed" });
    expect(await close(success({ out_trade_no: "ANOTHER" }))).toMatchObject({ cause: "unverified" });
  });

  test.each([
    ["ACQ.TRADE_NOT_EXIST", "not_started"],
    ["ACQ.TRADE_STATUS_ERROR", "paid"],
    ["ACQ.REASON_TRADE_STATUS_INVALID", "paid"],
    ["ACQ.REASON_ILLEGAL_STATUS", "paid"],
  ])("%s means %s", async (code, value) => {
    expect(await close(businessError(code))).toEqual({ kind: "ok", value });
  });

  test("a fault leaves it open", async () => {
    expect(await close(businessError("ACQ.SYSTEM_ERROR"))).toMatchObject({ kind: "unknown" });
  });
});

describe("refunds", () => {
  const PROCESSING = { status: "processing", providerRefundNo: null, amount: null, succeededAt: null };
  const SUCCEEDED = {
    status: "success",
    providerRefundNo: null,
    amount: 5_000,
    succeededAt: new Date("2026-11-22T02:05:00Z"),
  };

  test("have only succeeded when funds moved, and give back what was asked for, not the sum", async () => {
    const reply = { ...NUMBER, refund_fee: "100.50", gmt_refund_pay: "2026-11-22 10:05:00" };
    expect(await refund(success({ ...reply, fund_change: "Y" }))).toEqual({ kind: "ok", value: SUCCEEDED });
    expect(await refund(success({ ...reply, fund_change: "N" }))).toEqual({ kind: "ok", value: PROCESSING });
    expect(await refund(success(reply))).toEqual({ kind: "ok", value: PROCESSING });
  });

  test("of another trade are not ours", async () => {
    const reply = success({ out_trade_no: "ANOTHER", fund_change: "Y" });
    expect(await refund(reply)).toMatchObject({ cause: "unverified" });
  });

  const QUERIED = {
    ...NUMBER,
    out_request_no: REFUND.outRefundNo,
    refund_status: "REFUND_SUCCESS",
    refund_amount: "50.00",
    gmt_refund_pay: "2026-11-22 10:05:00",
  };

  test.each([
    [QUERIED, SUCCEEDED],
    [{ ...QUERIED, refund_status: undefined }, PROCESSING],
    [{ ...QUERIED, refund_status: "REFUND_PROCESSING" }, PROCESSING],
    [{}, PROCESSING],
  ])("queried as %j", async (node, value) => {
    expect(await queryRefund(success(node))).toEqual({ kind: "ok", value });
  });

  test.each([{ out_request_no: "ANOTHER" }, { out_trade_no: "ANOTHER" }])(
    "queried with %j are not ours",
    async (changes) => {
      expect(await queryRefund(success({ ...QUERIED, ...changes }))).toMatchObject({ cause: "unverified" });
    },
  );

  test("queried with another amount than was asked for are ours all the same: the books are to hear of it", async () => {
    const value = { ...SUCCEEDED, amount: 10_050 };
    expect(await queryRefund(success({ ...QUERIED, refund_amount: "100.50" }))).toEqual({ kind: "ok", value });
  });

  test.each(["ACQ.TRADE_NOT_EXIST", "TRADE_NOT_EXIST"])("of a trade that doesn't exist (%s)", async (code) => {
    expect(await queryRefund(businessError(code))).toEqual({ kind: "ok", value: { status: "not_found" } });
  });
});
