/** Answers under an idempotency key: for whom they are, what they hold, how long they last, and what they cost. */
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { orders } from "../../db/schema/orders.ts";
import { purge } from "../../src/jobs/purge.ts";
import { startAfresh } from "./support/afresh.ts";
import { twoOrders } from "./support/combined.ts";
import { deliverAll, payAt, roundTrips } from "./support/controls.ts";
import {
  ask,
  bodyOf,
  codeOf,
  type KeyedCall,
  makeOlder,
  orderCall,
  payCall,
  type Told,
} from "./support/keyed-calls.ts";
import { newOrder } from "./support/purchases.ts";
import { newCustomer, OPERATOR, openShop, type Shop, stockOf, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const orderOf = async (shop: Shop, told: Told) =>
  (
    await shop.db
      .select()
      .from(orders)
      .where(eq(orders.id, String(bodyOf(told).orderId)))
  )[0];

describe("a payment", () => {
  it("that another key had opened is the same answer after its end, and no second attempt", async () => {
    const shop = openShop();
    const purchase = await newOrder(shop);
    const call = payCall(purchase);
    const opened = await ask(payCall(purchase));
    const handed = await ask(call);
    expect([opened.status, handed.status]).toEqual([201, 200]);
    await shop.manager.close(purchase.customer, "wechat", purchase.orderId);
    expect(await ask(call)).toEqual(handed);
    const { rows } = await shop.db.execute(
      sql`select state from payment_transactions where order_id = ${purchase.orderId}`,
    );
    expect(rows).toEqual([{ state: "CLOSED" }]);
  });

  it("is the same answer when its credential has lapsed; without a key there is a fresh one", async () => {
    const shop = openShop();
    const purchase = await newOrder(shop);
    const call = payCall(purchase);
    const told = await ask(call);
    await shop.db.execute(
      sql`update payment_transactions set credential_expires_at = '2026-01-01' where order_id = ${purchase.orderId}`,
    );
    expect(await ask(call)).toEqual(told);
    const { key: _key, ...keyless } = call;
    const fresh = await ask(keyless);
    expect(fresh.status).toBe(200);
    expect(bodyOf(fresh).outTradeNo).toBe(bodyOf(told).outTradeNo);
  });

  it("is the same answer when it is paid", async () => {
    const shop = openShop();
    const purchase = await newOrder(shop);
    const call = payCall(purchase);
    const told = await ask(call);
    const outTradeNo = String(bodyOf(told).outTradeNo);
    await payAt("wechat", outTradeNo);
    await deliverAll(shop, "wechat", outTradeNo);
    expect(await ask(call)).toEqual(told);
  });

  it("is kept without its credential in clear", async () => {
    const shop = openShop();
    const told = await ask(payCall(await newOrder(shop)));
    const { rows } = await shop.db.execute(sql`select * from idempotency_answers`);
    expect(rows.length).toBeGreaterThan(0);
    const dump = JSON.stringify(rows);
    for (const secret of [bodyOf(told).codeUrl, bodyOf(told).outTradeNo]) expect(dump).not.toContain(secret);
  });
});

describe("a key", () => {
  it("is its owner's alone", async () => {
    const shop = openShop();
    const call = await orderCall(shop);
    const told = await ask(call);
    const other = await ask({ ...call, as: await newCustomer(shop) });
    expect(other.status).toBe(201);
    expect(bodyOf(other).orderId).not.toBe(bodyOf(told).orderId);
  });

  it.each([
    ["", 400],
    ["k".repeat(129), 400],
    ["k".repeat(128), 201],
  ])("%s is answered %i", async (key, status) => {
    const call = await orderCall(openShop());
    const told = await ask({ ...call, key: key.length === 128 ? unique("key").padEnd(128, "k") : key });
    expect(told.status).toBe(status);
    if (status === 400) expect(bodyOf(told)).toMatchObject({ issues: [{ path: "Idempotency-Key" }] });
  });

  it("makes something new once it has expired, and not a moment before", async () => {
    const shop = openShop();
    const call = await orderCall(shop);
    const other = { ...call, input: { items: [{ sku: call.sku, quantity: 1 }] } };
    const told = await ask(call);
    const orderId = String(bodyOf(told).orderId);
    await makeOlder(shop, 23, [orderId]);
    expect(await ask(call)).toEqual(told);
    expect(codeOf(await ask(other))).toBe("IDEMPOTENCY_KEY_REUSED");
    await makeOlder(shop, 2, [orderId]);
    const anew = await ask(other);
    expect(anew.status).toBe(201);
    expect(await ask(other)).toEqual(anew);
    expect((await orderOf(shop, told))?.requestKey).toBeNull();
    expect(await stockOf(shop, call.sku)).toEqual([10, 3]);
  });

  it("whose request was never answered expires too", async () => {
    const shop = openShop();
    const call = await orderCall(shop);
    const told = await ask(call);
    await shop.db.execute(sql`delete from idempotency_answers`);
    const other = { ...call, input: { items: [{ sku: call.sku, quantity: 1 }] } };
    expect(codeOf(await ask(other))).toBe("IDEMPOTENCY_KEY_REUSED");
    await makeOlder(shop, 25, [String(bodyOf(told).orderId)]);
    expect((await ask(other)).status).toBe(201);
  });

  it("and its answer are purged when they have expired, a few at a time", async () => {
    const shop = openShop();
    const [old, others] = [await ask(await orderCall(shop)), [await orderCall(shop), await orderCall(shop)]];
    for (const call of others) await ask(call);
    await purge(shop.ctx, 50);
    expect((await orderOf(shop, old))?.requestKey).not.toBeNull();
    shop.advance(25 * 3600);
    expect(await purge(shop.ctx, 2)).toBe(2);
    while ((await purge(shop.ctx, 50)) > 0);
    expect((await shop.db.execute(sql`select * from idempotency_answers`)).rows).toEqual([]);
    expect((await orderOf(shop, old))?.requestKey).toBeNull();
  });
});

/** By what names a request: its own row, or a journal, which does not tell one request of a key from another. */
it.each<[name: string, trips: number, prepare: (shop: Shop) => Promise<Omit<KeyedCall, "name">>]>([
  ["orders.create", 1, orderCall],
  ["payments.create", 1, async (shop) => payCall(await newOrder(shop))],
  [
    "combined.create",
    1,
    async (shop) => {
      const purchases = await twoOrders(shop);
      const orders = purchases.map(({ orderId }) => ({ orderId, amount: "30.00" }));
      return { as: purchases[0].customer, input: { provider: "wechat", method: "WECHAT_NATIVE", orders } };
    },
  ],
  [
    "points.grant",
    2,
    async (shop) => {
      const { id: userId } = await newCustomer(shop);
      return { as: OPERATOR, input: { userId, points: 100, reason: "活动" } };
    },
  ],
])("costs %s %i round trips", async (name, trips, prepare) => {
  const shop = openShop();
  const tripsOf = async (key: Pick<KeyedCall, "key">): Promise<number> => {
    const requestId = unique("request");
    const { key: _own, ...call } = { key: undefined, ...(await prepare(shop)) };
    expect((await ask({ ...call, ...key, name, requestId })).status).toBeLessThan(300);
    return roundTrips(requestId);
  };
  const without = await tripsOf({});
  expect(await tripsOf({ key: unique("key") })).toBe(without + trips);
});
