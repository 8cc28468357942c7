/** A customer's statement: every entry, and the balance after it. */
import { afterAll, beforeEach, expect, it } from "vitest";
import type { Actor } from "../../src/payments/context.ts";
import { cancelOrder } from "../../src/payments/orders/close-order.ts";
import { getBalance, grantPoints } from "../../src/payments/points/account.ts";
import { parsePosition, readStatement } from "../../src/payments/points/statement.ts";
import { startAfresh } from "./support/afresh.ts";
import { newService, pay, refundMoney } from "./support/points.ts";
import { newCustomer, OPERATOR, openShop, type Shop } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

async function pagesOf(shop: Shop, { id }: Actor, limit: number): Promise<string[][]> {
  const pages: string[][] = [];
  let before: string | null = null;
  do {
    const position = before === null ? undefined : parsePosition(before);
    const page = await readStatement(shop.ctx, id, { before: position, limit });
    pages.push(
      page.entries.map(({ kind, state, change, balanceAfter }) => `${kind} ${state} ${change} ${balanceAfter}`),
    );
    before = page.next;
  } while (before !== null);
  return pages;
}

/** Granted 1000; 300 used and 27 earned; all of it given back; 100 held for an order that is open. */
async function history(shop: Shop): Promise<Actor> {
  const customer = await newCustomer(shop);
  await grantPoints(shop.ctx, OPERATOR, { userId: customer.id, points: 1000, reason: "生日" });
  shop.advance(1);
  const bought = await newService(shop, customer, 300);
  shop.advance(1);
  await pay(shop, bought);
  await refundMoney(shop, bought, 1500);
  await refundMoney(shop, bought);
  shop.advance(1);
  const closed = await newService(shop, customer, 50);
  await cancelOrder(shop.ctx, customer, closed.orderId);
  shop.advance(1);
  await newService(shop, customer, 100);
  return customer;
}

const LINES = [
  "GRANT POSTED 1000 1000",
  "EARN POSTED 27 1027",
  "HOLD POSTED -300 727",
  "CLAWBACK POSTED -13 714",
  "REFUND POSTED 150 864",
  "CLAWBACK POSTED -14 850",
  "REFUND POSTED 150 1000",
];

it.each([1, 2, 3, 100])("shows the balance after each entry on pages of %i", async (limit) => {
  const shop = openShop({ settings: { pointsPerYuan: 1 } });
  const customer = await history(shop);
  const pages = await pagesOf(shop, customer, limit);
  expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
  const posted = pages.flat().filter((line) => line.includes("POSTED"));
  expect(posted.toReversed()).toEqual(LINES);
  const others = pages.flat().filter((line) => !line.includes("POSTED"));
  const unposted = ["EARN PENDING", "EARN VOIDED", "HOLD PENDING", "HOLD VOIDED"];
  expect(others.toSorted()).toEqual(unposted.map((entry) => `${entry} 0 1000`));
  expect(await getBalance(shop.ctx, customer.id)).toMatchObject({ balance: 1000, held: 100, available: 900, debt: 0 });
});

it("stays as it is for what took effect, whatever comes later", async () => {
  const shop = openShop({ settings: { pointsPerYuan: 1 } });
  const customer = await history(shop);
  const before = (await pagesOf(shop, customer, 3)).flat().filter((line) => line.includes("POSTED"));
  await grantPoints(shop.ctx, OPERATOR, { userId: customer.id, points: 5, reason: "生日" });
  const after = (await pagesOf(shop, customer, 4)).flat().filter((line) => line.includes("POSTED"));
  expect(after).toEqual(["GRANT POSTED 5 1005", ...before]);
});

it("tells entries of one moment apart", async () => {
  const shop = openShop();
  const customer = await newCustomer(shop);
  const { ctx } = shop;
  const now = ctx.now();
  const frozen = { ...ctx, now: () => now };
  for (let points = 1; points <= 5; points++) {
    await grantPoints(frozen, OPERATOR, { userId: customer.id, points, reason: "生日" });
  }
  const lines = (await pagesOf(shop, customer, 2)).flat();
  expect(new Set(lines).size).toBe(5);
  expect(lines[0]).toMatch(/ 15$/);
});

it.each([
  "",
  "x",
  "2026-11-22T10:00:00.000Z",
  "2026-11-22T10:00:00.000Z~GIFT~c",
  "2026-11-22T10:00:00.000Z~GRANT~%",
  "2026-11-22~GRANT~c",
  "2026-13-22T10:00:00.000Z~GRANT~c",
  "+275760-09-13T00:00:00.000Z~GRANT~c",
  "~~",
])("knows that %j is no place in it", (text) => {
  expect(parsePosition(text)).toBeUndefined();
});
