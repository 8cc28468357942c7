/** What comes back with a refund is written down while it waits to be reserved, and not when it has ended. */
import { eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { pointsLogs } from "../../db/schema/points.ts";
import { inventoryLogs } from "../../db/schema/stock.ts";
import { insertClawback } from "../../db/statements/clawback.ts";
import { insertPointsBack, insertReturnEntries } from "../../db/statements/refund-entries.ts";
import { fen } from "../../src/money.ts";
import { declineRefund } from "../../src/payments/refunds/decide-refund.ts";
import { newPaidOrder } from "./support/purchases.ts";
import { OPERATOR, openShop, type Shop, unique } from "./support/shop.ts";

const NOW = new Date("2026-11-22T10:00:00.000Z");

/** A refund that somebody asked for, and whose maker died before any of its entries was written. */
async function bareRefund(shop: Shop): Promise<{ sku: string; refundId: string }> {
  const { orderId, customer, sku } = await newPaidOrder(shop, "wechat", { points: 900, pointsToUse: 700 });
  const request = { provider: "wechat", orderId, amount: fen(800), reason: "退货" } as const;
  const { refundId } = await shop.manager.refund(customer, request, unique("refund"));
  await shop.db.delete(pointsLogs).where(eq(pointsLogs.causeId, refundId));
  return { sku, refundId };
}

async function writeAll({ db }: Shop, { sku, refundId }: { readonly sku: string; readonly refundId: string }) {
  await insertReturnEntries(db, refundId, [{ sku, quantity: 2 }], NOW);
  await insertPointsBack(db, refundId, { points: 5, expiresAt: null }, NOW);
  await insertClawback(db, refundId, "REQUESTED", NOW);
}

async function entriesOf({ db }: Shop, refundId: string): Promise<string[]> {
  const pieces = await db.select().from(inventoryLogs).where(eq(inventoryLogs.causeId, refundId));
  const points = await db.select().from(pointsLogs).where(eq(pointsLogs.causeId, refundId));
  return [
    ...pieces.map(({ kind, quantity, state }) => `${kind} ${quantity} ${state}`),
    ...points.map((entry) => `${entry.kind} ${entry.points} ${entry.state}`),
  ].sort();
}

it("a refund that waits gets an entry for its pieces, its points and the points that its order earned", async () => {
  const shop = openShop({ settings: { pointsPerYuan: 1 } });
  const refund = await bareRefund(shop);
  await writeAll(shop, refund);
  await writeAll(shop, refund);
  expect(await entriesOf(shop, refund.refundId)).toEqual([
    "CLAWBACK 6 PENDING",
    "REFUND 5 PENDING",
    "RETURN 2 PENDING",
  ]);
});

it("one that was declined gets none from a request that arrives late", async () => {
  const shop = openShop({ settings: { pointsPerYuan: 1 } });
  const refund = await bareRefund(shop);
  await declineRefund(shop.ctx, OPERATOR, refund.refundId);
  await writeAll(shop, refund);
  expect(await entriesOf(shop, refund.refundId)).toEqual([]);
});
