/** An order that is refused, while a repeat under the same key might be granted: the caller hears of one end, and it is true. */
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { orders } from "../../db/schema/orders.ts";
import { getBalance, grantPoints } from "../../src/payments/points/account.ts";
import { adjustStock } from "../../src/payments/stock/change-stock.ts";
import { startAfresh } from "./support/afresh.ts";
import { reached, resume, setFaults } from "./support/controls.ts";
import { interleave } from "./support/interleave.ts";
import { ask, breakOff, codeOf, orderCall } from "./support/keyed-calls.ts";
import { OPERATOR, openShop, type Shop, stockOf, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

/** Orders whose pieces are missing, and come while the refusal is on its way. */
describe("who is told that an order could not be made has none", () => {
  const REFUSE = "`orders`.`close_reason` = 'DRAFT_ABANDONED'";

  async function missing(shop: Shop, pointsToUse = 500) {
    const call = await orderCall(shop, 1);
    await grantPoints(shop.ctx, OPERATOR, { userId: call.as.id, points: 5000, reason: "活动" });
    return { ...call, input: { ...call.input, pointsToUse } };
  }
  type Missing = Awaited<ReturnType<typeof missing>>;

  const restock = (shop: Shop, { sku }: Missing) =>
    adjustStock(shop.ctx, OPERATOR, { sku, quantity: 9, reason: "补货" });

  /** Its maker has not been heard of for longer than it may be at work. */
  const takeForDead = (shop: Shop, { as }: Missing) =>
    shop.db.execute(sql`update orders set created_at = created_at - interval 31 second,
      closed_at = closed_at - interval 31 second where user_id = ${as.id}`);

  async function expectNone(shop: Shop, { as, sku }: Missing): Promise<void> {
    const made = await shop.db.select().from(orders).where(eq(orders.userId, as.id));
    expect(made.filter(({ state }) => state !== "CLOSED" && state !== "DRAFT")).toEqual([]);
    expect(await stockOf(shop, sku)).toEqual([10, 0]);
    expect(await getBalance(shop.ctx, as.id)).toMatchObject({ available: 5000 });
  }

  it("though the repeat finds the pieces before the refusal is written down", async () => {
    const shop = openShop();
    const call = await missing(shop);
    const [one, two] = await interleave(
      { when: "after", match: REFUSE },
      () => ask(call),
      async () => {
        await restock(shop, call);
        return await ask(call);
      },
    );
    if (one.status === "rejected" || two.status === "rejected") throw new Error("no answer");
    expect([codeOf(one.value), codeOf(two.value)]).toEqual(["OUT_OF_STOCK", "REQUEST_IN_PROGRESS"]);
    expect(await ask(call)).toEqual(one.value);
    await expectNone(shop, call);
  });

  it.each([
    ["has begun before", "insert into `orders`", 500, false],
    ["has taken the first for dead", "set `orders`.`state` = 'PENDING'", 500, true],
    ["has taken the first for dead, and points pay all,", "set `orders`.`state` = 'PAID'", 2000, true],
  ] as const)("though the repeat %s and goes on when the refusal is written down", async (_, match, points, dead) => {
    const shop = openShop();
    const call = await missing(shop, points);
    const [first, second] = [unique("first"), unique("second")];
    const stops = [
      { at: 1, when: "after", match: REFUSE, name: first },
      { at: 2, when: "before", match, name: second },
    ] as const;
    await setFaults({ pause: stops });
    const one = ask(call);
    await reached(first);
    await restock(shop, call);
    if (dead) await takeForDead(shop, call);
    const two = ask(call);
    await reached(second);
    await resume(first);
    expect(codeOf(await one)).toBe("OUT_OF_STOCK");
    await resume(second);
    expect(await two).toEqual(await one);
    await expectNone(shop, call);
  });

  it("and who is slow to be refused is not, when the repeat has made the order meanwhile", async () => {
    const shop = openShop();
    const call = await missing(shop);
    const [first, second] = [unique("first"), unique("second")];
    const stops = [
      { at: 1, when: "before", match: REFUSE, name: first },
      { at: 1, when: "before", match: "insert into `idempotency_answers`", name: second },
    ] as const;
    await setFaults({ pause: stops });
    const one = ask(call);
    await reached(first);
    await restock(shop, call);
    await takeForDead(shop, call);
    const two = ask(call);
    await reached(second);
    await resume(first);
    expect(codeOf(await one)).toBe("REQUEST_IN_PROGRESS");
    await resume(second);
    expect((await two).status).toBe(201);
    expect(await stockOf(shop, call.sku)).toEqual([10, 2]);
  });

  it("but may have it by the same key when the refusal was lost", async () => {
    const shop = openShop();
    const call = await missing(shop);
    await breakOff(call);
    await restock(shop, call);
    expect(codeOf(await ask(call))).toBe("REQUEST_IN_PROGRESS");
    await takeForDead(shop, call);
    expect((await ask(call)).status).toBe(201);
    expect(await stockOf(shop, call.sku)).toEqual([10, 2]);
  });
});
