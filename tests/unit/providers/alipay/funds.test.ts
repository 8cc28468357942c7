/** What the standalone class sends to pay out, to freeze, to capture and to release, and what it makes of the answers. */
import { describe, expect, expectTypeOf, test } from "vitest";
import { Alipay, fen } from "../../../../src/providers/alipay/alipay.ts";
import { alipayConfig, nodeReply, success } from "../support/alipay.ts";
import { NOW, recordingFetch } from "../support/calls.ts";

const at = { now: () => NOW };
const AUTH_NO = "2026112210000000000000000001";
const FREEZE = { outOrderNo: "DEPOSIT_1", title: "押金", amount: fen(1_000), minutes: 30 };
const CAPTURE = { outTradeNo: "RENT_1", authNo: AUTH_NO, channel: "qr", subject: "租金", amount: fen(300) } as const;
const FROZEN = { out_order_no: "DEPOSIT_1", out_request_no: "DEPOSIT_1", auth_no: AUTH_NO, amount: "10.00" };

/** The class, with every call answered by a success with these members, and what it sent. */
async function alipayOf(members: Readonly<Record<string, unknown>>) {
  const { fetch, sent } = recordingFetch(({ url }) =>
    nodeReply(url.searchParams.get("method") ?? "", success(members)),
  );
  const contents = () => sent.map(({ body }) => JSON.parse(new URLSearchParams(body).get("biz_content") ?? ""));
  return { alipay: new Alipay(await alipayConfig(), { fetch }), sent, contents };
}

test("a transfer is sent as it is said, and asked for by its number and product", async () => {
  const { alipay, contents } = await alipayOf({ out_biz_no: "PAYOUT_1", order_id: "1", status: "SUCCESS" });
  const transfer = {
    outBillNo: "PAYOUT_1",
    title: "奖励",
    amount: fen(10),
    productCode: "TRANS_ACCOUNT_NO_PWD",
    payee: { identity: "2088000000000003", identityType: "ALIPAY_USER_ID" },
  } as const;
  expect(await alipay.transfer(transfer, at)).toMatchObject({ kind: "ok", value: { status: "success" } });
  expect(await alipay.queryTransfer(transfer, at)).toMatchObject({ kind: "ok", value: { status: "success" } });
  await expect(alipay.transfer({ ...transfer, amount: fen(9) })).rejects.toThrow("trans_amount: ");
  const numbers = { out_biz_no: "PAYOUT_1", product_code: "TRANS_ACCOUNT_NO_PWD", biz_scene: "DIRECT_TRANSFER" };
  expect(contents()).toMatchObject([{ ...numbers, trans_amount: "0.10" }, numbers]);
});

describe("money is frozen", () => {
  test("in the application, by what its SDK is handed", async () => {
    const { alipay, sent } = await alipayOf({});
    const signed = await alipay.freezeApp(FREEZE, at);
    if (signed.kind !== "ok") throw new Error(signed.message);
    expectTypeOf(signed.value).toEqualTypeOf<{ readonly channel: "app"; readonly orderString: string }>();
    const parameters = new URLSearchParams(signed.value.orderString);
    expect(parameters.get("method")).toBe("alipay.fund.auth.order.app.freeze");
    expect(sent).toEqual([]);
  });

  test("by a code that the buyer scans", async () => {
    const { alipay } = await alipayOf({ out_order_no: "DEPOSIT_1", code_value: "https://qr.alipay.com/fp1" });
    const created = await alipay.freezeQr(FREEZE, at);
    expect(created).toEqual({ kind: "ok", value: { channel: "qr", qrCode: "https://qr.alipay.com/fp1" } });
  });

  test("by a code that the seller scans", async () => {
    const { alipay } = await alipayOf({ ...FROZEN, status: "SUCCESS" });
    const scanned = await alipay.freezeBarcode({ ...FREEZE, authCode: "286012345678901234" }, at);
    expect(scanned).toMatchObject({ kind: "ok", value: { status: "frozen", authNo: AUTH_NO, amount: 1_000 } });
    expect(await alipay.queryFreeze("DEPOSIT_1", at)).toMatchObject({ kind: "ok", value: { status: "frozen" } });
    expect(await alipay.cancelFreeze("DEPOSIT_1", at)).toEqual({ kind: "ok", value: { status: "closed" } });
  });

  test("only as Alipay would take it", async () => {
    const { alipay, sent } = await alipayOf({});
    await expect(alipay.freezeQr({ ...FREEZE, minutes: 0 })).rejects.toThrow("pay_timeout: ");
    await expect(alipay.freezeBarcode({ ...FREEZE, authCode: "" })).rejects.toThrow("auth_code: ");
    await expect(alipay.capture({ ...CAPTURE, authNo: "1" })).rejects.toThrow("auth_no: ");
    expect(sent).toEqual([]);
  });
});

describe("frozen money", () => {
  const PAID = { out_trade_no: "RENT_1", trade_no: "2026112222001400000000000001", total_amount: "3.00" };

  test.each([
    ["by user id", "2088000000000002", { buyer_id: "2088000000000002" }],
    [
      "by open id",
      "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5",
      { buyer_open_id: expect.stringMatching(/^074a1/) },
    ],
    ["not at all", undefined, {}],
  ])("is captured, naming the buyer %s", async (_, buyerId, buyer) => {
    const { alipay, contents } = await alipayOf(PAID);
    const captured = await alipay.capture({ ...CAPTURE, buyerId }, at);
    expect(captured).toMatchObject({ kind: "ok", value: { status: "success", amount: 300 } });
    const members = { out_trade_no: "RENT_1", auth_no: AUTH_NO, auth_confirm_mode: "NOT_COMPLETE" };
    const rest = { product_code: "PRE_AUTH", subject: "租金", total_amount: "3.00" };
    expect(contents()).toEqual([{ ...members, ...rest, ...buyer }]);
  });

  test("that was captured is asked for as a trade, and given back as one", async () => {
    const { alipay, contents } = await alipayOf({ ...PAID, trade_status: "TRADE_SUCCESS", fund_change: "Y" });
    expect(await alipay.queryCapture("RENT_1", at)).toMatchObject({ kind: "ok", value: { status: "success" } });
    const refund = { outRefundNo: "BACK_1", outTradeNo: "RENT_1", amount: fen(100) };
    expect(await alipay.refund(refund, at)).toMatchObject({ kind: "ok", value: { status: "success", amount: 100 } });
    const asked = { out_trade_no: "RENT_1" };
    expect(contents()).toEqual([asked, { ...asked, refund_amount: "1.00", out_request_no: "BACK_1" }]);
  });

  test("is released, and asked for with its freeze", async () => {
    const { alipay, contents } = await alipayOf({ out_request_no: "FREE_1", status: "SUCCESS", amount: "2.00" });
    const release = { outRequestNo: "FREE_1", authNo: AUTH_NO, amount: fen(200), remark: "还押金" };
    const done = { kind: "ok", value: { status: "success", amount: 200 } };
    expect(await alipay.release(release, at)).toMatchObject(done);
    expect(await alipay.queryRelease({ outOrderNo: "DEPOSIT_1", outRequestNo: "FREE_1" }, at)).toMatchObject(done);
    expect(contents()).toEqual([
      { auth_no: AUTH_NO, out_request_no: "FREE_1", amount: "2.00", remark: "还押金" },
      { out_order_no: "DEPOSIT_1", out_request_no: "FREE_1" },
    ]);
  });
});
