/** What each statement must not touch: it matches no row, and every row stays as it was. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { CheckRefused } from "../../db/run.ts";
import { orders } from "../../db/schema/orders.ts";
import { paymentTransactions, refundRecords } from "../../db/schema/payments.ts";
import { inventoryItems } from "../../db/schema/stock.ts";
import * as attempt from "../../db/statements/attempt.ts";
import { applyClosedRefund } from "../../db/statements/closed-refund.ts";
import * as order from "../../db/statements/order.ts";
import * as refundRow from "../../db/statements/refund.ts";
import * as refund from "../../db/statements/refund-books.ts";
import * as settlement from "../../db/statements/settle.ts";
import { fen } from "../../src/money.ts";
import { METHOD_NAMES, type PaymentMethod } from "../../src/providers/methods.ts";
import { SOME_SEALED } from "../support/field-keys.ts";
import { startAfresh } from "./support/afresh.ts";
import { newOrder, newPaidOrder, type Purchase, startPayment } from "./support/purchases.ts";
import { OPERATOR, openShop, type Shop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const NOW = new Date("2026-11-22T10:00:00.000Z");
const FAR_AHEAD = new Date("2099-01-01T00:00:00.000Z");
const RECEIPT = { providerTradeNo: "4200001", amount: fen(3000), paidAt: NOW };
const ASIDE = { reason: "LATE", policy: "REFUND" } as const;
const CREDENTIAL = { sealed: SOME_SEALED, expiresAt: NOW };
const DECISION = { decidedBy: "somebody", failureCode: "DECLINED" };
const RESERVED = { decidedBy: OPERATOR.id, now: NOW, nextCheckAt: NOW };
const NO_RULES = { parts: null, paidSince: null };
const UNDIVIDED = { amount: fen(1000), points: 0, goneMoney: fen(1000), gonePoints: 0 };
const NOTE = { providerRefundNo: null, nextCheckAt: NOW };
const DONE = { provider: "wechat", providerRefundNo: "5030001", amount: fen(1000), succeededAt: NOW } as const;

type Scene = Purchase & { readonly outTradeNo: string };
type Send = (shop: Shop, scene: Scene & { readonly refundId: string }) => Promise<unknown>;

async function rowsOf({ db }: Shop, { orderId, sku }: Purchase) {
  return {
    orders: await db.select().from(orders).where(eq(orders.id, orderId)),
    attempts: await db.select().from(paymentTransactions).where(eq(paymentTransactions.orderId, orderId)),
    refunds: await db.select().from(refundRecords).where(eq(refundRecords.orderId, orderId)),
    items: await db.select().from(inventoryItems).where(eq(inventoryItems.sku, sku)),
  };
}

async function expectNothing(shop: Shop, scene: Scene & { readonly refundId: string }, send: Send): Promise<void> {
  const before = await rowsOf(shop, scene);
  expect([0, "order_refuses"]).toContain(await send(shop, scene));
  expect(await rowsOf(shop, scene)).toEqual(before);
}

async function openScene(shop: Shop): Promise<Scene & { refundId: string }> {
  const purchase = await newOrder(shop);
  return { ...purchase, outTradeNo: await startPayment(shop, purchase, "wechat"), refundId: "" };
}

/** A paid order, of which a customer wants a third back. */
async function paidScene(shop: Shop): Promise<Scene & { refundId: string }> {
  const scene = await newPaidOrder(shop, "wechat");
  const request = { provider: "wechat", orderId: scene.orderId, amount: fen(1000), reason: "退货" } as const;
  const { refundId } = await shop.manager.refund(scene.customer, request, unique("refund"));
  return { ...scene, refundId };
}

const settle =
  (provider: "wechat" | "alipay", receipt = RECEIPT, methods: readonly PaymentMethod[] = METHOD_NAMES): Send =>
  ({ db }, { outTradeNo }) =>
    settlement.settleAttempt(db, { provider, outTradeNo, methods }, receipt, NOW);
const setAside: Send = ({ db }, { outTradeNo }) => settlement.recordUnapplied(db, outTradeNo, RECEIPT, ASIDE, NOW);
const closeOrder: Send = ({ db }, { orderId }) => order.closeOrder(db, orderId, NOW);
const reserveBy =
  (rules: refund.ReservationRules, divided?: refund.DividedRefund): Send =>
  ({ db }, { refundId }) =>
    refund.reserveRefund(db, refundId, RESERVED, rules, divided);
