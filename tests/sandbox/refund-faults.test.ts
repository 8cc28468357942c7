/** How refunds end when a test wants them to end badly. */
import { describe, expect, it } from "vitest";
import * as alipay from "./alipay-client.ts";
import { openSimulator } from "./simulator.ts";
import { call, nativeOrder, refundOrder } from "./wechat-client.ts";

const { env, control } = await openSimulator();

const create = (no: string) =>
  call(env, "POST", "/v3/pay/transactions/native", nativeOrder(env, no, "https://shop.example/n"));
const pay = (no: string) => control.post(`/trades/wechat/${no}/pay`);
const precreate = (no: string) =>
  alipay.call(env, "alipay.trade.precreate", { out_trade_no: no, total_amount: "1.00", subject: "茶" });

describe("refunds", () => {
  it.each([
    ["refund_abnormal", "ABNORMAL"],
    ["refund_closed", "CLOSED"],
  ])("%s: WeChat Pay ends it as %s", async (kind, status) => {
    const no = `order-${kind}`;
    await create(no);
    await pay(no);
    await control.fault({ kind, outTradeNo: no });
    await call(env, "POST", "/v3/refund/domestic/refunds", refundOrder(no, `r-${kind}`, 100));
    await control.advance(2);
    const answer = await call(env, "GET", `/v3/refund/domestic/refunds/r-${kind}`);
    expect(answer.json().status).toBe(status);
    expect(await control.take({ outTradeNo: no, event: `REFUND.${status}` })).toHaveLength(1);
  });

  it("refund_closed: Alipay accepts it, moves nothing and never reports success", async () => {
    await precreate("t_closed");
    await control.post("/trades/alipay/t_closed/pay");
    await control.fault({ kind: "refund_closed", provider: "alipay", outTradeNo: "t_closed" });
    const refund = { out_trade_no: "t_closed", out_request_no: "r1", refund_amount: "1.00" };
    expect(await alipay.ask(env, "alipay.trade.refund", refund)).toMatchObject({
      code: "10000",
      fund_change: "N",
      refund_fee: "0.00",
    });
    const found = await alipay.ask(env, "alipay.trade.fastpay.refund.query", {
      out_trade_no: "t_closed",
      out_request_no: "r1",
    });
    expect(found).not.toHaveProperty("refund_status");
  });
});
