/** For how long points last that were waited for: from when they are there, and not from when somebody asked for them. */
import { afterAll, beforeEach, expect, it } from "vitest";
import { expirePoints } from "../../src/jobs/expire-points.ts";
import { getBalance, grantPoints } from "../../src/payments/points/account.ts";
import { approveRefund } from "../../src/payments/refunds/decide-refund.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { setFaults } from "./support/controls.ts";
import { newServiceFor } from "./support/points.ts";
import { newPaidOrder, subjectsOf } from "./support/purchases.ts";
import { newCustomer, OPERATOR, openShop, type Shop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const DAY = 86_400;
const shopOf = () => openShop({ settings: { pointsDays: 10 } });

async function balanceAfter(shop: Shop, userId: string, days: number): Promise<number> {
  await letPass(shop, days * DAY);
  await expirePoints(shop.ctx, 50);
  return (await getBalance(shop.ctx, userId)).balance;
}

it("points that were used beside money, and that an operator gives back after a long while", async () => {
  const shop = shopOf();
  const purchase = await newPaidOrder(shop, "alipay", { points: 700, pointsToUse: 700 });
  const { customer, orderId } = purchase;
  const request = { provider: "alipay", orderId, reason: "退货" } as const;
  const { refundId } = await shop.manager.refund(customer, request, unique("refund"));
  await letPass(shop, 11 * DAY);
  await approveRefund(shop.ctx, OPERATOR, refundId);
  expect(await balanceAfter(shop, customer.id, 9)).toBe(700);
  expect(await balanceAfter(shop, customer.id, 1)).toBe(0);
  await expectBooksInOrder(shop, subjectsOf(purchase));
});

it("points that paid all of it", async () => {
  const shop = shopOf();
  const purchase = await newServiceFor(shop, 3000);
  const { customer, orderId, amount } = purchase;
  await shop.manager.create(customer, "points", { method: "POINTS", orderId, amount });
  const request = { provider: "points", orderId, reason: "退货" } as const;
  const { refundId } = await shop.manager.refund(customer, request, unique("refund"));
  await letPass(shop, 11 * DAY);
  await approveRefund(shop.ctx, OPERATOR, refundId);
  expect(await balanceAfter(shop, customer.id, 9)).toBe(3000);
  expect(await balanceAfter(shop, customer.id, 1)).toBe(0);
});

it("points whose grant was interrupted, and sent again after a long while", async () => {
  const shop = shopOf();
  const { id: userId } = await newCustomer(shop);
  const grant = () => grantPoints(shop.ctx, OPERATOR, { userId, points: 5, reason: "生日" }, "key");
  const match = "`points_accounts`.`balance` + `points_logs`.`points`";
  await setFaults({ fail: [1, 2].map((at) => ({ at, when: "before", how: "drop", match })) });
  await expect(grant()).rejects.toMatchObject({ name: "DatabaseUnavailable" });
  await letPass(shop, 11 * DAY);
  await grant();
  expect(await balanceAfter(shop, userId, 9)).toBe(5);
  await grant();
  expect(await balanceAfter(shop, userId, 1)).toBe(0);
});
