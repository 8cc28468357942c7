/** Refunds that run into limits: parts, pauses, an empty account, rates. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Received } from "./http.ts";
import { openSimulator } from "./simulator.ts";
import { call, nativeOrder, refundOrder } from "./wechat-client.ts";

const REFUNDS = "/v3/refund/domestic/refunds";
const DAY = 86_400;
const { env, control } = await openSimulator();

beforeEach(() => control.post("/wechat/merchant", { rateLimits: false }));
afterEach(() => control.post("/reset"));

const outcome = (answer: Received) => [answer.status, answer.json().code];
const refund = (body: object) => call(env, "POST", REFUNDS, body);
const paid = async (no: string) => {
  await call(env, "POST", "/v3/pay/transactions/native", nativeOrder(env, no, "https://shop.example/n"));
  await control.post(`/trades/wechat/${no}/pay`);
};

describe("parts of a payment", () => {
  it("go back a minute apart", async () => {
    await paid("order-pause");
    expect((await refund(refundOrder("order-pause", "pause-1", 10))).status).toBe(200);
    await control.advance(55);
    expect(outcome(await refund(refundOrder("order-pause", "pause-2", 10)))).toEqual([429, "FREQUENCY_LIMITED"]);
    expect((await refund(refundOrder("order-pause", "pause-1", 10))).status).toBe(200);
    await control.advance(5);
    expect((await refund(refundOrder("order-pause", "pause-2", 10))).status).toBe(200);
  });

  it("are fifty at most, and none after 365 days", async () => {
    await paid("order-parts");
    for (let part = 1; part <= 50; part += 1) {
      expect((await refund(refundOrder("order-parts", `parts-${part}`, 1))).status).toBe(200);
      await control.advance(60);
    }
    expect(outcome(await refund(refundOrder("order-parts", "parts-51", 1)))).toEqual([400, "INVALID_REQUEST"]);
    await paid("order-old");
    await control.advance(365 * DAY - 1);
    expect((await refund(refundOrder("order-old", "old-1", 1))).status).toBe(200);
    await control.advance(60);
    expect(outcome(await refund(refundOrder("order-old", "old-2", 1)))).toEqual([403, "TRADE_OVERDUE"]);
  });

  it("come from accounts that add up to the part", async () => {
    await paid("order-from");
    const amount = (from: number) => ({
      refund: 10,
      total: 100,
      currency: "CNY",
      from: [{ account: "AVAILABLE", amount: from }],
    });
    const order = refundOrder("order-from", "from-1", 10);
    expect(outcome(await refund({ ...order, amount: amount(9) }))).toEqual([400, "INVALID_REQUEST"]);
    expect((await refund({ ...order, amount: amount(10) })).status).toBe(200);
  });

  it("can be asked for by either number of the payment, which have to agree", async () => {
    await paid("order-a");
    await paid("order-b");
    const { providerTradeNo: transaction_id } = await control.trade("wechat", "order-a");
    const { out_trade_no: _, ...rest } = refundOrder("order-a", "by-id", 10);
    const mixed = { ...refundOrder("order-b", "mixed", 10), transaction_id };
    expect(outcome(await refund(mixed))).toEqual([404, "RESOURCE_NOT_EXISTS"]);
    expect((await refund({ ...rest, transaction_id })).json()).toMatchObject({ out_trade_no: "order-a" });
  });

  it("give back of a coupon's part what is the payer's", async () => {
    await call(env, "POST", "/v3/pay/transactions/native", nativeOrder(env, "order-coupon", "https://shop.example/n"));
    await control.post("/trades/wechat/order-coupon/pay", { coupon: 40 });
    const answer = await refund(refundOrder("order-coupon", "coupon-1", 50));
    expect(answer.json().amount).toMatchObject({ refund: 50, payer_total: 60, payer_refund: 30, discount_refund: 20 });
  });
});

it("waits for money when the merchant's account is empty, and goes on under the same number", async () => {
  await paid("order-empty");
  await control.post("/wechat/merchant", { balance: "empty" });
  expect(outcome(await refund(refundOrder("order-empty", "empty-1", 10)))).toEqual([403, "NOT_ENOUGH"]);
  expect((await call(env, "GET", `${REFUNDS}/empty-1`)).status).toBe(404);
  await control.post("/wechat/merchant", { balance: "enough" });
  expect((await refund(refundOrder("order-empty", "empty-1", 10))).status).toBe(200);
});

describe("rates", () => {
  it("let six failing refunds a second through, and none at all after those", async () => {
    await paid("order-rate");
    await control.post("/wechat/merchant", { rateLimits: true });
    const failing = () => refund(refundOrder("nobody-knows", "rate-1", 1));
    const answers = await Promise.all(Array.from({ length: 7 }, failing));
    expect(answers.map((answer) => answer.status).sort()).toEqual([404, 404, 404, 404, 404, 404, 429]);
    expect(outcome(await refund(refundOrder("order-rate", "rate-2", 1)))).toEqual([429, "FREQUENCY_LIMITED"]);
    await expect.poll(async () => (await failing()).status, { interval: 100, timeout: 5000 }).toBe(404);
  });

  it("let few refunds of orders through that are older than a month", async () => {
    await control.post("/wechat/merchant", { rateLimits: true });
    for (let order = 0; order < 11; order += 1) await paid(`order-month-${order}`);
    await control.advance(31 * DAY);
    const late = (order: number) => refund(refundOrder(`order-month-${order}`, `month-${order}`, 1));
    const answers = await Promise.all(Array.from({ length: 11 }, (_, order) => late(order)));
    const [limited, ...others] = answers.filter((answer) => answer.status !== 200);
    expect(others).toEqual([]);
    expect(limited?.json()).toMatchObject({
      code: "FREQUENCY_LIMITED",
      message: expect.stringContaining("1个月之前的订单"),
    });
  });
});
