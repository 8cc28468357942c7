/** Points that come to their end: those that nobody used, oldest first, once. */
import { and, eq, like } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { events } from "../../db/schema/history.ts";
import { type PointsKind, pointsAccounts, pointsLogs } from "../../db/schema/points.ts";
import { lookAtAccount } from "../../db/statements/points-journal.ts";
import { expirePoints } from "../../src/jobs/expire-points.ts";
import type { Actor } from "../../src/payments/context.ts";
import { cancelOrder } from "../../src/payments/orders/close-order.ts";
import { getBalance, grantPoints } from "../../src/payments/points/account.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { clearFaults, setFaults } from "./support/controls.ts";
import { interleave } from "./support/interleave.ts";
import { accountOf, entriesOf, newService, pay, refundMoney } from "./support/points.ts";
import { newCustomer, OPERATOR, openShop, type Shop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const DAY = 86_400;
const AT_A_TIME = 50;

/** Points last for ten days here. */
const lastingShop = (settings = {}) => openShop({ settings: { pointsDays: 10, ...settings } });

const give = (shop: Shop, { id: userId }: Actor, points: number) =>
  grantPoints(shop.ctx, OPERATOR, { userId, points, reason: "生日" });

/** Spends points on an order that costs nothing else. */
async function spend(shop: Shop, customer: Actor, points: number): Promise<void> {
  const order = await newService(shop, customer, points);
  await shop.manager.create(customer, "points", { method: "POINTS", orderId: order.orderId, amount: order.amount });
}

async function runAfter(shop: Shop, days: number): Promise<void> {
  shop.advance(days * DAY);
  await expirePoints(shop.ctx, AT_A_TIME);
}

const balanceOf = async (shop: Shop, { id }: Actor) => (await getBalance(shop.ctx, id)).balance;

const toldOf = (shop: Shop, { id }: Actor) =>
  shop.db
    .select()
    .from(events)
    .where(and(eq(events.kind, "points.expired"), like(events.subjectKey, `%${id}%`)));

describe("points", () => {
  it("end on their day, not before, and their owner is told", async () => {
    const shop = lastingShop();
    const customer = await newCustomer(shop);
    await give(shop, customer, 100);
    await runAfter(shop, 5);
    await give(shop, customer, 30);
    await runAfter(shop, 4.9);
    expect(await balanceOf(shop, customer)).toBe(130);
    await runAfter(shop, 0.1);
    expect(await balanceOf(shop, customer)).toBe(30);
    await runAfter(shop, 5);
    expect(await accountOf(shop, customer)).toEqual([0, 0, 0]);
    await runAfter(shop, 30);
    const told = (await toldOf(shop, customer)).map((event) => JSON.parse(event.detail));
    expect(told).toEqual([
      { user: customer.id, points: 100 },
      { user: customer.id, points: 30 },
    ]);
  });

  it("are used oldest first, so that what was spent does not end again", async () => {
    const shop = lastingShop();
    const customer = await newCustomer(shop);
    await give(shop, customer, 3000);
    shop.advance(DAY);
    await give(shop, customer, 500);
    await spend(shop, customer, 3000 - 400);
    // 3000 went on the order: 2600 beside it, 400 as its payment.
    await runAfter(shop, 9);
    expect(await balanceOf(shop, customer)).toBe(500);
    await runAfter(shop, 1);
    expect(await balanceOf(shop, customer)).toBe(0);
  });

  it("that last for ever do not make up for those that end", async () => {
    const shop = openShop();
    const customer = await newCustomer(shop);
    await give(shop, customer, 3000);
    await spend(shop, customer, 0);
    const lasting = lastingShop();
    await give(lasting, customer, 100);
    await runAfter(lasting, 10);
    expect(await balanceOf(lasting, customer)).toBe(0);
  });

  it("do not end while an open order holds them, and do when it gives them back", async () => {
    const shop = lastingShop({ orderTtlMinutes: 7 * 24 * 60 });
    const customer = await newCustomer(shop);
    await give(shop, customer, 100);
    shop.advance(9 * DAY);
    const order = await newService(shop, customer, 60);
    await runAfter(shop, 2);
    expect(await accountOf(shop, customer)).toEqual([60, 60, 0]);
    await cancelOrder(shop.ctx, customer, order.orderId);
    await runAfter(shop, 1 / 24);
    expect(await accountOf(shop, customer)).toEqual([0, 0, 0]);
    expect(await toldOf(shop, customer)).toHaveLength(2);
  });

  it("that are given back last anew, and those that were earned last as long", async () => {
    const shop = lastingShop({ pointsPerYuan: 1 });
    const customer = await newCustomer(shop);
    await give(shop, customer, 1000);
    await letPass(shop, 9 * DAY);
    const order = await pay(shop, await newService(shop, customer, 1000));
    await refundMoney(shop, order, 1500);
    // Half of the points that were used came back, and half of those that were earned stayed.
    expect(await balanceOf(shop, customer)).toBe(510);
    await runAfter(shop, 9);
    expect(await balanceOf(shop, customer)).toBe(510);
    await runAfter(shop, 1);
    expect(await accountOf(shop, customer)).toEqual([10, 0, 10]);
  });

  it("may end after the year 2038", async () => {
    const shop = lastingShop({ pointsDays: 36_500 });
    const customer = await newCustomer(shop);
    await give(shop, customer, 1);
    await runAfter(shop, 36_499);
    expect(await balanceOf(shop, customer)).toBe(1);
  });
});

describe("the job", () => {
  const POST = { match: "`points_accounts`.`balance` - `points_logs`.`points`" };
  const LOOK = { match: "rows unbounded preceding" };

  async function ended(shop: Shop): Promise<Actor> {
    const customer = await newCustomer(shop);
    await give(shop, customer, 4000);
    shop.advance(10 * DAY);
    return customer;
  }

  it.each([
    ["before it has counted", { when: "before", ...LOOK }],
    ["after it has counted", { when: "after", ...LOOK }],
    ["before it takes the points", { when: "before", ...POST }],
    ["after it took them", { when: "after", ...POST }],
  ] as const)("ends points once when another run takes over %s", async (_, stop) => {
    const [first, second] = [lastingShop(), lastingShop()];
    const customer = await ended(first);
    second.advance(10 * DAY + 301);
    await interleave(
      stop,
      () => expirePoints(first.ctx, AT_A_TIME),
      () => expirePoints(second.ctx, AT_A_TIME),
    );
    await runAfter(second, 1);
    const posted = (await entriesOf(first, customer)).filter((entry) => entry.endsWith("POSTED"));
    expect(posted).toEqual(["GRANT 4000 POSTED", "EXPIRE 4000 POSTED"]);
    expect(await accountOf(first, customer)).toEqual([0, 0, 0]);
    expect(await toldOf(first, customer)).toHaveLength(1);
  });

  it.each([
    ["before it takes them", "before", 5000],
    ["after it took them", "after", 1000],
  ] as const)("and a buyer who spends points %s never use the same", async (_, when, left) => {
    const [shop, buyers] = [lastingShop(), openShop()];
    const customer = await newCustomer(shop, 4000);
    await give(shop, customer, 4000);
    const { orderId, amount } = await newService(openShop(), customer);
    shop.advance(10 * DAY);
    await interleave(
      { when, ...POST },
      () => expirePoints(shop.ctx, AT_A_TIME),
      () => buyers.manager.create(customer, "points", { method: "POINTS", orderId, amount }),
    );
    expect(await balanceOf(shop, customer)).toBe(left);
    await runAfter(shop, 1);
    // 3000 spent of those that end, or of those that last.
    expect(await balanceOf(shop, customer)).toBe(when === "before" ? 4000 : 1000);
  });

  it.each(["before", "after"] as const)(
    "does once what it has to do, whichever of its statements is lost %s it took effect",
    async (when) => {
      for (let n = 1, spared = false; !spared; n++) {
        const shop = lastingShop();
        const customer = await ended(shop);
        await setFaults({ fail: [n, n + 1].map((at) => ({ at, when, how: "drop" })) });
        await expirePoints(shop.ctx, AT_A_TIME).catch(() => {});
        await clearFaults();
        spared = n > 5 && shop.lines.every((line) => !line.includes("did not answer"));
        await runAfter(shop, 1);
        expect(await accountOf(shop, customer), `statement ${n}`).toEqual([0, 0, 0]);
        expect(await toldOf(shop, customer)).toHaveLength(1);
        const waiting = (await entriesOf(shop, customer)).filter((entry) => entry.endsWith("PENDING"));
        expect(waiting).toEqual([]);
      }
    },
  );

  it("takes on a few accounts at a time, until none is due", async () => {
    const shop = lastingShop();
    const customers = await Promise.all([1, 2, 3].map(() => newCustomer(shop)));
    for (const customer of customers) await give(shop, customer, 5);
    shop.advance(10 * DAY);
    expect([await expirePoints(shop.ctx, 2), await expirePoints(shop.ctx, 2), await expirePoints(shop.ctx, 2)]).toEqual(
      [2, 1, 0],
    );
    for (const customer of customers) expect(await balanceOf(shop, customer)).toBe(0);
  });
});

/** What happens to points, in the simplest words: lots that are used up one by one. */
function endedByLots(entries: readonly { kind: PointsKind; points: number; ends: boolean }[]): number {
  let [ending, lasting, debt] = [0, 0, 0];
  for (const { kind, points, ends } of entries) {
    if (kind === "GRANT") {
      const paid = Math.min(debt, points);
      debt -= paid;
      if (ends) ending += points - paid;
      else lasting += points - paid;
    } else {
      const first = Math.min(ending, points);
      const then = Math.min(lasting, points - first);
      ending -= first;
      lasting -= then;
      debt += points - first - then;
    }
  }
  return ending;
}

it("counts what has ended as one would by lots, whatever the journal", async () => {
  const shop = openShop();
  const moment = new Date("2026-11-22T10:00:00.000Z");
  const any = (most: number) => Math.floor(Math.random() * most);
  for (let round = 0; round < 40; round++) {
    const userId = unique("customer");
    const kinds = ["GRANT", "GRANT", "PAY", "CLAWBACK", "EXPIRE"] as const;
    const story = Array.from({ length: 1 + any(9) }, (_, index) => {
      const kind = kinds[any(5)] ?? "GRANT";
      return { kind, points: 1 + any(20), ends: any(2) === 0, at: new Date(moment.getTime() - (20 - index) * 1000) };
    });
    const rows = story.map(({ kind, points, ends, at }, index) => ({
      ...{ userId, kind, causeId: `c${index}`, points, state: "POSTED" as const, createdAt: at, postedAt: at },
      expiresAt: kind === "GRANT" ? new Date(moment.getTime() + (ends ? 0 : 1)) : null,
    }));
    await shop.db.insert(pointsLogs).values(rows);
    await shop.db.insert(pointsAccounts).values({ userId, balance: 0, held: 0 });
    const [look] = await lookAtAccount(shop.db, userId, moment);
    expect(look?.ended, JSON.stringify(story)).toBe(endedByLots(story));
  }
});
