/** Operators decide about money beside its order: they apply it, refund it or write it off, each once and with a reason. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { inventoryItems } from "../../db/schema/stock.ts";
import { runJobs } from "../../src/jobs/run.ts";
import { fen } from "../../src/money.ts";
import { cancelOrder } from "../../src/payments/orders/close-order.ts";
import { createOrder } from "../../src/payments/orders/create-order.ts";
import { getOrder } from "../../src/payments/orders/read-order.ts";
import { applyToOrder, refundReceipt, writeOffReceipt } from "../../src/payments/receipts/decide-receipt.ts";
import { getReceipt, listReceipts } from "../../src/payments/receipts/find-receipts.ts";
import { adjustStock } from "../../src/payments/stock/change-stock.ts";
import { letPass, runJobsToTheEnd, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { openByBoth } from "./support/both-methods.ts";
import { clearFaults, deliver, deliverAll, misbehave, payAt, setFaults, signedCallback } from "./support/controls.ts";
import { expectNoSurprise, interleave } from "./support/interleave.ts";
import { newOrder, type Purchase, startPayment, subjectsOf } from "./support/purchases.ts";
import { actionsOn, anomalyStates, eventsOf, type LateMoney, lateMoney, saleEntries } from "./support/receipts.ts";
import { attemptOf, closeInTheBooks, refundedAtProvider, refundsOf } from "./support/records.ts";
import { OPERATOR, openShop, SERVICE, type Shop, stockOf } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const HOLD = { settings: { latePayments: "hold" } } as const;

type Verb = typeof applyToOrder;
const say = (verb: Verb, shop: Shop, { outTradeNo }: { outTradeNo: string }, reason = "as the buyer asked") =>
  verb(shop.ctx, OPERATOR, { outTradeNo, reason });

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => "ok",
    (error: { code?: string }) => error.code ?? String(error),
  );

const statusOf = async (shop: Shop, { orderId }: Purchase) => (await getOrder(shop.ctx, OPERATOR, orderId)).status;

/** A payment of another amount than its order's. */
async function wrongMoney(shop: Shop): Promise<LateMoney> {
  const purchase = await newOrder(shop);
  const outTradeNo = await startPayment(shop, purchase, "alipay");
  await payAt("alipay", outTradeNo, 2999);
  await deliverAll(shop, "alipay", outTradeNo);
  return { ...purchase, outTradeNo };
}

/** All pieces but those of nobody go to another buyer. */
async function sellTheRest(shop: Shop, { sku }: Purchase, quantity: number): Promise<void> {
  await createOrder(shop.ctx, SERVICE, { userId: "somebody", items: [{ sku, quantity }] });
}

