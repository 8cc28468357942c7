/** Many at once: what a crowd of buyers, callbacks and operators may not break. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, expect, it } from "vitest";
import { inventoryLogs } from "../../db/schema/stock.ts";
import { fen } from "../../src/money.ts";
import { createOrder } from "../../src/payments/orders/create-order.ts";
import { getOrder } from "../../src/payments/orders/read-order.ts";
import { getBalance } from "../../src/payments/points/account.ts";
import { startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { deliver, payAt, setFaults, takeDeliveries } from "./support/controls.ts";
import { newOrder, newPaidOrder, startPayment, subjectsOf } from "./support/purchases.ts";
import { newCustomer, newSku, OPERATOR, openShop, SERVICE, type Shop, stockOf, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

function times<T>(count: number, make: (index: number) => Promise<T>): Promise<PromiseSettledResult<T>[]> {
  return Promise.allSettled(Array.from({ length: count }, (_, index) => make(index)));
}

function fulfilled<T>(results: readonly PromiseSettledResult<T>[]): T[] {
  return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}

function refusals(results: readonly PromiseSettledResult<unknown>[]): unknown[] {
  return results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
}

const shared = (count: number): Shop[] => Array.from({ length: count }, () => openShop());

it.each(["wechat", "alipay"] as const)(
  "settles once when %s sends the same callback 200 times at once",
  async (channel) => {
    const shop = openShop();
    const purchase = await newOrder(shop);
    const outTradeNo = await startPayment(shop, purchase, channel);
    await payAt(channel, outTradeNo);
    const [callback] = await takeDeliveries(outTradeNo);
    if (!callback) throw new Error("no callback");
    const isolates = shared(4);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => isolates.map((isolate) => deliver(isolate, channel, callback))).flat(),
    );
    const accepted = channel === "wechat" ? '{"code":"SUCCESS","message":"成功"}' : "success";
    expect(answers).toHaveLength(200);
    expect(new Set(answers.map((answer) => `${answer.status} ${answer.body}`))).toEqual(new Set([`200 ${accepted}`]));
    await Promise.all(isolates.map((isolate) => isolate.idle()));
    expect(await stockOf(shop, purchase.sku)).toEqual([8, 0]);
    const sales = await shop.db.select().from(inventoryLogs).where(eq(inventoryLogs.orderId, purchase.orderId));
    expect(sales).toMatchObject([{ kind: "SALE", state: "POSTED", quantity: 2 }]);
    await expectBooksInOrder(shop, subjectsOf(purchase));
  },
);

it("sells ten pieces to ten of sixty buyers, and never reserves more than there are", async () => {
  const shop = openShop();
  const sku = await newSku(shop, 10);
  const isolates = shared(6);
  const sampler = sampleStock(openShop(), sku);
  const buyers = await times(60, async (index) => {
    const isolate = isolates[index % isolates.length] ?? shop;
    const customer = await newCustomer(isolate);
    return createOrder(isolate.ctx, customer, { userId: customer.id, items: [{ sku, quantity: 1 }] });
  });
  const samples = await sampler.stop();
  const orders = fulfilled(buyers);
  expect(orders).toHaveLength(10);
  for (const refusal of refusals(buyers)) expect(refusal).toMatchObject({ code: "OUT_OF_STOCK" });
  expect(await stockOf(shop, sku)).toEqual([10, 10]);
  expect(samples.length).toBeGreaterThan(3);
  for (const [onHand, reserved] of samples) expect(reserved).toBeLessThanOrEqual(onHand);
  await expectBooksInOrder(shop, { orderIds: orders.map((order) => order.orderId), skus: [sku] });
});

/** Reads an item's row over and over until stopped. */
function sampleStock(shop: Shop, sku: string) {
  let running = true;
  const samples: [number, number][] = [];
  const sampling = (async () => {
    while (running) samples.push(await stockOf(shop, sku));
  })();
  return {
    async stop() {
      running = false;
      await sampling;
      return samples;
    },
  };
}

