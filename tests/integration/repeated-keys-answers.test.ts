/** Answers under an idempotency key: to requests at once, after something broke off, and to those that were refused. */
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { orders } from "../../db/schema/orders.ts";
import type { Actor } from "../../src/payments/context.ts";
import { adjustStock } from "../../src/payments/stock/change-stock.ts";
import { startAfresh } from "./support/afresh.ts";
import { clearFaults, setFaults } from "./support/controls.ts";
import { interleave } from "./support/interleave.ts";
import { ask, bodyOf, codeOf, orderCall, payCall } from "./support/keyed-calls.ts";
import { newOrder } from "./support/purchases.ts";
import { newCustomer, newSku, OPERATOR, openShop, type Shop, stockOf, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const ordersOf = async (shop: Shop, { id }: Actor) =>
  (await shop.db.select().from(orders).where(eq(orders.userId, id))).filter(({ state }) => state === "PENDING").length;

describe("requests at once", () => {
  it("get one answer, and make one order", async () => {
    const shop = openShop();
    const call = await orderCall(shop);
    const told = await Promise.all([1, 2, 3].map(() => ask(call)));
    expect(told[0]?.status).toBe(201);
    expect(new Set(told.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(await stockOf(shop, call.sku)).toEqual([10, 2]);
  });

  it.each(["before", "after"] as const)(
    "get one answer, the second while the first stands %s its answer",
    async (when) => {
      const call = payCall(await newOrder(openShop()));
      const stop = { when, match: "insert into `idempotency_answers`" };
      const [one, two] = await interleave(
        stop,
        () => ask(call),
        () => ask(call),
      );
      expect(one).toMatchObject({ status: "fulfilled", value: { status: expect.any(Number) } });
      expect(two).toEqual(one);
    },
  );

  it("of which one is another request do one thing", async () => {
    const shop = openShop();
    const [one, two] = await Promise.all([newCustomer(shop), newCustomer(shop)]);
    const call = { name: "points.grant", as: OPERATOR, key: unique("key") };
    const grant = ({ id: userId }: Actor) => ({ ...call, input: { userId, points: 100, reason: "活动" } });
    const [first, second] = await interleave(
      { when: "before", match: "insert into `points_logs`" },
      () => ask(grant(one)),
      () => ask(grant(two)),
    );
    expect(first).toMatchObject({ status: "fulfilled", value: { status: 200 } });
    expect(second).toMatchObject({ status: "fulfilled", value: { status: 409 } });
    const { rows } = await shop.db.execute(sql`select * from points_logs where user_id = ${two.id}`);
    expect(rows).toEqual([]);
  });
});

describe("a request that broke off", () => {
  it("after its order was made, before its answer was written down, is answered by the repeat", async () => {
    const shop = openShop();
    const call = await orderCall(shop);
    const match = "insert into `idempotency_answers`";
    await setFaults({ fail: [1, 2].map((at) => ({ at, when: "before", how: "drop", match })) });
    expect((await ask(call)).status).toBe(503);
    await clearFaults();
    const told = await ask(call);
    expect(told.status).toBe(201);
    expect(await ask(call)).toEqual(told);
    expect(await stockOf(shop, call.sku)).toEqual([10, 2]);
  });

  it("keeps its key from another request, and the repeat goes on with it", async () => {
    const shop = openShop();
    const { id: userId } = await newCustomer(shop);
    const call = { name: "points.grant", as: OPERATOR, key: unique("key") };
    const input = { userId, points: 100, reason: "活动" };
    const match = "update `idempotency_answers`";
    await setFaults({ fail: [1, 2].map((at) => ({ at, when: "before", how: "drop", match })) });
    expect((await ask({ ...call, input })).status).toBe(503);
    await clearFaults();
    expect(codeOf(await ask({ ...call, input: { ...input, points: 5 } }))).toBe("IDEMPOTENCY_KEY_REUSED");
    expect(bodyOf(await ask({ ...call, input })).balance).toBe(100);
  });

  it.each(["insert into `idempotency_answers`", "select "])(
    "only on the way back from %s is answered",
    async (match) => {
      const call = await orderCall(openShop());
      await setFaults({ fail: [{ at: 1, when: "after", how: "drop", match }] });
      const told = await ask(call);
      expect(told.status).toBe(201);
      expect(await ask(call)).toEqual(told);
    },
  );
});

describe("a refusal", () => {
  it("is the same when there would be room, with the first request's id; a new key is a new request", async () => {
    const shop = openShop();
    const call = await orderCall(shop, 1);
    const refused = await ask({ ...call, requestId: "first-request" });
    expect([refused.status, codeOf(refused)]).toEqual([409, "OUT_OF_STOCK"]);
    expect(bodyOf(refused).requestId).toBe("first-request");
    await adjustStock(shop.ctx, OPERATOR, { sku: call.sku, quantity: 9, reason: "补货" });
    expect(await ask(call)).toEqual(refused);
    expect(await ordersOf(shop, call.as)).toBe(0);
    expect((await ask({ ...call, key: unique("key") })).status).toBe(201);
  });

  it.each([
    ["orders.create", (sku: string) => ({ items: [{ sku, quantity: 1 }] }), { items: [{ sku: "none", quantity: 1 }] }],
    [
      "inventory.adjust",
      (sku: string) => ({ sku, quantity: 1, reason: "补货" }),
      { sku: "none", quantity: 1, reason: "-" },
    ],
  ])("of bad input to %s leaves the key to a better request", async (name, better, bad) => {
    const sku = await newSku(openShop(), 10);
    const call = { name, as: OPERATOR, key: unique("key") };
    expect((await ask({ ...call, input: bad })).status).toBe(400);
    expect((await ask({ ...call, input: better(sku) })).status).toBeLessThan(300);
    expect(codeOf(await ask({ ...call, input: bad }))).toBe("IDEMPOTENCY_KEY_REUSED");
  });
});