describe("money that an operator applies", () => {
  it("opens its closed order again, on record with who did it and why", async () => {
    const shop = openShop(HOLD);
    const late = await lateMoney(shop);
    await letPass(shop, 3600);
    await runJobs(shop.ctx);
    expect(await statusOf(shop, late)).toBe("CLOSED");
    expect(await anomalyStates(shop, late.outTradeNo)).toEqual(["LATE_PAYMENT OPEN"]);
    const applied = await say(applyToOrder, shop, late);
    expect(applied).toMatchObject({ disposition: "APPLIED", orderStatus: "PAID", policy: null });
    expect(await say(applyToOrder, shop, late)).toEqual(applied);
    expect(await stockOf(shop, late.sku)).toEqual([8, 0]);
    expect(await actionsOn(shop, late.outTradeNo)).toEqual(["receipts.apply: as the buyer asked"]);
    expect(await anomalyStates(shop, late.outTradeNo)).toEqual(["LATE_PAYMENT RESOLVED"]);
    expect(await eventsOf(shop, late)).toEqual(["payment.applied_late", "payment.late_received"]);
    await runJobsToTheEnd(shop);
    expect(await attemptOf(shop, late.outTradeNo)).toMatchObject({ nextCheckAt: null });
    await expectBooksInOrder(shop, subjectsOf(late));
  });

  it("stays held while its pieces are somebody else's, and is applied once there are others", async () => {
    const shop = openShop(HOLD);
    const late = await lateMoney(shop);
    await sellTheRest(shop, late, 9);
    const refused = say(applyToOrder, shop, late);
    await expect(refused).rejects.toMatchObject({
      code: "OUT_OF_STOCK",
      details: { issues: [{ path: "items[0].quantity", message: "1 left" }] },
    });
    expect(await attemptOf(shop, late.outTradeNo)).toMatchObject({ policy: "HOLD", nextCheckAt: null });
    expect(await anomalyStates(shop, late.outTradeNo)).toEqual(["LATE_PAYMENT OPEN"]);
    expect([await stockOf(shop, late.sku), await saleEntries(shop, late)]).toEqual([
      [10, 9],
      ["0 VOIDED", "1 VOIDED"],
    ]);
    await adjustStock(shop.ctx, OPERATOR, { sku: late.sku, quantity: 1, reason: "delivered" });
    expect(await say(applyToOrder, shop, late)).toMatchObject({ orderStatus: "PAID" });
    expect([await stockOf(shop, late.sku), await saleEntries(shop, late)]).toEqual([
      [9, 9],
      ["0 VOIDED", "1 POSTED"],
    ]);
    await expectBooksInOrder(shop, subjectsOf(late));
  });

  it("pays an order that is still open, once the books take it again", async () => {
    const shop = openShop();
    const purchase = await newOrder(shop, { points: 500, pointsToUse: 500 });
    const outTradeNo = await startPayment(shop, purchase, "alipay");
    await payAt("alipay", outTradeNo);
    const [item] = await shop.db.select().from(inventoryItems).where(eq(inventoryItems.sku, purchase.sku));
    await shop.db.delete(inventoryItems).where(eq(inventoryItems.sku, purchase.sku));
    await deliverAll(shop, "alipay", outTradeNo);
    expect(await codeOf(say(applyToOrder, shop, { outTradeNo }))).toBe("BOOKS_INCOMPLETE");
    const { isLow: _generated, ...shelf } = item ?? {};
    await shop.db.insert(inventoryItems).values(shelf as typeof inventoryItems.$inferInsert);
    expect(await say(applyToOrder, shop, { outTradeNo })).toMatchObject({
      orderStatus: "PAID",
      reason: "BOOKS_REFUSED",
    });
    expect([await stockOf(shop, purchase.sku), await saleEntries(shop, purchase)]).toEqual([[8, 0], ["0 POSTED"]]);
    await expectBooksInOrder(shop, subjectsOf(purchase));
  });

  it("is finished by a job when its operator's request dies half way", async () => {
    const shop = openShop(HOLD);
    const late = await lateMoney(shop);
    const match = "`orders`.`generation` = `orders`.`generation` +";
    await setFaults({ fail: [1, 2].map((at) => ({ at, match, when: "before", how: "drop" })) });
    expect(await codeOf(say(applyToOrder, shop, late))).toContain("DatabaseUnavailable");
    await clearFaults();
    expect(await statusOf(shop, late)).toBe("CLOSED");
    await letPass(shop, 60);
    await runJobs(shop.ctx);
    expect(await statusOf(shop, late)).toBe("PAID");
    await runJobsToTheEnd(shop);
    expect(await anomalyStates(shop, late.outTradeNo)).toEqual(["LATE_PAYMENT RESOLVED"]);
    await expectBooksInOrder(shop, subjectsOf(late));
  });
});

