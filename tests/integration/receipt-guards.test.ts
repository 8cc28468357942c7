/** What the statements over money beside its order must not touch, whoever has got that far: they match no row. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { orders } from "../../db/schema/orders.ts";
import { paymentTransactions } from "../../db/schema/payments.ts";
import { foreseeSale } from "../../db/statements/foresee.ts";
import { applyReceipt, decideReceipt, type TargetOrder } from "../../db/statements/receipt.ts";
import { reserveRefund } from "../../db/statements/refund-books.ts";
import { finishUnapplied } from "../../db/statements/settle.ts";
import { fen } from "../../src/money.ts";
import { startAfresh } from "./support/afresh.ts";
import { clearFaults, setFaults } from "./support/controls.ts";
import { STATEMENTS } from "./support/interleave.ts";
import { type LateMoney, lateMoney } from "./support/receipts.ts";
import { attemptOf } from "./support/records.ts";
import { openShop, type Shop, stockOf } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const NOW = new Date("2026-11-22T10:00:00.000Z");
const RESERVED = { decidedBy: "system", now: NOW, nextCheckAt: NOW };
const TIMES = { now: NOW, lookAt: NOW };

type Values = Partial<typeof paymentTransactions.$inferInsert>;

const change = ({ db }: Shop, { outTradeNo }: LateMoney, values: Values) =>
  db.update(paymentTransactions).set(values).where(eq(paymentTransactions.outTradeNo, outTradeNo));

/** Late money that is about to open its order again, whose entries are foreseen. */
async function aboutToApply(shop: Shop): Promise<{ late: LateMoney; target: TargetOrder }> {
  const late = await lateMoney(shop);
  await change(shop, late, { policy: "APPLY" });
  await foreseeSale(shop.db, late.outTradeNo, 0, NOW);
  return { late, target: { state: "CLOSED", generation: 0, cause: `${late.orderId}#1` } };
}

const apply = ({ db }: Shop, { outTradeNo }: LateMoney, target: TargetOrder) =>
  applyReceipt(db, { outTradeNo, policy: "APPLY" }, target, TIMES);

describe("late money is not applied", () => {
  const cases: Readonly<Record<string, Values>> = {
    "while some of it is going back": { refunding: fen(1) },
    "once some of it has gone back": { refunded: fen(1) },
    "when it came and went": { unappliedReason: "GONE_BACK" },
    "when it is not what the order costs": { received: fen(2999) },
    "when something else is to become of it": { policy: "HOLD" },
  };
  it.each(Object.entries(cases))("%s", async (_, values) => {
    const shop = openShop({ settings: { latePayments: "hold" } });
    const { late, target } = await aboutToApply(shop);
    await change(shop, late, values);
    expect(await apply(shop, late, target)).toBe(0);
    expect(await stockOf(shop, late.sku)).toEqual([10, 0]);
  });

  it("to an order that has opened and closed since it was read", async () => {
    const shop = openShop({ settings: { latePayments: "hold" } });
    const { late, target } = await aboutToApply(shop);
    await shop.db.update(orders).set({ generation: 1 }).where(eq(orders.id, late.orderId));
    expect(await apply(shop, late, target)).toBe(0);
    expect(await apply(shop, late, { ...target, generation: 1 })).toBeGreaterThan(0);
  });
});

describe("money that is not to go back", () => {
  it("is not reserved for a refund that was written down when it was", async () => {
    const shop = openShop();
    await setFaults({
      fail: [1, 2].map((at) => ({ at, match: STATEMENTS.reserveRefund, when: "before", how: "drop" })),
    });
    const late = await lateMoney(shop);
    await clearFaults();
    const refundId = `${late.outTradeNo}R1`;
    const reserve = () => reserveRefund(shop.db, refundId, RESERVED, { parts: null, paidSince: null });
    await change(shop, late, { policy: "HOLD" });
    expect(await reserve()).toBe(0);
    expect(await attemptOf(shop, late.outTradeNo)).toMatchObject({ refunding: 0 });
    await change(shop, late, { policy: "REFUND" });
    expect(await reserve()).toBeGreaterThan(0);
  });
});

describe("money that is to go back", () => {
  it("is looked after as long as a fen of it is here, and none is on its way", async () => {
    const shop = openShop({ settings: { latePayments: "hold" } });
    const late = await lateMoney(shop);
    const finish = (elsewhere: number) =>
      finishUnapplied(shop.db, late.outTradeNo, { kind: "gone", elsewhere: fen(elsewhere) });
    const { received } = (await attemptOf(shop, late.outTradeNo)) ?? { received: fen(0) };
    await change(shop, late, { policy: "REFUND", nextCheckAt: NOW, refunding: received });
    expect(await finish(received)).toBe(0);
    await change(shop, late, { refunding: fen(0), refunded: fen(received - 700) });
    expect(await finish(699)).toBe(0);
    expect(await attemptOf(shop, late.outTradeNo)).toMatchObject({ nextCheckAt: expect.any(Date) });
    expect(await finish(700)).toBe(1);
    expect(await attemptOf(shop, late.outTradeNo)).toMatchObject({ policy: "REFUND", nextCheckAt: null });
  });
});

describe("money that is going back", () => {
  it.each([
    ["written off", { disposition: "WRITTEN_OFF", policy: "HOLD", nextCheckAt: null }],
    ["applied", { disposition: "UNAPPLIED", policy: "APPLY", nextCheckAt: NOW }],
  ] as const)("can't be %s", async (_, decision) => {
    const shop = openShop({ settings: { latePayments: "hold" } });
    const late = await lateMoney(shop);
    await change(shop, late, { policy: "REFUND", refunding: fen(1) });
    const seen = { outTradeNo: late.outTradeNo, policy: "REFUND" } as const;
    expect(await decideReceipt(shop.db, seen, decision, NOW)).toBe(0);
    expect(await finishUnapplied(shop.db, late.outTradeNo, { kind: "held" })).toBe(0);
    expect(await attemptOf(shop, late.outTradeNo)).toMatchObject({ disposition: "UNAPPLIED", policy: "REFUND" });
  });
});
