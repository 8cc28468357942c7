import { describe, expect, it } from "vitest";
import * as alipay from "./alipay-client.ts";
import type { TakenDelivery } from "./control.ts";
import { openSimulator } from "./simulator.ts";
import { call, nativeOrder, unsealed, verified } from "./wechat-client.ts";

const { env, control } = await openSimulator();

const payWechat = async (no: string) => {
  await call(env, "POST", "/v3/pay/transactions/native", nativeOrder(env, no, "https://shop.example/n"));
  await control.post(`/trades/wechat/${no}/pay`);
};
const bodyOf = (taken: TakenDelivery) => Buffer.from(taken.body, "base64").toString("utf8");
const lower = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).map(([name, header]) => [name.toLowerCase(), header]));
const fits = (taken: TakenDelivery) => verified(env, lower(taken.headers), bodyOf(taken));
const sign = async (order: object) => (await control.post("/sign", order)) as TakenDelivery;
const enclosed = (taken: TakenDelivery) => JSON.parse(unsealed(env, JSON.parse(bodyOf(taken)).resource));

describe("a test that delivers callbacks itself", () => {
  it("takes those of its own trade, and its answer ends or reschedules them", async () => {
    await payWechat("order-mine");
    await payWechat("order-other");
    const [taken, ...others] = await control.take({ outTradeNo: "order-mine" });
    if (!taken) throw new Error("nothing to take");
    expect(others).toEqual([]);
    expect(taken).toMatchObject({ url: "https://shop.example/n", method: "POST" });
    expect(fits(taken)).toBe(true);

    await control.post(`/deliveries/${taken.id}/answer`, { status: 500, body: "" });
    expect(await control.take({ outTradeNo: "order-mine" })).toEqual([]);
    expect(await control.take({ outTradeNo: "order-mine", early: true })).toHaveLength(1);
    await control.advance(15);
    const [again] = await control.take({ outTradeNo: "order-mine", event: "TRANSACTION.SUCCESS" });
    expect(again?.id).toBe(taken.id);
    expect(again?.headers).not.toEqual(taken.headers);

    await control.post(`/deliveries/${taken.id}/answer`, { status: 200, body: "" });
    expect(await control.take({ outTradeNo: "order-mine", early: true })).toEqual([]);
    expect(await control.take({ outTradeNo: "order-mine", includeAccepted: true })).toHaveLength(1);
    expect(await control.deliveries("order-other")).toMatchObject([{ state: "pending", attempts: 0 }]);
  });
});

describe("a callback to order", () => {
  it("carries a trade of the books with other members in place of its own, validly signed", async () => {
    await payWechat("order-hostile");
    const taken = await sign({
      provider: "wechat",
      callback: "trade",
      outTradeNo: "order-hostile",
      fields: { mchid: "1999999999", amount: { total: 1 }, attach: "x", success_time: null },
    });
    expect(fits(taken)).toBe(true);
    expect(enclosed(taken)).toMatchObject({
      out_trade_no: "order-hostile",
      mchid: "1999999999",
      amount: { total: 1, currency: "CNY" },
      attach: "x",
    });
    expect(enclosed(taken)).not.toHaveProperty("success_time");
  });

  it("can be old, under another serial, by foreign keys, spoilt, or about nothing", async () => {
    const base = { provider: "wechat", callback: "trade" };
    const old = await sign({ ...base, timestamp: 1_700_000_000, serial: "ABC" });
    expect(lower(old.headers)).toMatchObject({ "wechatpay-timestamp": "1700000000", "wechatpay-serial": "ABC" });
    expect(fits(old)).toBe(true);
    expect(fits(await sign({ ...base, signer: "foreign" }))).toBe(false);
    expect(fits(await sign({ ...base, flaw: "bad_signature" }))).toBe(false);
    expect(await sign({ ...base, flaw: "unsigned" })).not.toHaveProperty("headers.Wechatpay-Signature");
    const plain = await sign({ ...base, plaintext: "not JSON" });
    expect(unsealed(env, JSON.parse(bodyOf(plain)).resource)).toBe("not JSON");
  });

  it("can be of any event, with or without associated data", async () => {
    const base = { provider: "wechat", callback: "trade", event: "PROFITSHARING", plaintext: "{}" };
    for (const [associatedData, expected] of [
      [undefined, "profitsharing"],
      ["", ""],
      [null, undefined],
    ]) {
      const { event_type, resource } = JSON.parse(bodyOf(await sign({ ...base, associatedData })));
      expect([event_type, resource.original_type, resource.associated_data]).toEqual([
        "PROFITSHARING",
        "profitsharing",
        expected,
      ]);
      expect(unsealed(env, { ...resource, associated_data: expected ?? "" })).toBe("{}");
    }
  });

  it("can be a refund's, for both providers", async () => {
    const wechat = await sign({
      provider: "wechat",
      callback: "refund",
      outTradeNo: "x",
      fields: { refund_status: "CLOSED" },
    });
    expect(enclosed(wechat)).toMatchObject({ out_trade_no: "x", refund_status: "CLOSED" });
    const fields = { app_id: "2021000000000000", total_amount: "0.01" };
    const order = { provider: "alipay", callback: "refund", outTradeNo: "x", outRefundNo: "r1", fields };
    const notice = alipay.noticeFields(env, bodyOf(await sign(order)));
    expect(notice).toMatchObject({ ...fields, out_trade_no: "x", out_biz_no: "r1" });
    const foreign = bodyOf(await sign({ ...order, signer: "foreign" }));
    expect(() => alipay.noticeFields(env, foreign)).toThrow("signature");
  });
});