const reserve = reserveBy(NO_RULES);
const apply =
  (done: refund.RefundDone = DONE): Send =>
  ({ db }, { refundId }) =>
    refund.applyRefund(db, refundId, done, NOW);
const takeTurn =
  (turn: Parameters<typeof refundRow.takeTurn>[2]): Send =>
  ({ db }, { refundId }) =>
    refundRow.takeTurn(db, { id: refundId, checks: 0, sentAt: null }, turn);
const divideAnew: Send = ({ db }, { refundId }) =>
  refundRow.setRefundSplit(
    db,
    refundId,
    { amount: fen(1), points: 999, entryPoints: 999, provider: "wechat", request: SOME_SEALED },
    NOW,
  );
const insert =
  (change: Partial<attempt.NewAttempt>): Send =>
  ({ db }, { orderId, customer, amount }) =>
    attempt.insertAttempt(db, {
      ...{
        outTradeNo: `${orderId}ABCD`,
        orderId,
        userId: customer.id,
        provider: "alipay",
        method: "ALIPAY_QR",
        amount,
      },
      ...{ request: SOME_SEALED, requestKey: null, requestHash: null, now: NOW, payableUntil: NOW, nextCheckAt: NOW },
      ...change,
    });

describe("an open order", () => {
  const cases: Readonly<Record<string, Send>> = {
    "is not paid by another provider's word": settle("alipay"),
    "is not paid by another amount": settle("wechat", { ...RECEIPT, amount: fen(2999) }),
    "is not paid by a method of another application": settle("wechat", RECEIPT, ["WECHAT_MINI", "WECHAT_APP"]),
    "does not close unless it is closing": closeOrder,
    "is no draft": ({ db }, { orderId }) => order.activateOrder(db, orderId, undefined),
    "is not given up": ({ db }, { orderId }) => order.abandonDraft(db, orderId, NOW),
    "is not refused": ({ db }, { orderId }) => order.refuseDraft(db, orderId, NOW),
    "is not closed at another provider's word": ({ db }, { outTradeNo }) =>
      attempt.closeAttempt(db, { provider: "alipay", outTradeNo, methods: METHOD_NAMES }, NOW),
    "is not closed in the name of another application": ({ db }, { outTradeNo }) =>
      attempt.closeAttempt(db, { provider: "wechat", outTradeNo, methods: ["WECHAT_APP"] }, NOW),
    "does not lose an attempt that the provider has confirmed": ({ db }, { outTradeNo }) =>
      attempt.failAttempt(db, outTradeNo, { code: "PARAM_ERROR", sentOnce: true }, NOW),
    "is not put off by whoever has read its attempt in another state": ({ db }, { outTradeNo }) =>
      attempt.postponeAttempt(db, { outTradeNo, state: "CLOSING", checks: 0 }, FAR_AHEAD),
    "takes no attempt of another amount": insert({ amount: fen(1) }),
    "takes no attempt of a stranger": insert({ userId: "stranger" }),
    "takes no attempt that it would outlive": insert({ payableUntil: new Date("2027-01-01T00:00:00Z") }),
  };
  it.each(Object.entries(cases))("%s", async (_, send) => {
    const shop = openShop();
    await expectNothing(shop, await openScene(shop), send);
  });

  it("takes no attempt while it is closing", async () => {
    const shop = openShop();
    const scene = await openScene(shop);
    await shop.db.update(orders).set({ closingAt: NOW }).where(eq(orders.id, scene.orderId));
    await expectNothing(shop, scene, insert({}));
  });
});

describe("a paid order", () => {
  const cases: Readonly<Record<string, Send>> = {
    "is not paid again": settle("wechat"),
    "keeps its money applied": setAside,
    "does not close": closeOrder,
    "keeps its attempt": ({ db }, { outTradeNo }) =>
      attempt.closeAttempt(db, { provider: "wechat", outTradeNo, methods: METHOD_NAMES }, NOW),
    "opens no attempt again": ({ db }, { outTradeNo }) => attempt.openAttempt(db, outTradeNo, CREDENTIAL),
    "takes no attempt": insert({}),
    "has not had a refund that was only asked for": apply(),
    "frees no refund that was never reserved": ({ db }, { refundId }) => refund.releaseRefund(db, refundId, "X", NOW),
    "has no refund under way that was only asked for": ({ db }, { refundId }) =>
      refundRow.noteRefund(db, refundId, "processing", NOTE),
  };
  it.each(Object.entries(cases))("%s", async (_, send) => {
    const shop = openShop();
    await expectNothing(shop, await paidScene(shop), send);
  });
});

