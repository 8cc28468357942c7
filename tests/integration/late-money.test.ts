/** Money that comes when its order has ended goes back by itself, under numbers derived from its own. */
import { afterAll, beforeEach, expect, it } from "vitest";
import { runJobs } from "../../src/jobs/run.ts";
import { cancelOrder } from "../../src/payments/orders/close-order.ts";
import { getOrder } from "../../src/payments/orders/read-order.ts";
import { pursueAutomaticRefund } from "../../src/payments/refunds/automatic-refund.ts";
import { letPass, runJobsToTheEnd, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { deliverAll, misbehave, payAt } from "./support/controls.ts";
import { type Channel, newDeposit, newOrder, type Purchase, startPayment, subjectsOf } from "./support/purchases.ts";
import { anomaliesOf, attemptOf, closeInTheBooks, refundedAtProvider, refundsOf } from "./support/records.ts";
import { OPERATOR, openShop, type Shop } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const CHANNELS = ["wechat", "alipay"] as const;

/** A cancelled order whose attempt was closed on a provider's word, though its money had come. */
async function late(shop: Shop, channel: Channel): Promise<Purchase & { outTradeNo: string }> {
  const purchase = await newOrder(shop);
  const outTradeNo = await startPayment(shop, purchase, channel);
  await payAt(channel, outTradeNo);
  await closedWhilePaid(shop, purchase, outTradeNo);
  return { ...purchase, outTradeNo };
}

async function closedWhilePaid(shop: Shop, { customer, orderId }: Purchase, outTradeNo: string): Promise<void> {
  await closeInTheBooks(shop, outTradeNo);
  await cancelOrder(shop.ctx, customer, orderId);
}

it.each(CHANNELS)("gives late %s money back under a number derived from its own", async (channel) => {
  const shop = openShop();
  const purchase = await late(shop, channel);
  const { outTradeNo } = purchase;
  expect((await deliverAll(shop, channel, outTradeNo))[0]?.status).toBe(200);
  await runJobsToTheEnd(shop);
  const refunds = await refundsOf(shop, outTradeNo);
  expect(refunds).toMatchObject([
    { outRefundNo: `${outTradeNo}R1`, state: "SUCCESS", origin: "AUTOMATIC", amount: 3000 },
  ]);
  expect(await refundedAtProvider(outTradeNo)).toBe(3000);
  expect(await anomaliesOf(shop, outTradeNo)).toEqual(["LATE_PAYMENT"]);
  await expectBooksInOrder(shop, subjectsOf(purchase));
});

it.each(["PAID", "CLOSED"])("gives money back that finds an order without items %s", async (ending) => {
  const shop = openShop();
  const purchase = await newDeposit(shop);
  const [first, second] = await Promise.all([
    startPayment(shop, purchase, "alipay"),
    startPayment(openShop(), purchase, "wechat"),
  ]);
  await payAt("wechat", second);
  if (ending === "PAID") {
    await payAt("alipay", first);
    await deliverAll(shop, "alipay", first);
  } else {
    await closedWhilePaid(shop, purchase, second);
  }
  expect((await deliverAll(shop, "wechat", second))[0]?.status).toBe(200);
  await runJobsToTheEnd(shop);
  expect(await getOrder(shop.ctx, OPERATOR, purchase.orderId)).toMatchObject({ status: ending });
  expect(await refundedAtProvider(second)).toBe(5000);
  await expectBooksInOrder(shop, subjectsOf(purchase));
});

it("is not taken for given back by who read it while its first refund was under way, which has failed since", async () => {
  const shop = openShop();
  const purchase = await late(shop, "wechat");
  const { outTradeNo } = purchase;
  await misbehave({ kind: "refund_closed", outTradeNo });
  await deliverAll(shop, "wechat", outTradeNo);
  const before = await attemptOf(shop, outTradeNo);
  if (!before) throw new Error("the money is not on record");
  expect(before).toMatchObject({ refunding: 3000 });
  await letPass(shop, 61);
  await runJobs(shop.ctx, ["refunds"]);
  expect(await refundsOf(shop, outTradeNo)).toMatchObject([{ state: "CLOSED" }]);
  await pursueAutomaticRefund(shop.ctx, before);
  await runJobsToTheEnd(shop);
  expect(await refundedAtProvider(outTradeNo)).toBe(3000);
  await expectBooksInOrder(shop, subjectsOf(purchase));
});

it("takes the next number once the provider has closed the first refund, and not before", async () => {
  const shop = openShop();
  const purchase = await late(shop, "wechat");
  const { outTradeNo } = purchase;
  await misbehave({ kind: "refund_closed", outTradeNo });
  await deliverAll(shop, "wechat", outTradeNo);
  await runJobs(shop.ctx);
  expect(await refundsOf(shop, outTradeNo)).toMatchObject([{ outRefundNo: `${outTradeNo}R1`, state: "PROCESSING" }]);
  await runJobsToTheEnd(shop);
  expect(await refundsOf(shop, outTradeNo)).toMatchObject([
    { outRefundNo: `${outTradeNo}R1`, state: "CLOSED" },
    { outRefundNo: `${outTradeNo}R2`, state: "SUCCESS" },
  ]);
  expect(await refundedAtProvider(outTradeNo)).toBe(3000);
  expect(await anomaliesOf(shop, outTradeNo)).toEqual(["LATE_PAYMENT", "REFUND_FAILED"]);
  await expectBooksInOrder(shop, subjectsOf(purchase));
});

it("leaves late money to an operator after three refunds that the provider closed", async () => {
  const shop = openShop();
  const purchase = await late(shop, "wechat");
  const { outTradeNo } = purchase;
  await misbehave({ kind: "refund_closed", outTradeNo, times: 3 });
  await deliverAll(shop, "wechat", outTradeNo);
  for (let run = 0; run < 3; run++) await runJobsToTheEnd(shop);
  expect((await refundsOf(shop, outTradeNo)).map((refund) => refund.state)).toEqual(["CLOSED", "CLOSED", "CLOSED"]);
  expect(await attemptOf(shop, outTradeNo)).toMatchObject({ policy: "HOLD", refunding: 0, refunded: 0 });
  await expectBooksInOrder(shop, subjectsOf(purchase));
});
