/** Calls to providers on record: what is kept of them, and what never is. */
import { sql } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { fen } from "../../src/money.ts";
import { catchUp, runJobsToTheEnd, startAfresh } from "./support/afresh.ts";
import { showCode } from "./support/alipay-buyer.ts";
import { openCertifiedShop } from "./support/certified.ts";
import { deliverAll, misbehave, payAt, setFaults } from "./support/controls.ts";
import { newOrder, newPaidOrder, startPayment } from "./support/purchases.ts";
import { newCustomer, OPERATOR, openShop, unique } from "./support/shop.ts";
import { pagesOf } from "./support/told-stories.ts";
import { startAlipayTransfer, startTransfer } from "./support/transfers.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

describe("calls to providers", () => {
  const BUYER = "2088000000000777";
  const OPENID = "oOfcl_the_simulated_buyer_01";
  const PHONE = "13800001234";
  const NAME = "张三丰";

  it("are kept without anything that is personal or secret", async () => {
    const shop = openShop();
    const customer = await newCustomer(shop);
    const authCode = await showCode();
    const stories: string[] = [];
    for (const [channel, details] of [
      ["alipay", { method: "ALIPAY_BARCODE", authCode }],
      ["wechat", { method: "WECHAT_JSAPI", openid: OPENID }],
      ["wechat", { method: "WECHAT_H5", h5Type: "Wap", payerClientIp: "203.0.113.77" }],
      ["alipay", { method: "ALIPAY_JSAPI", buyerId: BUYER }],
    ] as const) {
      const { orderId, amount, customer: buyer } = await newOrder(shop);
      const request = { ...details, orderId, amount, subject: `给${NAME}的礼物` };
      const { payment } = await shop.manager.create(buyer, channel, request);
      if (payment.status === "PENDING") await payAt(channel, payment.outTradeNo);
      await shop.manager.query(buyer, channel, orderId);
      const refund = { provider: channel, orderId, reason: `${NAME} ${PHONE}` } as const;
      await shop.manager.refund(OPERATOR, refund, unique("key"));
      await runJobsToTheEnd(shop);
      stories.push((await pagesOf(`orderId=${orderId}`)).text);
    }
    await startTransfer(shop, { amount: fen(200_000), userName: NAME });
    await shop.idle();
    const certified = await openCertifiedShop();
    catchUp(certified);
    await startAlipayTransfer(certified, { payee: { identity: PHONE, identityType: "ALIPAY_LOGON_ID", name: NAME } });
    await certified.idle();
    const { rows } = await shop.db.execute(sql`select * from provider_calls`);
    const table = JSON.stringify(rows);
    const operations = (rows as { operation: string }[]).map(({ operation }) => operation);
    for (const operation of [
      "create",
      "query",
      "refund",
      "query_refund",
      "transfer",
      "trade.create",
      "trade.pay",
      "fund.trans.uni.transfer",
    ]) {
      expect(operations).toContain(operation);
    }
    const planted = [OPENID, BUYER, "2088000000000002", authCode, PHONE, NAME, "203.0.113.77", customer.id];
    const secrets = ["prepay_id=", "weixin://", "-----BEGIN", "http:", "https:", "logon", "138****"];
    for (const text of [table, ...stories, ...shop.lines, ...certified.lines]) {
      for (const word of planted) expect(text).not.toContain(word);
    }
    for (const word of secrets) expect(table).not.toContain(`"${word}`);
    // Names of members may be there; none of their values is.
    for (const member of [
      "openid",
      "buyer_id",
      "auth_code",
      "buyer_logon_id",
      "code_url",
      "h5_url",
      "notify_url",
      "description",
    ]) {
      for (const value of table.matchAll(new RegExp(`\\\\"${member}\\\\":(\\\\"[^"]*\\\\"|[^,}]+)`, "g"))) {
        expect(value[1]).toBe('\\"***\\"');
      }
    }
    expect(table).toContain("***");
  }, 60_000);

  it("say which number they are about and how they ended, in requests and in jobs", async () => {
    const shop = openShop({ requestId: unique("request") });
    const { orderId, outTradeNo } = await newPaidOrder(shop, "alipay");
    await misbehave({ kind: "refuse", operation: "refund", code: "ACQ.TRADE_NOT_ALLOW_REFUND", status: 403 });
    const request = { provider: "alipay", orderId, reason: "退货" } as const;
    await expect(shop.manager.refund(OPERATOR, request, unique("key"))).rejects.toMatchObject({
      code: "PROVIDER_REFUSED",
    });
    await shop.idle();
    const { rows } = await shop.db.execute(
      sql`select operation, number, status, code, request, response, request_id from provider_calls
        where out_trade_no = ${outTradeNo} order by sent_at, id`,
    );
    expect(rows).toMatchObject([
      { operation: "trade.precreate", number: outTradeNo, status: 200, code: null, request_id: shop.ctx.requestId },
      { operation: "trade.refund", status: 200, code: "ACQ.TRADE_NOT_ALLOW_REFUND" },
    ]);
    const [, refund] = rows as { request: string; response: string }[];
    expect(JSON.parse(refund?.request ?? "")).toMatchObject({ out_trade_no: outTradeNo, refund_amount: "30.00" });
    expect(JSON.parse(refund?.response ?? "")).toEqual({ code: "40004", sub_code: "ACQ.TRADE_NOT_ALLOW_REFUND" });
  });

  it("harm nothing when they can't be written down", async () => {
    const shop = openShop();
    const purchase = await newOrder(shop);
    await setFaults({
      fail: [1, 2, 3].map((at) => ({ at, match: "insert into `provider_calls`", when: "before", how: "drop" })),
    });
    const outTradeNo = await startPayment(shop, purchase, "wechat");
    await payAt("wechat", outTradeNo);
    await deliverAll(shop, "wechat", outTradeNo);
    expect((await pagesOf(`orderId=${purchase.orderId}`)).entries.map(({ id }) => id)).toContain("paid");
    expect(shop.lines.filter((line) => line.includes("provider_calls.lost"))).toHaveLength(1);
  });
});
