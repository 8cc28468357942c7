/**
 * How many settlements a second: the one guarded statement against the usual interactive transaction that reads with
 * locks, decides and writes, over the same gateway and engine in the same run.
 * Run: `npm run bench`, or `DATABASE_URL=mysql://… npm run bench` for another server.
 */
import { join } from "node:path";
import { eq, sql } from "drizzle-orm";
import { connectDatabase, type Database } from "../db/client.ts";
import { orders } from "../db/schema/orders.ts";
import { paymentTransactions } from "../db/schema/payments.ts";
import { inventoryItems, inventoryLogs } from "../db/schema/stock.ts";
import { settleAttempt } from "../db/statements/settle.ts";
import { prepareDatabase } from "../scripts/database.ts";
import { claimFirst } from "../scripts/engine/owner.ts";
import { LOCAL, startStore } from "../scripts/world.ts";
import { fen } from "../src/money.ts";

const ORDERS = 1500;
const AT_ONCE = 32;
const DATABASE = "zhongdao_bench";
const RECEIPT = { providerTradeNo: "4200000000", amount: fen(100), paidAt: new Date() };

type Settle = (db: Database, outTradeNo: string) => Promise<unknown>;

const claim = await claimFirst([join(LOCAL, "bench")]);
if (!claim) throw new Error("a benchmark is running already");
const store = await startStore({
  folder: claim.folder,
  durability: "relaxed",
  databaseUrl: process.env.DATABASE_URL,
  say: (line) => console.log(line),
});
try {
  const url = store.gateway.url(DATABASE);
  const db = connectDatabase({ url, timeoutMs: 30_000, fetch });
  for (const [name, skus] of [
    ["many SKUs", ORDERS],
    ["one hot SKU", 1],
  ] as const) {
    const statement = await measure(store.engine.url, db, skus, oneStatement);
    const transaction = await measure(store.engine.url, db, skus, interactiveTransaction);
    const ratio = (statement / transaction).toFixed(1);
    console.log(
      `${name}: ${Math.round(statement)}/s one statement, ${Math.round(transaction)}/s transaction: ${ratio} times`,
    );
  }
} finally {
  await store.stop();
  await claim.release();
}

async function measure(mysqlUrl: string, db: Database, skus: number, settle: Settle): Promise<number> {
  await prepareDatabase(mysqlUrl, DATABASE, true);
  await fill(db, skus);
  const waiting = Array.from({ length: ORDERS }, (_, index) => tradeNo(index));
  const started = performance.now();
  const worker = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await settle(db, next);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const seconds = (performance.now() - started) / 1000;
  await assertAllSettled(db);
  return ORDERS / seconds;
}

async function oneStatement(db: Database, outTradeNo: string): Promise<void> {
  await settleAttempt(db, { provider: "wechat", outTradeNo, methods: ["WECHAT_NATIVE"] }, RECEIPT, new Date());
}

/** What most shops do: lock, look, and write row by row. */
async function interactiveTransaction(db: Database, outTradeNo: string): Promise<void> {
  const orderId = outTradeNo.slice(0, 26);
  await db.transaction(async (tx) => {
    const [attempt] = await tx
      .select()
      .from(paymentTransactions)
      .where(eq(paymentTransactions.outTradeNo, outTradeNo))
      .for("update");
    const [order] = await tx.select().from(orders).where(eq(orders.id, orderId)).for("update");
    if (attempt?.state === "SUCCESS" || order?.state !== "PENDING") return;
    const paid = {
      state: "SUCCESS",
      disposition: "APPLIED",
      received: RECEIPT.amount,
      paidAt: RECEIPT.paidAt,
    } as const;
    await tx.update(paymentTransactions).set(paid).where(eq(paymentTransactions.outTradeNo, outTradeNo));
    await tx.update(orders).set({ state: "PAID", paidAt: RECEIPT.paidAt }).where(eq(orders.id, orderId));
    const [entry] = await tx.select().from(inventoryLogs).where(eq(inventoryLogs.orderId, orderId)).for("update");
    if (!entry) return;
    await tx.update(inventoryLogs).set({ state: "POSTED" }).where(eq(inventoryLogs.orderId, orderId));
    const taken = { onHand: sql`on_hand - ${entry.quantity}`, reserved: sql`reserved - ${entry.quantity}` };
    await tx.update(inventoryItems).set(taken).where(eq(inventoryItems.sku, entry.sku));
  });
}

function orderNo(index: number): string {
  return String(index).padStart(26, "0");
}

function tradeNo(index: number): string {
  return `${orderNo(index)}0001`;
}

async function fill(db: Database, skus: number): Promise<void> {
  const now = new Date();
  const zero = fen(0);
  const indices = Array.from({ length: ORDERS }, (_, index) => index);
  const sku = (index: number) => `SKU-${index % skus}`;
  await db.insert(inventoryItems).values(
    indices.slice(0, skus).map((index) => {
      const pieces = Math.ceil(ORDERS / skus);
      return {
        sku: sku(index),
        title: "x",
        price: fen(100),
        active: true,
        onHand: pieces,
        reserved: pieces,
        shortage: 0,
      };
    }),
  );
  await db.insert(orders).values(
    indices.map((index) => ({
      ...{
        id: orderNo(index),
        userId: "bench",
        state: "PENDING" as const,
        subject: sql`'x'`,
        adjustments: "[]",
        lineCount: 1,
      },
      ...{ totalAmount: fen(100), amount: fen(100), pointsToUse: 0, refunding: zero, refunded: zero, checks: 0 },
      ...{ pointsReturning: 0, pointsReturned: 0, createdBy: "bench", createdAt: now, expiresAt: now },
    })),
  );
  await db.insert(inventoryLogs).values(
    indices.map((index) => ({
      ...{ orderId: orderNo(index), kind: "SALE" as const, sku: sku(index), causeId: orderNo(index), quantity: 1 },
      ...{ state: "PENDING" as const, createdAt: now },
    })),
  );
  await db.insert(paymentTransactions).values(
    indices.map((index) => ({
      ...{ outTradeNo: tradeNo(index), orderId: orderNo(index), userId: "bench", provider: "wechat" as const },
      ...{
        method: "WECHAT_NATIVE" as const,
        state: "PENDING" as const,
        amount: fen(100),
        request: sql`'{}'`,
        checks: 0,
      },
      ...{ received: zero, refunding: zero, refunded: zero, createdAt: now, expiresAt: now },
    })),
  );
}

async function assertAllSettled(db: Database): Promise<void> {
  const left = await db
    .select({ sku: inventoryItems.sku })
    .from(inventoryItems)
    .where(sql`on_hand <> 0 or reserved <> 0`);
  if (left.length > 0) throw new Error("some settlements did not move their stock");
}
