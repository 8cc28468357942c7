/** One order of locks: statements that reach the database at the same moment wait for each other, and never in a circle. */
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeEach, expect, it } from "vitest";
import { inventoryItems } from "../../db/schema/stock.ts";
import { insertAttempt } from "../../db/statements/attempt.ts";
import { activateOrder } from "../../db/statements/order.ts";
import { settleAttempt } from "../../db/statements/settle.ts";
import { fen } from "../../src/money.ts";
import { newOutTradeNo } from "../../src/payments/ids.ts";
import { draftOf, insertBooks, insertDraft } from "../../src/payments/orders/draft.ts";
import { startAfresh } from "../integration/support/afresh.ts";
import { journalOf, newSku, openShop, SERVICE, type Shop, stockOf, unique } from "../integration/support/shop.ts";
import { SOME_SEALED } from "../support/field-keys.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const PRICE = fen(1000);
const ROUNDS = 3;
/** Together fewer than the gateway has connections, so that all of them wait inside the engine. */
const CREATORS = 24;
const SETTLERS = 8;

/** An order's rows, written and not activated: the statement under test is the next one. */
async function draftOrder(shop: Shop, skus: readonly string[]) {
  const lines = skus.map((sku) => ({ sku, title: "测试商品", unitPrice: PRICE, quantity: 1 }));
  const draft = await draftOf(shop.ctx, SERVICE, { userId: unique("customer"), items: lines }, lines, undefined);
  await insertDraft(shop.ctx, draft.order);
  await insertBooks(shop.ctx, draft);
  return draft.order;
}

/** A pending order with an attempt whose money is there; returns the statement that settles it. */
async function settlement(shop: Shop, skus: readonly string[]) {
  const { id: orderId, userId, amount } = await draftOrder(shop, skus);
  await activateOrder(shop.db, orderId, undefined);
  const outTradeNo = newOutTradeNo(orderId);
  const now = new Date(shop.ctx.now());
  const attempt = {
    outTradeNo,
    orderId,
    userId,
    amount,
    provider: "alipay",
    method: "ALIPAY_QR",
    request: SOME_SEALED,
  } as const;
  await insertAttempt(shop.db, { ...attempt, now, payableUntil: now, nextCheckAt: now });
  const receipt = { providerTradeNo: outTradeNo, amount, paidAt: now };
  return () => settleAttempt(shop.db, { provider: "alipay", outTradeNo, methods: ["ALIPAY_QR"] }, receipt, now);
}

const STEADY_LOOKS = 300;

/** Resolves once the engine shows transactions that wait for a lock, and no more of them for a while. */
async function untilAllWait(shop: Shop): Promise<void> {
  const query = sql`select count(*) as waiting from information_schema.innodb_trx where trx_state = 'LOCK WAIT'`;
  let waiting = 0;
  for (let looks = 0; waiting === 0 || looks < STEADY_LOOKS; looks++) {
    const { rows } = await shop.db.execute(query);
    const [row] = rows as { waiting: string | number }[];
    if (Number(row?.waiting) !== waiting) looks = 0;
    waiting = Number(row?.waiting);
  }
}

it("queues creators and settlers of one hot SKU and of three in the order of their SKUs, without a deadlock", async () => {
  const shop = openShop();
  const skus = (await Promise.all([1, 2, 3].map(() => newSku(shop, 2000)))).toSorted();
  const [, middle = ""] = skus;
  const of = (index: number) => (index % 3 === 0 ? [middle] : skus.toSorted(() => Math.random() - 0.5));
  for (let round = 0; round < ROUNDS; round++) {
    const drafts = await Promise.all(Array.from({ length: CREATORS }, (_, index) => draftOrder(shop, of(index))));
    const settlements = await Promise.all(Array.from({ length: SETTLERS }, (_, index) => settlement(shop, of(index))));
    const activations = drafts.map((draft) => () => activateOrder(shop.db, draft.id, undefined));
    // While the middle SKU is taken, each statement holds what comes before it in its order, and waits.
    const sent = await shop.db.transaction(async (tx) => {
      await tx.execute(sql`select sku from ${inventoryItems} where ${eq(inventoryItems.sku, middle)} for update`);
      const started = [...activations, ...settlements].map((send) => send());
      await untilAllWait(shop);
      return started;
    });
    expect((await Promise.all(sent)).every((rows) => rows > 0)).toBe(true);
  }
  expect(shop.contention).toEqual([]);
  for (const sku of skus) expect(await stockOf(shop, sku)).toEqual(await journalOf(shop, sku));
});