it("grants one of twenty refunds of 60 % that are asked for at once", async () => {
  const shop = openShop();
  const purchase = await newPaidOrder(shop, "wechat");
  const isolates = shared(5);
  const results = await times(20, (index) =>
    (isolates[index % isolates.length] ?? shop).manager.refund(
      OPERATOR,
      { provider: "wechat", orderId: purchase.orderId, amount: fen(1800), reason: "部分退款" },
      unique("refund"),
    ),
  );
  expect(fulfilled(results)).toHaveLength(1);
  for (const refusal of refusals(results)) expect(refusal).toMatchObject({ code: "REFUND_EXCEEDS_PAYMENT" });
  expect(await getOrder(shop.ctx, OPERATOR, purchase.orderId)).toMatchObject({ refundingAmount: 1800 });
  await expectBooksInOrder(shop, subjectsOf(purchase));
});

it("takes points for the three payments that an account can cover, of twenty at once", async () => {
  const shop = openShop();
  const customer = await newCustomer(shop, 3500);
  const sku = await newSku(shop, 20, fen(1000));
  const orders = await Promise.all(
    Array.from({ length: 20 }, () =>
      createOrder(shop.ctx, customer, { userId: customer.id, items: [{ sku, quantity: 1 }] }),
    ),
  );
  const isolates = shared(5);
  const payments = await times(20, (index) => {
    const { orderId = "", amount = fen(0) } = orders[index] ?? {};
    const isolate = isolates[index % isolates.length] ?? shop;
    return isolate.manager.create(customer, "points", { method: "POINTS", orderId, amount });
  });
  expect(fulfilled(payments)).toHaveLength(3);
  for (const refusal of refusals(payments)) expect(refusal).toMatchObject({ code: "INSUFFICIENT_POINTS" });
  expect(await getBalance(shop.ctx, customer.id)).toMatchObject({ balance: 500, held: 0 });
  expect(await stockOf(shop, sku)).toEqual([17, 17]);
  await expectBooksInOrder(shop, {
    orderIds: orders.map((order) => order.orderId),
    skus: [sku],
    users: [customer.id],
  });
});

it("makes and settles orders of a hot SKU and of three SKUs in any order without a deadlock", async () => {
  const shop = openShop();
  const [hot, ...others] = await Promise.all([newSku(shop, 500), newSku(shop, 500), newSku(shop, 500)]);
  if (!hot) throw new Error("no SKU");
  const skus = [hot, ...others];
  const paid = await Promise.all(Array.from({ length: 16 }, () => paidNotBooked(shop, skus)));
  const creators = shared(48);
  const settlers = shared(16);
  await setFaults({ latencyMs: 5 });
  const making = creators.map(async (creator, index) => {
    const made: string[] = [];
    for (let round = 0; round < 3; round++) {
      made.push(await anOrder(creator, (index + round) % 2 === 0 ? [hot] : shuffled(skus)));
    }
    return made;
  });
  const settling = settlers.map(async (settler, index) => {
    const { orderId, callback } = paid[index] ?? {};
    if (!orderId || !callback) throw new Error("nothing to settle");
    const answer = await deliver(settler, "alipay", callback);
    await settler.idle();
    return [answer.status, (await getOrder(settler.ctx, SERVICE, orderId)).status];
  });
  const [made, settled] = await Promise.all([Promise.all(making), Promise.all(settling)]);
  expect(settled).toEqual(settlers.map(() => [200, "PAID"]));
  expect([...creators, ...settlers].flatMap((each) => each.contention)).toEqual([]);
  const orderIds = [...made.flat(), ...paid.map(({ orderId }) => orderId)];
  expect(orderIds).toHaveLength(48 * 3 + 16);
  await setFaults({ latencyMs: 0 });
  await expectBooksInOrder(shop, { orderIds, skus });
});

async function anOrder(shop: Shop, skus: readonly string[]): Promise<string> {
  const items = skus.map((sku) => ({ sku, quantity: 1 }));
  return (await createOrder(shop.ctx, SERVICE, { userId: unique("customer"), items })).orderId;
}

/** An order of several SKUs that the provider holds the money for, and the callback that has not come yet. */
async function paidNotBooked(shop: Shop, skus: readonly string[]) {
  const customer = await newCustomer(shop);
  const items = shuffled(skus).map((sku) => ({ sku, quantity: 1 }));
  const { orderId, amount } = await createOrder(shop.ctx, customer, { userId: customer.id, items });
  const { payment } = await shop.manager.create(customer, "alipay", { method: "ALIPAY_QR", orderId, amount });
  await payAt("alipay", payment.outTradeNo);
  const [callback] = await takeDeliveries(payment.outTradeNo);
  return { orderId, callback };
}

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((value) => ({ value, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}
