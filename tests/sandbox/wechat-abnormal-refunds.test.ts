/** Refunds that could not go back the way the money came, and where they are sent instead. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { told } from "./callbacks-client.ts";
import type { Received } from "./http.ts";
import { openSimulator } from "./simulator.ts";
import { call, nativeOrder, type Oddities, refundOrder } from "./wechat-client.ts";
import { certificates, encrypted } from "./wechat-secrets.ts";

const REFUNDS = "/v3/refund/domestic/refunds";
const { env, control } = await openSimulator();

beforeEach(() => control.post("/wechat/merchant", { rateLimits: false }));
afterEach(() => control.post("/reset"));

const outcome = (answer: Received) => [answer.status, answer.json().code];
const refund = (body: object) => call(env, "POST", REFUNDS, body);
const paid = async (no: string) => {
  await call(env, "POST", "/v3/pay/transactions/native", nativeOrder(env, no, "https://shop.example/n"));
  await control.post(`/trades/wechat/${no}/pay`);
};

describe("an abnormal refund", () => {
  const abnormal = async (no: string) => {
    await paid(no);
    await control.fault({ kind: "refund_abnormal", outTradeNo: no });
    const { refund_id } = (await refund(refundOrder(no, `r-${no}`, 100))).json();
    await control.advance(2);
    return String(refund_id);
  };
  const redirect = (id: string, body: object, odd?: Oddities) =>
    call(env, "POST", `${REFUNDS}/${id}/apply-abnormal-refund`, body, odd);
  const card = (no: string, account = encrypted(env, "6225880137890403"), name = encrypted(env, "张三")) => ({
    out_refund_no: `r-${no}`,
    type: "USER_BANK_CARD",
    bank_type: "CMB_DEBIT",
    bank_account: account,
    real_name: name,
  });

  it("goes to the buyer's card: PROCESSING, ABNORMAL, PROCESSING, SUCCESS", async () => {
    const id = await abnormal("order-card");
    const answer = await redirect(id, card("order-card"));
    expect(answer.json()).toMatchObject({
      status: "PROCESSING",
      refund_id: id,
      user_received_account: "招商银行借记卡0403",
    });
    expect(answer.json()).not.toHaveProperty("success_time");
    await control.advance(2);
    expect((await call(env, "GET", `${REFUNDS}/r-order-card`)).json()).toMatchObject({ status: "SUCCESS" });
    const events = (await told(env, control, "order-card")).map((callback) => callback.event);
    expect(events).toEqual(["TRANSACTION.SUCCESS", "REFUND.ABNORMAL", "REFUND.SUCCESS"]);
  });

  it("goes to the merchant's own account, and may become abnormal again", async () => {
    const id = await abnormal("order-own");
    await control.fault({ kind: "refund_abnormal", operation: "abnormal_refund" });
    const body = { out_refund_no: "r-order-own", type: "MERCHANT_BANK_CARD" };
    expect((await redirect(id, body)).json()).toMatchObject({ status: "PROCESSING" });
    await control.advance(2);
    expect((await call(env, "GET", `${REFUNDS}/r-order-own`)).json()).toMatchObject({ status: "ABNORMAL" });
    expect((await redirect(id, body)).json()).toMatchObject({ status: "PROCESSING" });
    await control.advance(2);
    expect((await redirect(id, body)).json()).toMatchObject({ status: "SUCCESS" });
  });

  it("changes nothing when asked for the same again, newly encrypted; anything else is refused", async () => {
    const id = await abnormal("order-repeat");
    await redirect(id, card("order-repeat"));
    expect((await redirect(id, card("order-repeat"))).json()).toMatchObject({ status: "PROCESSING" });
    const other = card("order-repeat", encrypted(env, "6225880137890999"));
    expect(outcome(await redirect(id, other))).toEqual([400, "INVALID_REQUEST"]);
  });

  it("has to be one, under both of its numbers", async () => {
    await paid("order-fine");
    const { refund_id } = (await refund(refundOrder("order-fine", "r-order-fine", 100))).json();
    expect(outcome(await redirect(String(refund_id), card("order-fine")))).toEqual([400, "INVALID_REQUEST"]);
    const wrong = { out_refund_no: "r-other", type: "MERCHANT_BANK_CARD" };
    expect(outcome(await redirect(String(refund_id), wrong))).toEqual([404, "RESOURCE_NOT_EXISTS"]);
    expect(outcome(await redirect("5030000", card("order-fine")))).toEqual([404, "RESOURCE_NOT_EXISTS"]);
  });

  it("wants the buyer's data encrypted for the key that the request names", async () => {
    const id = await abnormal("order-sealed");
    const [certificate] = await certificates(env);
    if (!certificate) throw new Error("no certificate");
    const both = (key?: string) => [encrypted(env, "6225880137890403", key), encrypted(env, "张三", key)] as const;
    const serial = (text: string) => ({ headers: { "Wechatpay-Serial": text } });
    const byCertificate = card("order-sealed", ...both(certificate.publicKey));

    const unnamed = await redirect(id, card("order-sealed"), serial(""));
    expect(unnamed.json()).toMatchObject({ message: "HTTP header缺少微信支付平台证书序列号(Wechatpay-Serial)" });
    const unknown = await redirect(id, card("order-sealed"), serial("0".repeat(40)));
    expect(unknown.json()).toMatchObject({ code: "PARAM_ERROR", message: "平台证书序列号Wechatpay-Serial错误" });
    expect(outcome(await redirect(id, byCertificate))).toEqual([400, "PARAM_ERROR"]);
    expect(outcome(await redirect(id, card("order-sealed", "6225880137890403")))).toEqual([400, "PARAM_ERROR"]);
    expect(outcome(await redirect(id, card("order-sealed", encrypted(env, "not a card"))))).toEqual([
      400,
      "PARAM_ERROR",
    ]);
    expect((await redirect(id, byCertificate, serial(certificate.serial))).status).toBe(200);
  });

  it("goes to cards of the banks that are listed", async () => {
    const id = await abnormal("order-bank");
    for (const bank_type of ["CMB", "CMB_CREDIT", "toString", undefined]) {
      const answer = await redirect(id, { ...card("order-bank"), bank_type });
      expect(outcome(answer)).toEqual([400, "PARAM_ERROR"]);
      expect(answer.json().detail).toMatchObject({ field: "/bank_type" });
    }
    expect(outcome(await redirect(id, { ...card("order-bank"), type: "BALANCE" }))).toEqual([400, "PARAM_ERROR"]);
    expect((await redirect(id, { ...card("order-bank"), bank_type: "NBCB_DEBIT" })).status).toBe(200);
  });
});