describe("money that an operator refunds", () => {
  it("goes back whatever was wrong with it", async () => {
    const shop = openShop();
    const wrong = await wrongMoney(shop);
    expect(await say(refundReceipt, shop, wrong)).toMatchObject({ disposition: "UNAPPLIED", policy: "REFUND" });
    expect(await anomalyStates(shop, wrong.outTradeNo)).toEqual(["WRONG_AMOUNT RESOLVED"]);
    await shop.idle();
    await runJobsToTheEnd(shop);
    expect(await refundedAtProvider(wrong.outTradeNo)).toBe(2999);
    expect(await eventsOf(shop, wrong)).toEqual(["payment.refunded", "payment.wrong_amount"]);
    expect(await anomalyStates(shop, wrong.outTradeNo)).toEqual(["WRONG_AMOUNT RESOLVED"]);
    expect(await actionsOn(shop, wrong.outTradeNo)).toEqual(["receipts.refund: as the buyer asked"]);
    await expectBooksInOrder(shop, subjectsOf(wrong));
  });

  it("is tried once more after three refunds that the provider closed", async () => {
    const shop = openShop();
    await misbehave({ kind: "refund_closed", times: 3 });
    const late = await lateMoney(shop, "wechat");
    for (let run = 0; run < 3; run++) await runJobsToTheEnd(shop);
    expect(await attemptOf(shop, late.outTradeNo)).toMatchObject({ policy: "HOLD", refunded: 0 });
    await say(refundReceipt, shop, late);
    await shop.idle();
    await runJobsToTheEnd(shop);
    expect((await refundsOf(shop, late.outTradeNo)).map(({ state }) => state)).toEqual([
      "CLOSED",
      "CLOSED",
      "CLOSED",
      "SUCCESS",
    ]);
    expect((await anomalyStates(shop, late.outTradeNo)).filter((state) => state.endsWith("OPEN"))).toEqual([]);
    await expectBooksInOrder(shop, subjectsOf(late));
  });

  it("goes back as far as others have not given it back at the provider", async () => {
    const shop = openShop(HOLD);
    const late = await lateMoney(shop, "wechat");
    await tellOfConsoleRefund(shop, late, 1000);
    expect(await eventsOf(shop, late)).toEqual(["payment.late_received", "refund.external"]);
    expect(await codeOf(say(applyToOrder, shop, late))).toBe("RECEIPT_REFUNDED");
    await say(refundReceipt, shop, late);
    await shop.idle();
    expect(await refundsOf(shop, late.outTradeNo)).toMatchObject([
      { origin: "AUTOMATIC", amount: 2000 },
      { amount: 1000 },
    ]);
    await runJobsToTheEnd(shop);
    expect(await attemptOf(shop, late.outTradeNo)).toMatchObject({ refunded: 2000, nextCheckAt: null });
  });

  /** Somebody gave a part back in WeChat's console. */
  async function tellOfConsoleRefund(shop: Shop, { outTradeNo }: LateMoney, refunded: number): Promise<void> {
    const fields = {
      out_refund_no: "zz-console-1",
      refund_status: "SUCCESS",
      amount: { total: 3000, refund: refunded },
    };
    const callback = await signedCallback({ provider: "wechat", callback: "refund", outTradeNo, fields });
    expect((await deliver(shop, "wechat", callback)).status).toBe(200);
  }
});

describe("money that an operator writes off", () => {
  it("is nobody's business any more: no job looks at it, and no news of it opens an anomaly", async () => {
    const shop = openShop(HOLD);
    const late = await lateMoney(shop);
    const written = await say(writeOffReceipt, shop, late, "paid back at the counter");
    expect(written).toMatchObject({ disposition: "WRITTEN_OFF", refunded: 0 });
    expect(await say(writeOffReceipt, shop, late)).toEqual(written);
    const before = await attemptOf(shop, late.outTradeNo);
    expect(before).toMatchObject({ disposition: "WRITTEN_OFF", nextCheckAt: null });
    const closed = { provider: "alipay", callback: "trade", outTradeNo: late.outTradeNo };
    const notice = await signedCallback({ ...closed, fields: { trade_status: "TRADE_CLOSED", refund_fee: "30.00" } });
    await deliver(shop, "alipay", notice);
    await runJobsToTheEnd(shop);
    expect(await attemptOf(shop, late.outTradeNo)).toEqual(before);
    expect(await anomalyStates(shop, late.outTradeNo)).toEqual(["LATE_PAYMENT RESOLVED"]);
    expect(await eventsOf(shop, late)).toEqual(["payment.late_received", "payment.written_off"]);
    expect(await actionsOn(shop, late.outTradeNo)).toEqual(["receipts.write_off: paid back at the counter"]);
    await expectBooksInOrder(shop, subjectsOf(late));
  });
});