describe("a refund", () => {
  const release: Send = ({ db }, { refundId }) => refund.releaseRefund(db, refundId, "X", NOW);
  const decline: Send = ({ db }, { refundId }) => refund.declineRefund(db, refundId, DECISION, NOW);
  const cases: Readonly<Record<string, readonly [first: readonly Send[], send: Send]>> = {
    "under way is not reserved again": [[reserve], reserve],
    "under way can't be declined": [[reserve], decline],
    "of another amount is not this one": [[reserve], apply({ ...DONE, amount: fen(999) })],
    "of another provider is not this one": [[reserve], apply({ ...DONE, provider: "alipay" })],
    "is not reserved when all parts are taken": [[], reserveBy({ ...NO_RULES, parts: 1 })],
    "is not reserved when others have gone since it was divided": [
      [],
      reserveBy(NO_RULES, { ...UNDIVIDED, goneMoney: fen(0) }),
    ],
    "is not reserved when it has been divided anew": [[], reserveBy(NO_RULES, { ...UNDIVIDED, amount: fen(999) })],
    "is not sent too soon after another": [
      [reserve],
      takeTurn({ now: NOW, lastRefundUntil: new Date(0), nextCheckAt: NOW }),
    ],
    "that somebody else has looked at is not sent": [
      [reserve, takeTurn({ now: NOW, lastRefundUntil: null, nextCheckAt: NOW })],
      takeTurn({ now: FAR_AHEAD, lastRefundUntil: null, nextCheckAt: NOW }),
    ],
    "that is sent meanwhile is not given up": [
      [reserve, takeTurn({ now: NOW, lastRefundUntil: null, nextCheckAt: NOW })],
      ({ db }, { refundId }) =>
        refund.releaseRefund(db, refundId, "RELEASED_BY_OPERATOR", NOW, {
          seen: { checks: 0, sentAt: null },
          nextCheckAt: NOW,
        }),
    ],
    "that was given up is not sent": [
      [reserve, release],
      takeTurn({ now: NOW, lastRefundUntil: null, nextCheckAt: NOW }),
    ],
    "under way is not divided anew": [[reserve], divideAnew],
    "is not reserved when the payment is too old": [[], reserveBy({ ...NO_RULES, paidSince: FAR_AHEAD })],
    "that succeeded does not succeed again": [[reserve, apply()], apply()],
    "that succeeded is not freed": [[reserve, apply()], release],
    "that was freed does not succeed": [[reserve, release], apply()],
    "that was freed is not freed again": [[reserve, release], release],
    "that was freed does not count with another amount": [
      [reserve, release],
      ({ db }, { refundId }) => applyClosedRefund(db, refundId, { ...DONE, amount: fen(999) }, NOW),
    ],
    "that was declined is not reserved": [[decline], reserve],
  };
  it.each(Object.entries(cases))("%s", async (_, [first, send]) => {
    const shop = openShop();
    const scene = await paidScene(shop);
    const request = { provider: "wechat", orderId: scene.orderId, amount: fen(1000), reason: "退货" } as const;
    await shop.manager.refund(OPERATOR, request, unique("refund"));
    for (const step of first) expect(await step(shop, scene)).toBeGreaterThan(0);
    await expectNothing(shop, scene, send);
  });

  it("that takes the last of the money leaves nothing for another one", async () => {
    const shop = openShop();
    const scene = await paidScene(shop);
    const request = { provider: "wechat", orderId: scene.orderId, amount: fen(2001), reason: "退货" } as const;
    await shop.manager.refund(OPERATOR, request, unique("refund"));
    const before = await rowsOf(shop, scene);
    const reserved = await reserve(shop, scene).catch((error: unknown) => error instanceof CheckRefused);
    expect([0, true]).toContain(reserved);
    expect(await rowsOf(shop, scene)).toEqual(before);
  });
});
