/** What the statements over points must not touch: they match no row, and every row stays as it was. */
import { and, eq } from "drizzle-orm";
import { afterAll, beforeEach, expect, it } from "vitest";
import { pointsAccounts, pointsLogs } from "../../db/schema/points.ts";
import { insertClawback } from "../../db/statements/clawback.ts";
import { applyClosedRefund } from "../../db/statements/closed-refund.ts";
import {
  insertPointsEntry,
  insertPointsPayment,
  postExpiry,
  putBackAccount,
  renewTerm,
  takeDueAccount,
} from "../../db/statements/points.ts";
import { applyRefund, declineRefund, reserveRefund } from "../../db/statements/refund-books.ts";
import { fen } from "../../src/money.ts";
import { startAfresh } from "./support/afresh.ts";
import { newServiceFor, pay } from "./support/points.ts";
import { newPaidOrder, type Purchase } from "./support/purchases.ts";
import { newCustomer, OPERATOR, openShop, type Shop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const NOW = new Date("2026-11-22T10:00:00.000Z");
const LATER = new Date("2026-11-22T10:05:00.000Z");
const DONE = { provider: "wechat", providerRefundNo: "5030001", amount: fen(1000), succeededAt: NOW } as const;

async function rowsOf({ db }: Shop, userId: string) {
  return [
    await db.select().from(pointsAccounts).where(eq(pointsAccounts.userId, userId)),
    await db.select().from(pointsLogs).where(eq(pointsLogs.userId, userId)),
  ];
}

/** An account that is due, in its fourth version, with points that somebody has counted. */
async function dueAccount(shop: Shop): Promise<{ userId: string; causeId: string }> {
  const { id: userId } = await newCustomer(shop, 100);
  await shop.db.update(pointsAccounts).set({ version: 4, nextCheckAt: NOW }).where(eq(pointsAccounts.userId, userId));
  const entry = { userId, kind: "EXPIRE", causeId: unique("end"), orderId: null, points: 40 } as const;
  await insertPointsEntry(shop.db, entry, NOW);
  return entry;
}

const STALE: Readonly<Record<string, (shop: Shop, account: { userId: string; causeId: string }) => Promise<number>>> = {
  "ends no points that were counted before it changed": ({ db }, account) =>
    postExpiry(db, { ...account, version: 3 }, NOW),
  "ends no points that nobody has counted": ({ db }, { userId }) =>
    postExpiry(db, { userId, causeId: "other", version: 4 }, NOW),
  "is not taken by who saw it due before": ({ db }, { userId }) => takeDueAccount(db, userId, LATER, LATER),
  "is not put back by who saw it before it changed": ({ db }, { userId }) =>
    putBackAccount(db, userId, { version: 3, until: NOW }, null),
  "keeps the term of points that are on it": ({ db }, { userId }) =>
    renewTerm(db, { userId, kind: "GRANT", causeId: userId, expiresAt: NOW }),
  "is not put back by who no longer has it": ({ db }, { userId }) =>
    putBackAccount(db, userId, { version: 4, until: LATER }, null),
};

it.each(Object.entries(STALE))("an account %s", async (_, send) => {
  const shop = openShop();
  const account = await dueAccount(shop);
  const before = await rowsOf(shop, account.userId);
  expect(await send(shop, account)).toBe(0);
  expect(await rowsOf(shop, account.userId)).toEqual(before);
});

/** A third of an order's money that its customer wants back, for which nobody has foreseen to take earned points. */
async function unforeseen(shop: Shop): Promise<Purchase & { refundId: string }> {
  const purchase = await newPaidOrder(shop, "wechat");
  const request = { provider: "wechat", orderId: purchase.orderId, amount: fen(1000), reason: "退货" } as const;
  const { refundId } = await shop.manager.refund(purchase.customer, request, unique("refund"));
  await forget(shop, refundId);
  return { ...purchase, refundId };
}

const forget = ({ db }: Shop, refundId: string) =>
  db.delete(pointsLogs).where(and(eq(pointsLogs.causeId, refundId), eq(pointsLogs.kind, "CLAWBACK")));

const reserve = ({ db }: Shop, refundId: string) =>
  reserveRefund(db, refundId, { decidedBy: OPERATOR.id, now: NOW, nextCheckAt: NOW }, { parts: null, paidSince: null });

it("a refund goes nowhere without the entry that takes earned points back", async () => {
  const shop = openShop({ settings: { pointsPerYuan: 1 } });
  const { refundId, customer } = await unforeseen(shop);
  const before = await rowsOf(shop, customer.id);
  expect(await reserve(shop, refundId)).toBe(0);
  await insertClawback(shop.db, refundId, "REQUESTED", NOW);
  expect(await reserve(shop, refundId)).toBeGreaterThan(0);
  await forget(shop, refundId);
  expect(await applyRefund(shop.db, refundId, DONE, NOW)).toBe(0);
  expect(await rowsOf(shop, customer.id)).toEqual(before);
});

it("nor does one that turns out to have been made after it was declined", async () => {
  const shop = openShop({ settings: { pointsPerYuan: 1 } });
  const { refundId, customer } = await unforeseen(shop);
  await declineRefund(shop.db, refundId, { decidedBy: OPERATOR.id, failureCode: "DECLINED" }, NOW);
  const before = await rowsOf(shop, customer.id);
  expect(await applyClosedRefund(shop.db, refundId, DONE, NOW)).toBe(0);
  expect(await rowsOf(shop, customer.id)).toEqual(before);
});

it("nothing is foreseen for a refund of what earned nothing", async () => {
  const shop = openShop();
  const { refundId, customer } = await unforeseen(shop);
  await insertClawback(shop.db, refundId, "REQUESTED", NOW);
  expect(await rowsOf(shop, customer.id)).toEqual([[], []]);
  expect(await reserve(shop, refundId)).toBeGreaterThan(0);
});

it("an attempt that has ended gets no entry from a request that comes late", async () => {
  const shop = openShop();
  const { customer, orderId, outTradeNo } = await newPaidOrder(shop, "wechat");
  const before = await rowsOf(shop, customer.id);
  const late = { userId: customer.id, causeId: outTradeNo, orderId, points: 5 };
  await insertPointsPayment(shop.db, late, LATER);
  expect(await rowsOf(shop, customer.id)).toEqual(before);
});

it("an order that earns waits for no more than its account", async () => {
  const shop = openShop({ settings: { pointsPerYuan: 1 } });
  const purchase = await newServiceFor(shop);
  await shop.db.delete(pointsAccounts).where(eq(pointsAccounts.userId, purchase.customer.id));
  await pay(shop, purchase);
  const [[account], [entry]] = [...(await rowsOf(shop, purchase.customer.id)), [], []];
  expect(account).toBeUndefined();
  expect(entry).toMatchObject({ kind: "EARN", state: "VOIDED" });
});
