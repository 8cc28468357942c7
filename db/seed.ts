/** What a fresh shop has: a few things to sell, and a customer with points. Seeding again changes nothing. */
import { fen } from "../src/money.ts";
import type { Database } from "./client.ts";
import { insertOnce } from "./run.ts";
import { inventoryItems, inventoryLogs } from "./schema/stock.ts";
import { insertPointsEntry, openAccount, postGrant } from "./statements/points.ts";
import { NO_ORDER } from "./statements/stock.ts";

/** The users that development tokens are made for. */
export const SEED_USERS = { customer: "customer-li", operator: "operator-wang", service: "service-shop" } as const;

const CATALOGUE = [
  { sku: "TEA-LONGJING-50G", title: "明前西湖龙井 50克", price: fen(12_800), pieces: 200 },
  { sku: "CUP-CELADON", title: "龙泉青瓷主人杯", price: fen(8_850), pieces: 80 },
  { sku: "CAKE-OSMANTHUS", title: "桂花糕礼盒（12枚）", price: fen(3_990), pieces: 500 },
  { sku: "FAN-SILK", title: "真丝团扇", price: fen(5_600), pieces: 60 },
  { sku: "STICKER", title: "中道商城贴纸", price: fen(1), pieces: 10_000 },
] as const;

const STARTING_POINTS = 100_000;
const SEED_CAUSE = "seed";

/** Puts the catalogue on the shelves, with journal entries for the pieces, and points on the customer's account. */
export async function seed(db: Database, now: Date): Promise<void> {
  for (const { sku, title, price, pieces } of CATALOGUE) {
    const item = { sku, title, price, active: true, onHand: pieces, reserved: 0, shortage: 0 };
    await insertOnce(() => db.insert(inventoryItems).values(item));
    const entry = {
      orderId: NO_ORDER,
      kind: "ADJUST" as const,
      sku,
      causeId: SEED_CAUSE,
      quantity: pieces,
      state: "POSTED" as const,
      reason: "opening stock",
      createdBy: SEED_CAUSE,
      createdAt: now,
      postedAt: now,
    };
    await insertOnce(() => db.insert(inventoryLogs).values(entry));
  }
  const userId = SEED_USERS.customer;
  await openAccount(db, userId);
  const grant = { userId, kind: "GRANT" as const, causeId: SEED_CAUSE, orderId: null, points: STARTING_POINTS };
  await insertPointsEntry(db, { ...grant, reason: "opening balance", createdBy: SEED_CAUSE }, now);
  await postGrant(db, userId, SEED_CAUSE, now);
}
