/** Refunds that were given no number: by which one Alipay tells of them, and is asked for them. */
import { expect, it } from "vitest";
import { ask } from "./alipay-client.ts";
import { alipayShop } from "./alipay-shop.ts";
import { openSimulator } from "./simulator.ts";

const { env, control } = await openSimulator();
const shop = alipayShop(env, control);

it("is told by the trade's trade_no, and asked for by its out_trade_no", async () => {
  await shop.paid("wap", "t_unnumbered");
  await shop.accept("t_unnumbered");
  const { trade_no } = await shop.query("t_unnumbered");
  await ask(env, "alipay.trade.refund", { out_trade_no: "t_unnumbered", refund_amount: "10.00" });
  expect(await shop.told("t_unnumbered")).toMatchObject([{ out_biz_no: trade_no, refund_fee: "10.00" }]);
  const named = { out_trade_no: "t_unnumbered", out_request_no: "t_unnumbered" };
  expect(await ask(env, "alipay.trade.fastpay.refund.query", named)).toMatchObject({
    refund_status: "REFUND_SUCCESS",
  });
});

it("is what a cancel makes", async () => {
  await shop.paid("create", "t_cancelled");
  await shop.accept("t_cancelled");
  const { trade_no } = await shop.query("t_cancelled");
  expect(await ask(env, "alipay.trade.cancel", { out_trade_no: "t_cancelled" })).toMatchObject({ action: "refund" });
  expect(await shop.told("t_cancelled")).toMatchObject([{ out_biz_no: trade_no, trade_status: "TRADE_CLOSED" }]);
});

it("is not one whose number is the trade's", async () => {
  await shop.paid("wap", "t_same");
  await shop.accept("t_same");
  await shop.refund("t_same", "t_same", "10.00");
  expect(await shop.told("t_same")).toMatchObject([{ out_biz_no: "t_same" }]);
});