describe("what has been decided", () => {
  const APPLY = { name: "apply", verb: applyToOrder };
  const REFUND = { name: "refund", verb: refundReceipt };
  const WRITE_OFF = { name: "write off", verb: writeOffReceipt };

  it.each([
    [APPLY, "apply", "ok"],
    [APPLY, "refund", "RECEIPT_DECIDED"],
    [APPLY, "write off", "RECEIPT_DECIDED"],
    [REFUND, "apply", "RECEIPT_REFUNDED"],
    [REFUND, "refund", "RECEIPT_REFUNDED"],
    [REFUND, "write off", "RECEIPT_REFUNDED"],
    [WRITE_OFF, "apply", "RECEIPT_DECIDED"],
    [WRITE_OFF, "refund", "RECEIPT_DECIDED"],
    [WRITE_OFF, "write off", "ok"],
  ] as const)("after $name: %s is %s", async (first, second, code) => {
    const shop = openShop(HOLD);
    const late = await lateMoney(shop);
    await say(first.verb, shop, late);
    await shop.idle();
    const verb = [APPLY, REFUND, WRITE_OFF].find(({ name }) => name === second)?.verb ?? applyToOrder;
    expect(await codeOf(say(verb, shop, late))).toBe(code);
    expect(await actionsOn(shop, late.outTradeNo)).toHaveLength(1);
  });

  it.each([
    ["apply", "refund", applyToOrder, refundReceipt, "insert into `inventory_logs`"],
    ["apply", "write off", applyToOrder, writeOffReceipt, "`orders`.`generation` = `orders`.`generation` +"],
    ["refund", "apply", refundReceipt, applyToOrder, "insert into `operator_actions`"],
    ["write off", "apply", writeOffReceipt, applyToOrder, "insert into `operator_actions`"],
    ["write off", "refund", writeOffReceipt, refundReceipt, "insert into `operator_actions`"],
  ] as const)("holds against who has begun to %s: the one who says %s wins", async (_, __, slow, quick, match) => {
    const [shop, elsewhere] = [openShop(HOLD), openShop(HOLD)];
    const late = await lateMoney(shop);
    const results = await interleave(
      { when: "before", match },
      () => say(slow, shop, late),
      async () => {
        await say(quick, elsewhere, late);
        await elsewhere.idle();
      },
    );
    expectNoSurprise(results, [shop, elsewhere], ["RECEIPT_DECIDED", "RECEIPT_REFUNDED"]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    await runJobsToTheEnd(shop);
    const kept = (await statusOf(shop, late)) === "PAID";
    expect(await refundedAtProvider(late.outTradeNo)).toBe(quick === refundReceipt ? 3000 : 0);
    expect(kept).toBe(quick === applyToOrder);
    expect(await stockOf(shop, late.sku)).toEqual([kept ? 8 : 10, 0]);
    await expectBooksInOrder(shop, subjectsOf(late));
  });
});

describe("money that can't be applied", () => {
  it("is of another amount than its order's", async () => {
    const shop = openShop();
    const wrong = await wrongMoney(shop);
    expect(await codeOf(say(applyToOrder, shop, wrong))).toBe("RECEIPT_AMOUNT_DIFFERS");
    expect(await statusOf(shop, wrong)).toBe("PENDING");
    expect(await actionsOn(shop, wrong.outTradeNo)).toEqual([]);
  });

  it("came late like other money that has been applied since", async () => {
    const shop = openShop(HOLD);
    const purchase = await openByBoth(shop, "alipay");
    const both = [
      ["alipay", purchase.older],
      ["wechat", purchase.newer],
    ] as const;
    for (const [channel, outTradeNo] of both) {
      await payAt(channel, outTradeNo);
      await closeInTheBooks(shop, outTradeNo);
    }
    await cancelOrder(shop.ctx, purchase.customer, purchase.orderId);
    for (const [channel, outTradeNo] of both) await deliverAll(shop, channel, outTradeNo);
    await say(applyToOrder, shop, { outTradeNo: purchase.older });
    expect(await codeOf(say(applyToOrder, shop, { outTradeNo: purchase.newer }))).toBe("ORDER_PAID");
    expect(await stockOf(shop, purchase.sku)).toEqual([8, 0]);
    await expectBooksInOrder(shop, subjectsOf(purchase));
  });

  it("is not there at all, or has paid its order from the first", async () => {
    const shop = openShop();
    const purchase = await newOrder(shop);
    const outTradeNo = await startPayment(shop, purchase, "alipay");
    for (const number of ["NOSUCHNUMBER", outTradeNo]) {
      expect(await codeOf(say(applyToOrder, shop, { outTradeNo: number }))).toBe("RECEIPT_NOT_FOUND");
    }
  });
});

it("lists money by what is being done with it, page by page", async () => {
  const shop = openShop(HOLD);
  const held = [await lateMoney(shop), await lateMoney(shop)];
  // Others on the same database may have been made in days to come.
  const [newest] = await listReceipts(shop.ctx, { policy: "HOLD", limit: 1, before: `${held[1]?.outTradeNo}Z` });
  expect(newest?.attempt.outTradeNo).toBe(held[1]?.outTradeNo);
  const [older] = await listReceipts(shop.ctx, { policy: "HOLD", limit: 1, before: newest?.attempt.outTradeNo });
  expect(older?.attempt.outTradeNo).toBe(held[0]?.outTradeNo);
  expect(await getReceipt(shop.ctx, older?.attempt.outTradeNo ?? "")).toMatchObject({ refundedElsewhere: fen(0) });
});
