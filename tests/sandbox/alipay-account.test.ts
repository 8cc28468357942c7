/** What depends on the buyer's and the merchant's accounts at Alipay. */
import { describe, expect, it } from "vitest";
import { ask } from "./alipay-client.ts";
import { alipayShop } from "./alipay-shop.ts";
import { openSimulator } from "./simulator.ts";

const { env, control } = await openSimulator();
const shop = alipayShop(env, control);

const cancel = (no: string) => ask(env, "alipay.trade.cancel", { out_trade_no: no });

describe("what a query says", () => {
  it("names the funds only when asked, and how a buyer pays later", async () => {
    await shop.paid("precreate", "t_funds");
    expect(await shop.query("t_funds")).not.toHaveProperty("fund_bill_list");
    const asked = { out_trade_no: "t_funds", query_options: ["fund_bill_list"] };
    expect(await ask(env, "alipay.trade.query", asked)).toMatchObject({
      fund_bill_list: [{ fund_channel: "ALIPAYACCOUNT", amount: "10.00" }],
    });
    await shop.open("precreate", "t_credit");
    await control.post("/trades/alipay/t_credit/pay", { creditPayMode: "creditAdvanceV2" });
    expect(await shop.query("t_credit")).toMatchObject({
      trade_status: "TRADE_SUCCESS",
      credit_pay_mode: "creditAdvanceV2",
    });
  });

  it("can be a state that nobody has heard of", async () => {
    await shop.open("precreate", "t_shown");
    await control.post("/trades/alipay/t_shown/show", { tradeStatus: "TRADE_PENDING" });
    expect(await shop.query("t_shown")).toMatchObject({ trade_status: "TRADE_PENDING" });
    await control.post("/trades/alipay/t_shown/show", { tradeStatus: null });
    expect(await shop.query("t_shown")).toMatchObject({ trade_status: "WAIT_BUYER_PAY" });
  });
});

describe("the merchant's account", () => {
  it("has to hold what is given back", async () => {
    await shop.paid("precreate", "t_poor");
    await control.post("/alipay/application", { balance: "empty" });
    expect(await shop.refund("t_poor", "r1", "3.00")).toMatchObject({ sub_code: "ACQ.SELLER_BALANCE_NOT_ENOUGH" });
    expect(await cancel("t_poor")).toMatchObject({ sub_code: "ACQ.SELLER_BALANCE_NOT_ENOUGH" });
    await control.post("/alipay/application", { balance: "enough" });
    const wanted = { out_trade_no: "t_poor", out_request_no: "r1", refund_amount: "3.00" };
    const options = { query_options: ["refund_detail_item_list"] };
    expect(await ask(env, "alipay.trade.refund", { ...wanted, ...options })).toMatchObject({
      fund_change: "Y",
      send_back_fee: "3.00",
      refund_detail_item_list: [{ fund_channel: "ALIPAYACCOUNT", amount: "3.00" }],
    });
  });

  it("can take a payment back within a day", async () => {
    await shop.paid("precreate", "t_day");
    await control.advance(86_401);
    expect(await cancel("t_day")).toMatchObject({ sub_code: "ACQ.TRADE_CANCEL_TIME_OUT" });
  });
});
