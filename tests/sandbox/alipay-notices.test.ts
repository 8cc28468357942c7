/** Of which states Alipay tells, by product, and how often. */
import { describe, expect, it } from "vitest";
import { ask, noticeFields } from "./alipay-client.ts";
import { alipayShop, bodyOf, PRODUCTS } from "./alipay-shop.ts";
import { openSimulator } from "./simulator.ts";

const { env, control } = await openSimulator();
const shop = alipayShop(env, control);

describe.each(PRODUCTS)("of a trade by %s", (product) => {
  const face = product === "precreate" || product === "pay";
  const loud = product === "wap" || product === "app" || product === "create";

  it("a payment is told", async () => {
    const no = `t_${product}`;
    await shop.paid(product, no);
    expect(await shop.told(no)).toEqual([
      expect.objectContaining({
        notify_type: "trade_status_sync",
        trade_status: "TRADE_SUCCESS",
        out_trade_no: no,
        total_amount: "10.00",
        subject: "龙井茶 100% +1",
        passback_params: "a%3D1",
        app_id: env.ALIPAY_APP_ID,
        gmt_payment: expect.any(String),
        fund_bill_list: '[{"amount":"10.00","fundChannel":"ALIPAYACCOUNT"}]',
      }),
    ]);
  });

  it(`a close is ${loud ? "" : "not "}told`, async () => {
    const no = `t_${product}_close`;
    await shop.open(product, no);
    await ask(env, "alipay.trade.close", { out_trade_no: no });
    expect(await shop.told(no)).toEqual(
      loud ? [expect.objectContaining({ trade_status: "TRADE_CLOSED", gmt_close: expect.any(String) })] : [],
    );
    const [fields] = await shop.told(no);
    expect(fields ?? {}).not.toHaveProperty("gmt_payment");
    expect(fields ?? {}).not.toHaveProperty("refund_fee");
  });

  it(`a timeout is ${loud ? "" : "not "}told, once`, async () => {
    const no = `t_${product}_late`;
    await shop.open(product, no);
    await control.post(`/trades/alipay/${no}/expire`);
    await control.advance(15 * 86_400 + 60);
    expect(await shop.states(no)).toEqual(loud ? ["TRADE_CLOSED"] : []);
  });

  it(`the end of the refund window is ${loud ? "" : "not "}told`, async () => {
    const no = `t_${product}_finished`;
    await shop.paid(product, no);
    await shop.accept(no);
    await control.advance(90 * 86_400);
    expect(await shop.states(no)).toEqual(loud ? ["TRADE_FINISHED"] : []);
    expect(await shop.query(no)).toMatchObject({
      trade_status: "TRADE_FINISHED",
    });
  });

  it(`refunds are told, ${face ? "but for the one that closes it" : "the last one as a close"}`, async () => {
    const no = `t_${product}_refund`;
    await shop.paid(product, no);
    await shop.accept(no);
    await shop.refund(no, "r1", "4.00");
    const [part] = await shop.told(no);
    expect(part).toMatchObject({ trade_status: "TRADE_SUCCESS", out_biz_no: "r1", refund_fee: "4.00" });
    expect(part?.gmt_refund).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/);
    expect(part).not.toHaveProperty("gmt_close");
    await shop.accept(no);
    await shop.refund(no, "r2", "6.00");
    const closing = {
      trade_status: "TRADE_CLOSED",
      out_biz_no: "r2",
      refund_fee: "10.00",
      gmt_close: expect.any(String),
    };
    expect(await shop.told(no)).toEqual(face ? [] : [expect.objectContaining(closing)]);
  });
});

