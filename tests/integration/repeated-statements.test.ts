/** Every statement of db/statements, sent again after its answer was lost, leaves the books as if sent once. */
import { and, eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { DatabaseUnavailable } from "../../db/run.ts";
import { orders } from "../../db/schema/orders.ts";
import { paymentTransactions, refundRecords } from "../../db/schema/payments.ts";
import { pointsAccounts, pointsLogs } from "../../db/schema/points.ts";
import { inventoryItems, inventoryLogs } from "../../db/schema/stock.ts";
import * as attempt from "../../db/statements/attempt.ts";
import { insertClawback } from "../../db/statements/clawback.ts";
import { applyClosedRefund } from "../../db/statements/closed-refund.ts";
import * as foresight from "../../db/statements/foresee.ts";
import * as order from "../../db/statements/order.ts";
import * as points from "../../db/statements/points.ts";
import * as receipt from "../../db/statements/receipt.ts";
import * as refund from "../../db/statements/refund.ts";
import * as refundBooks from "../../db/statements/refund-books.ts";
import * as entries from "../../db/statements/refund-entries.ts";
import * as settlement from "../../db/statements/settle.ts";
import * as stock from "../../db/statements/stock.ts";
import { fen } from "../../src/money.ts";
import { cancelOrder } from "../../src/payments/orders/close-order.ts";
import { SOME_SEALED } from "../support/field-keys.ts";
import { startAfresh } from "./support/afresh.ts";
import { clearFaults, setFaults } from "./support/controls.ts";
import { pictureOf } from "./support/picture.ts";
import { newOrder, newPaidOrder, type Purchase, startPayment } from "./support/purchases.ts";
import { OPERATOR, openShop, type Shop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const NOW = new Date("2026-11-22T10:00:00.000Z");
const RECEIPT = { providerTradeNo: "4200001", amount: fen(2300), paidAt: NOW };
const LATER = new Date("2026-11-22T10:05:00.000Z");
const MIXED = { points: 900, pointsToUse: 700 };

/** A statement ready to be sent: to a purchase of its own, as often as wanted. */
type Prepared = { readonly purchase: Purchase; readonly send: (shop: Shop) => Promise<unknown> };
type Prepare = (shop: Shop) => Promise<Prepared>;

/** On an order with an open attempt, after `first` if there is one. */
const onAttempt =
  (send: (shop: Shop, outTradeNo: string, purchase: Purchase) => Promise<unknown>, first?: typeof send): Prepare =>
  async (shop) => {
    const purchase = await newOrder(shop, MIXED);
    const outTradeNo = await startPayment(shop, purchase, "wechat");
    await first?.(shop, outTradeNo, purchase);
    return { purchase, send: (sender) => send(sender, outTradeNo, purchase) };
  };

const onOrder =
  (send: (shop: Shop, purchase: Purchase) => Promise<unknown>, first?: typeof send): Prepare =>
  async (shop) => {
    const purchase = await newOrder(shop, MIXED);
    await first?.(shop, purchase);
    return { purchase, send: (sender) => send(sender, purchase) };
  };

/** On a refund of a part that a customer has asked for, with as much under way and more left beside it; after `first` if there is one. */
const onRefund =
  (send: (shop: Shop, refundId: string) => Promise<unknown>, first?: typeof send): Prepare =>
  async (shop) => {
    const purchase = await newPaidOrder(shop, "wechat", MIXED);
    const request = { provider: "wechat", orderId: purchase.orderId, amount: fen(800), reason: "退货" } as const;
    await shop.manager.refund(OPERATOR, request, unique("refund"));
    const { refundId } = await shop.manager.refund(purchase.customer, request, unique("refund"));
    await first?.(shop, refundId);
    return { purchase, send: (sender) => send(sender, refundId) };
  };

const setAside = ({ db }: Shop, outTradeNo: string) =>
  settlement.recordUnapplied(db, outTradeNo, RECEIPT, { reason: "LATE", policy: "REFUND" }, NOW);
const seen = (outTradeNo: string) => ({ outTradeNo, policy: "REFUND" }) as const;
const writeOff = async (shop: Shop, outTradeNo: string) => {
  await setAside(shop, outTradeNo);
  const decision = { disposition: "WRITTEN_OFF", policy: "HOLD", nextCheckAt: LATER } as const;
  return await receipt.decideReceipt(shop.db, seen(outTradeNo), decision, NOW);
};
/** Money that is meant to open its closed order again. */
const toRevive = async (shop: Shop, outTradeNo: string, { orderId }: Purchase) => {
  await settlement.recordUnapplied(shop.db, outTradeNo, RECEIPT, { reason: "LATE", policy: "REVIVE" }, NOW);
  await cancelOrder(shop.ctx, OPERATOR, orderId);
};
const settleOnceMore = ({ db }: Shop, outTradeNo: string) =>
  settlement.settleAttempt(db, nativePayment(outTradeNo), RECEIPT, NOW, LATER);
const earningShop = () => openShop({ settings: { pointsPerYuan: 1, pointsDays: 1 } });
const grant = ({ db }: Shop, { customer, orderId }: Purchase) =>
  points.insertPointsEntry(db, { userId: customer.id, kind: "GRANT", causeId: orderId, orderId: null, points: 5 }, NOW);
const adjust = ({ db }: Shop, { sku, orderId }: Purchase) =>
  stock.insertStockEntry(db, { ...entryOf("ADJUST", sku, orderId), quantity: 3 }, NOW);
const count = ({ db }: Shop, { sku, orderId }: Purchase) =>
  stock.insertStockEntry(db, { ...entryOf("COUNT", sku, orderId), quantity: 0, counted: 10 }, NOW);
const entryOf = (kind: "ADJUST" | "COUNT", sku: string, causeId: string) => ({
  ...{ kind, sku, causeId, reason: "盘点", createdBy: OPERATOR.id },
});
const nativePayment = (outTradeNo: string) => ({ provider: "wechat", outTradeNo, methods: ["WECHAT_NATIVE"] }) as const;
const DECISION = { decidedBy: OPERATOR.id, now: NOW, nextCheckAt: LATER };
const NO_RULES = { parts: null, paidSince: null };
const reserve = ({ db }: Shop, refundId: string) => refundBooks.reserveRefund(db, refundId, DECISION, NO_RULES);
const reserveToWait = ({ db }: Shop, refundId: string) =>
  refundBooks.reserveRefund(db, refundId, { ...DECISION, waits: true }, NO_RULES);
const release = ({ db }: Shop, refundId: string) => refundBooks.releaseRefund(db, refundId, "PROVIDER_CLOSED", NOW);
const reserveAndRelease = async (shop: Shop, refundId: string) => {
  await reserve(shop, refundId);
  await release(shop, refundId);
};
const refunded = { provider: "wechat", providerRefundNo: "5030001", amount: null, succeededAt: NOW } as const;

const STATEMENTS: Readonly<Record<string, Prepare>> = {
  insertAttempt: onOrder(({ db }, { orderId, customer, amount }) =>
    attempt.insertAttempt(db, {
      ...{ outTradeNo: `${orderId}ABCD`, orderId, userId: customer.id, provider: "wechat", method: "WECHAT_NATIVE" },
      ...{
        amount,
        request: SOME_SEALED,
        requestKey: null,
        requestHash: null,
        now: NOW,
        payableUntil: NOW,
        nextCheckAt: LATER,
      },
    }),
  ),
  settleAttempt: onAttempt(({ db }, outTradeNo) =>
    settlement.settleAttempt(db, nativePayment(outTradeNo), RECEIPT, NOW),
  ),
  recordUnapplied: onAttempt(setAside),
  openAttempt: onAttempt(({ db }, outTradeNo) =>
    attempt.openAttempt(db, outTradeNo, { sealed: SOME_SEALED, expiresAt: LATER }),
  ),
  failAttempt: onAttempt(
    ({ db }, outTradeNo) => attempt.failAttempt(db, outTradeNo, { code: "PARAM_ERROR", sentOnce: true }, NOW),
    ({ db }, outTradeNo) =>
      db.update(paymentTransactions).set({ state: "CREATED" }).where(eq(paymentTransactions.outTradeNo, outTradeNo)),
  ),
  beginClosingAttempt: onAttempt(({ db }, outTradeNo) => attempt.beginClosingAttempt(db, outTradeNo, LATER)),
  beginClosingSiblings: onAttempt(({ db }, _, { orderId }) => attempt.beginClosingSiblings(db, orderId, "-", LATER)),
  closeAttempt: onAttempt(({ db }, outTradeNo) => attempt.closeAttempt(db, nativePayment(outTradeNo), NOW)),
  postponeAttempt: onAttempt(({ db }, outTradeNo) =>
    attempt.postponeAttempt(db, { outTradeNo, state: "PENDING", checks: 0 }, LATER),
  ),
  endConfirmation: onAttempt(({ db }, outTradeNo) => settlement.endConfirmation(db, outTradeNo), settleOnceMore),
  finishUnapplied: onAttempt(
    ({ db }, outTradeNo) => settlement.finishUnapplied(db, outTradeNo, { kind: "held" }),
    setAside,
  ),
  applyReceipt: onAttempt(
    ({ db }, outTradeNo, { orderId }) =>
      receipt.applyReceipt(
        db,
        seen(outTradeNo),
        { state: "PENDING", generation: 0, cause: orderId },
        { now: NOW, lookAt: LATER },
      ),
    setAside,
  ),
  decideReceipt: onAttempt(
    ({ db }, outTradeNo) =>
      receipt.decideReceipt(db, seen(outTradeNo), { disposition: "UNAPPLIED", policy: "HOLD", nextCheckAt: null }, NOW),
    setAside,
  ),
  endWatch: onAttempt(({ db }, outTradeNo) => receipt.endWatch(db, outTradeNo), writeOff),
  foreseeSale: onAttempt(({ db }, outTradeNo) => foresight.foreseeSale(db, outTradeNo, 0, NOW), toRevive),
  foreseeHold: onAttempt(({ db }, outTradeNo) => foresight.foreseeHold(db, outTradeNo, 0, NOW), toRevive),
  foreseeEarning: onAttempt(({ db }, outTradeNo, { orderId, customer }) => {
    const entry = { userId: customer.id, kind: "EARN", causeId: `${orderId}#1`, orderId, points: 23 } as const;
    return foresight.foreseeEarning(db, outTradeNo, 0, entry, NOW);
  }, toRevive),
  activateOrder: onOrder(({ db }, { orderId }) => order.activateOrder(db, orderId, undefined), asDraft),
  abandonDraft: onOrder(({ db }, { orderId }) => order.abandonDraft(db, orderId, NOW), asDraft),
  refuseDraft: onOrder(({ db }, { orderId }) => order.refuseDraft(db, orderId, NOW), asDraft),
  closeOrder: onOrder(
    ({ db }, { orderId }) => order.closeOrder(db, orderId, NOW),
    ({ db }, { orderId }) => db.update(orders).set({ closingAt: NOW }).where(eq(orders.id, orderId)),
  ),
  activateFreeOrder: onOrder(
    ({ db }, { orderId }) => order.activateFreeOrder(db, orderId, NOW),
    async (shop, p) => {
      await asDraft(shop, p);
      await shop.db
        .update(orders)
        .set({ amount: fen(0) })
        .where(eq(orders.id, p.orderId));
    },
  ),
  insertPointsEntry: onOrder(grant),
  postGrant: onOrder(({ db }, { customer, orderId }) => points.postGrant(db, customer.id, orderId, NOW), grant),
  voidPointsEntry: onOrder(
    ({ db }, { customer, orderId }) =>
      points.voidPointsEntry(db, { userId: customer.id, kind: "GRANT", causeId: orderId }, NOW),
    grant,
  ),
  insertClawback: onRefund(
    ({ db }, id) => insertClawback(db, id, "REQUESTED", NOW),
    ({ db }, id) => db.delete(pointsLogs).where(and(eq(pointsLogs.causeId, id), eq(pointsLogs.kind, "CLAWBACK"))),
  ),
  insertReturnEntries: onRefund(({ db }, id) =>
    entries.insertReturnEntries(
      db,
      id,
      [
        { sku: "A", quantity: 1 },
        { sku: "B", quantity: 2 },
      ],
      NOW,
    ),
  ),
  insertPointsBack: onRefund(
    ({ db }, id) => entries.insertPointsBack(db, id, { points: 5, expiresAt: LATER }, NOW),
    ({ db }, id) => db.delete(pointsLogs).where(and(eq(pointsLogs.causeId, id), eq(pointsLogs.kind, "REFUND"))),
  ),
  takeDueAccount: onOrder(({ db }, { customer }) => points.takeDueAccount(db, customer.id, NOW, LATER), due),
  putBackAccount: onOrder(
    ({ db }, { customer }) => points.putBackAccount(db, customer.id, { version: 1, until: NOW }, LATER),
    due,
  ),
  postExpiry: onOrder(async ({ db }, { customer, orderId }) => {
    const account = { userId: customer.id, causeId: orderId, version: 1 };
    return await points.postExpiry(db, account, NOW);
  }, expiry),
  voidExpiries: onOrder(({ db }, { customer }) => points.voidExpiries(db, customer.id, NOW), expiry),
  openAccount: onOrder(({ db }, { orderId }) => points.openAccount(db, orderId)),
  reserveRefund: onRefund(reserve),
  declineRefund: onRefund(({ db }, id) =>
    refundBooks.declineRefund(db, id, { decidedBy: "x", failureCode: "DECLINED" }, NOW),
  ),
  applyRefund: onRefund(({ db }, id) => refundBooks.applyRefund(db, id, refunded, NOW), reserve),
  releaseRefund: onRefund(release, reserve),
  applyClosedRefund: onRefund(({ db }, id) => applyClosedRefund(db, id, refunded, NOW), reserveAndRelease),
  setRefundSplit: onRefund(({ db }, id) =>
    refund.setRefundSplit(
      db,
      id,
      { amount: fen(700), points: 100, entryPoints: 100, provider: "wechat", request: SOME_SEALED },
      NOW,
    ),
  ),
  waitForTurn: onRefund(({ db }, id) => refund.waitForTurn(db, id, NOW), reserveToWait),
  takeTurn: onRefund(
    ({ db }, id) =>
      refund.takeTurn(db, { id, checks: 0, sentAt: null }, { now: LATER, lastRefundUntil: null, nextCheckAt: LATER }),
    reserveToWait,
  ),
  endRefundWatch: onRefund(
    ({ db }, id) => refund.endRefundWatch(db, id),
    async ({ db }, id) => {
      await refundBooks.reserveRefund(db, id, DECISION, NO_RULES);
      await refundBooks.releaseRefund(db, id, "RELEASED_BY_OPERATOR", NOW, {
        seen: { checks: 0, sentAt: null },
        nextCheckAt: LATER,
      });
    },
  ),
  noteRefund: onRefund(
    ({ db }, id) => refund.noteRefund(db, id, "abnormal", { providerRefundNo: "5", nextCheckAt: LATER }),
    reserve,
  ),
  postponeRefund: onRefund(({ db }, id) => refund.postponeRefund(db, id, 0, LATER), reserve),
  insertStockEntry: onOrder(adjust),
  postAdjustment: onOrder(({ db }, { sku, orderId }) => stock.postAdjustment(db, sku, orderId, NOW), adjust),
  voidStockEntry: onOrder(
    ({ db }, { sku, orderId }) => stock.voidStockEntry(db, { kind: "ADJUST", sku, causeId: orderId }, NOW),
    adjust,
  ),
  correctCount: onOrder(
    ({ db }, { sku, orderId }) => stock.correctCount(db, { sku, causeId: orderId, counted: 7, onHand: 5 }),
    count,
  ),
  postCount: onOrder(
    ({ db }, { sku, orderId }) => stock.postCount(db, { sku, causeId: orderId, counted: 10, onHand: 10 }, NOW),
    count,
  ),
  "postCount of fewer than are promised": onOrder(
    ({ db }, { sku, orderId }) => stock.postCount(db, { sku, causeId: orderId, counted: 1, onHand: 10 }, NOW),
    async (shop, purchase) => {
      await count(shop, purchase);
      await stock.correctCount(shop.db, { sku: purchase.sku, causeId: purchase.orderId, counted: 1, onHand: 10 });
    },
  ),
  setLowMark: onOrder(({ db }, { sku }) => stock.setLowMark(db, sku, 1000)),
  noteLow: onOrder(
    ({ db }, { sku }) => stock.noteLow(db, sku, NOW),
    ({ db }, { sku }) => stock.setLowMark(db, sku, 1000),
  ),
};

/** An account whose time has come. Its hold was its only change. */
async function due({ db }: Shop, { customer }: Purchase): Promise<void> {
  await db.update(pointsAccounts).set({ nextCheckAt: NOW }).where(eq(pointsAccounts.userId, customer.id));
}

/** Points whose end has been counted and not posted. */
async function expiry({ db }: Shop, { customer, orderId }: Purchase): Promise<void> {
  const entry = { userId: customer.id, kind: "EXPIRE", causeId: orderId, orderId: null, points: 3 } as const;
  await points.insertPointsEntry(db, entry, NOW);
}

/** Takes an order back to before it was activated, as a maker leaves it who dies there. */
async function asDraft(shop: Shop, { orderId }: Purchase): Promise<void> {
  await cancelOrder(shop.ctx, OPERATOR, orderId);
  const { db } = shop;
  const draft = { state: "DRAFT", closingAt: null, closeReason: null, closedAt: null, nextCheckAt: LATER } as const;
  await db.update(orders).set(draft).where(eq(orders.id, orderId));
  const pending = { state: "PENDING", postedAt: null } as const;
  await db.update(inventoryLogs).set(pending).where(eq(inventoryLogs.orderId, orderId));
  await db.update(pointsLogs).set(pending).where(eq(pointsLogs.orderId, orderId));
}

/** Every row that a statement could move. */
async function rowsOf(shop: Shop, { orderId, customer, sku }: Purchase) {
  const { db } = shop;
  return {
    picture: await pictureOf(shop, { userId: customer.id, skus: [sku] }),
    orders: await db.select().from(orders).where(eq(orders.id, orderId)),
    attempts: await db.select().from(paymentTransactions).where(eq(paymentTransactions.orderId, orderId)),
    refunds: await db.select().from(refundRecords).where(eq(refundRecords.orderId, orderId)),
    items: await db.select().from(inventoryItems).where(eq(inventoryItems.sku, sku)),
    stock: await db.select().from(inventoryLogs).where(eq(inventoryLogs.sku, sku)),
    pieces: await db.select().from(inventoryLogs).where(eq(inventoryLogs.orderId, orderId)),
    points: await db.select().from(pointsLogs).where(eq(pointsLogs.userId, customer.id)),
    accounts: await db.select().from(pointsAccounts).where(eq(pointsAccounts.userId, customer.id)),
    opened: await db.select().from(pointsAccounts).where(eq(pointsAccounts.userId, orderId)),
  };
}

/** Without what the providers say: they go on by themselves, as time passes. */
function ours({ picture: { providers: _theirs, ...picture }, ...rows }: Awaited<ReturnType<typeof rowsOf>>) {
  return { ...rows, picture };
}

describe.each(Object.entries(STATEMENTS))("%s", (_, prepare) => {
  it("does once what it is sent twice for", async () => {
    const shop = earningShop();
    const [lucky, unlucky] = [await prepare(shop), await prepare(shop)];
    await lucky.send(shop);
    const once = await rowsOf(shop, lucky.purchase);
    const before = await rowsOf(shop, unlucky.purchase);
    // What the preparation left to be done later must not take the fault.
    await shop.idle();
    await setFaults({ fail: [{ at: 1, when: "after", how: "drop" }] });
    await unlucky.send(shop);
    const twice = await rowsOf(shop, unlucky.purchase);
    expect(twice).not.toEqual(before);
    expect(ours(twice).picture).toEqual(ours(once).picture);
    await unlucky.send(shop);
    expect(ours(await rowsOf(shop, unlucky.purchase))).toEqual(ours(twice));
  });
});

describe("a statement in trouble", () => {
  const settle = STATEMENTS.settleAttempt;
  if (!settle) throw new Error("no such statement");

  it("is sent again after deadlocks, and the watch over contention sees them", async () => {
    const shop = openShop();
    const { send, purchase } = await settle(shop);
    await setFaults({ fail: [1, 2, 3].map((at) => ({ at, when: "before", how: "deadlock" })) });
    expect(await send(shop)).toBeGreaterThan(0);
    expect(shop.contention).toEqual([1213, 1213, 1213]);
    expect((await rowsOf(shop, purchase)).orders).toMatchObject([{ state: "PAID" }]);
  });

  it("gives up when no answer comes at all, with an error that says so and shows no SQL", async () => {
    const shop = openShop();
    const { send } = await settle(shop);
    await setFaults({ fail: [1, 2, 3, 4].map((at) => ({ at, when: "before", how: "drop" })) });
    const failure = await send(shop).catch((error: unknown) => error);
    await clearFaults();
    expect(failure).toBeInstanceOf(DatabaseUnavailable);
    expect(String(failure)).toBe("DatabaseUnavailable: the database did not answer");
  });
});