describe("a notice", () => {
  it("comes eight times with one notify_id, in the gaps of the real schedule, until exactly success", async () => {
    await shop.paid("precreate", "t_gaps");
    const ids = new Set<string>();
    const gaps: number[] = [];
    for (const body of ["SUCCESS", "success\n", '"success"', "failure", "", "ok", "fail", "no"]) {
      const [taken] = await control.take({ outTradeNo: "t_gaps" });
      ids.add(noticeFields(env, bodyOf(taken)).notify_id ?? "");
      await control.post(`/deliveries/${taken?.id}/answer`, { status: 200, body });
      const [record] = await control.deliveries("t_gaps");
      if (record?.nextAt == null) break;
      gaps.push(Math.round((Date.parse(record.nextAt) - Date.parse((await control.clock()).now)) / 60_000));
      await control.advance((gaps.at(-1) ?? 0) * 60 + 1);
    }
    expect(gaps).toEqual([4, 10, 10, 60, 120, 360, 900]);
    expect(ids.size).toBe(1);
    expect(await control.deliveries("t_gaps")).toMatchObject([{ state: "given_up", attempts: 8 }]);
  });

  it("of a contract without refunds says TRADE_FINISHED where that is told", async () => {
    await control.post("/alipay/application", { refunds: false });
    await shop.paid("app", "t_norefund");
    await shop.paid("precreate", "t_norefund_face");
    await control.post("/alipay/application", { refunds: true });
    expect(await shop.states("t_norefund")).toEqual(["TRADE_FINISHED"]);
    expect(await shop.states("t_norefund_face")).toEqual([]);
    expect(await shop.refund("t_norefund", "r1", "1.00")).toMatchObject({ sub_code: "ACQ.TRADE_HAS_FINISHED" });
  });

  it("tells a finish that a test brings about", async () => {
    await shop.paid("wap", "t_finish");
    await shop.accept("t_finish");
    await control.post("/trades/alipay/t_finish/finish");
    expect(await shop.states("t_finish")).toEqual(["TRADE_FINISHED"]);
  });

  it("may name a wrong amount", async () => {
    await control.fault({ kind: "callback_wrong_amount", provider: "alipay", amount: 1, outTradeNo: "t_wrong" });
    await shop.paid("page", "t_wrong");
    expect(await shop.told("t_wrong")).toMatchObject([{ total_amount: "0.01" }]);
  });
});

describe("money on its way to a bank", () => {
  it("is told to the application's own address once the bank has answered", async () => {
    await control.post("/alipay/application", { gatewayUrl: "https://shop.example/gateway" });
    await shop.paid("precreate", "t_bank");
    await shop.accept("t_bank");
    await shop.refund("t_bank", "bank-1", "10.00");
    const info = async () => {
      const named = { out_trade_no: "t_bank", out_request_no: "bank-1", query_options: ["deposit_back_info"] };
      return (await ask(env, "alipay.trade.fastpay.refund.query", named)).deposit_back_info;
    };
    expect(await info()).toEqual({ has_deposit_back: "false" });
    await control.post("/refunds/alipay/bank-1/deposit-back", { status: "P" });
    expect(await info()).toMatchObject({ dback_status: "P", est_bank_receipt_time: expect.any(String) });
    expect(await shop.told("t_bank")).toEqual([]);
    await control.post("/refunds/alipay/bank-1/deposit-back", { status: "S" });
    const [taken] = await control.take({ outTradeNo: "t_bank" });
    expect(taken?.url).toBe("https://shop.example/gateway");
    const { biz_content = "", ...fields } = noticeFields(env, bodyOf(taken));
    expect(fields).toMatchObject({ msg_method: "alipay.trade.refund.depositback.completed", version: "1.1" });
    expect(fields).toMatchObject({ utc_timestamp: expect.stringMatching(/^\d{13}$/) });
    expect(JSON.parse(biz_content)).toMatchObject({
      out_request_no: "bank-1",
      dback_status: "S",
      dback_amount: "10.00",
    });
  });
});

describe("how a notice travels", () => {
  it("lost, doubled, late, after a later one", async () => {
    await control.fault({ kind: "callback_lost", outTradeNo: "t_lost" });
    await shop.paid("precreate", "t_lost");
    expect(await shop.told("t_lost")).toEqual([]);
    await control.fault({ kind: "callback_doubled", outTradeNo: "t_doubled" });
    await shop.paid("precreate", "t_doubled");
    expect(await shop.told("t_doubled")).toHaveLength(2);
    await control.fault({ kind: "callback_late", outTradeNo: "t_late", seconds: 100 });
    await shop.paid("precreate", "t_late");
    expect(await shop.told("t_late")).toEqual([]);
    await control.advance(101);
    expect(await shop.told("t_late")).toHaveLength(1);
    await control.fault({ kind: "callback_reordered", outTradeNo: "t_after", seconds: 100 });
    await shop.paid("app", "t_after");
    await shop.refund("t_after", "r1", "10.00");
    expect(await shop.states("t_after")).toEqual(["TRADE_CLOSED"]);
    await shop.accept("t_after");
    expect(await shop.told("t_after")).toHaveLength(1);
  });
});
