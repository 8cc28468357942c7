/** Key rotation on the real engine, while the service writes, and through everything that can be wrong with a value. */
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { paymentTransactions, refundRecords } from "../../db/schema/payments.ts";
import { transfers } from "../../db/schema/transfers.ts";
import { openAttempt } from "../../db/statements/attempt.ts";
import { goThrough, UNSEALED } from "../../scripts/rotate-keys/rotate.ts";
import { openStore } from "../../scripts/rotate-keys/store.ts";
import { listRefunds } from "../../src/payments/refunds/decide-refund.ts";
import { queryTransfer } from "../../src/payments/transfers/query-transfer.ts";
import { startAfresh } from "../integration/support/afresh.ts";
import { emptyBooks } from "../integration/support/empty-books.ts";
import { openShop } from "../integration/support/shop.ts";
import { REQUEST } from "../integration/support/transfers.ts";
import {
  attemptRow,
  BOTH,
  cipherOf,
  directly,
  NEW,
  OLD,
  overHttp,
  requestOf,
  rotateKeys,
  storeWith,
  WORDS,
  writeAll,
} from "./support/rotation.ts";

// Each run of the command is a process of its own.
vi.setConfig({ testTimeout: 120_000 });

const QUIET = { reseal: true, verify: false } as const;

beforeEach(() => emptyBooks(openShop()));
afterAll(async () => {
  await emptyBooks(openShop());
  await startAfresh();
});

describe("rotation", () => {
  it("can be broken off anywhere and begun again; then the old key may go and everything works", async () => {
    const { shop, purchase, outTradeNo, request, transfer } = await writeAll();
    const cut = await storeWith(async (nth) => {
      if (nth > 3) throw new Error("the machine is switched off");
    });
    await expect(goThrough(cut, cipherOf(BOTH), { ...QUIET, rowsAtATime: 1 })).rejects.toThrow("switched off");
    // Half of the values are under each key, and the service, which knows both, works.
    expect(await requestOf(openShop({ cipher: cipherOf(BOTH) }), outTradeNo)).toBe(request);
    const half = await rotateKeys(directly(), BOTH, "--dry-run");
    expect(half.out).toMatch(/^key new: [34] values; it seals\nkey old: [1-9]\d* values; keep it$/m);

    const ended = await rotateKeys(directly(), BOTH);
    expect(ended).toMatchObject({ code: 0, out: expect.stringContaining("key old: 0 values; it may be removed") });

    const after = openShop({ cipher: cipherOf(NEW) });
    expect(await requestOf(after, outTradeNo)).toBe(request);
    const { customer, orderId, amount } = purchase;
    const before = await shop.manager
      .create(customer, "wechat", { method: "WECHAT_NATIVE", orderId, amount })
      .catch(String);
    expect(before).toContain("SealedTextError");
    const { created, payment } = await after.manager.create(customer, "wechat", {
      ...{ method: "WECHAT_NATIVE", orderId, amount },
    });
    expect([created, payment.outTradeNo]).toEqual([false, outTradeNo]);
    expect((await queryTransfer(after.ctx, transfer)).remark).toBe(REQUEST.remark);
    const { refunds } = await listRefunds(after.ctx, { state: "REQUESTED", limit: 10 });
    expect(refunds.map(({ reason }) => reason)).toEqual([WORDS]);
  });

  it("seals what was written before there were keys, over HTTP too, and shows no value", async () => {
    const { shop, outTradeNo, request } = await writeAll();
    await shop.db.execute(sql`update payment_transactions set request = ${request} where out_trade_no = ${outTradeNo}`);
    await shop.db.execute(sql`update refund_records set reason = ${WORDS}`);
    expect(await requestOf(shop, outTradeNo)).toBe(request);
    const counted = await rotateKeys(overHttp(), OLD, "--dry-run");
    expect(counted).toMatchObject({ code: 0, out: expect.stringContaining("2 values are not sealed") });

    const ended = await rotateKeys(overHttp(), OLD, "--verify");
    expect(ended).toMatchObject({ code: 0, out: expect.stringContaining("pass 1: 2 values sealed anew") });
    expect(ended.out).not.toContain("not sealed");
    expect(counted.out + ended.out + ended.err).not.toMatch(/13800001234|mchid|oOfcl/);
    expect((await attemptRow(shop, outTradeNo)).request).toMatch(/^old\./);
    expect(await requestOf(shop, outTradeNo)).toBe(request);
    expect(await rotateKeys(overHttp(), OLD)).toMatchObject({
      code: 0,
      out: expect.stringContaining("pass 1: 0 values"),
    });
  });

  it("never writes over what somebody has written since it was read", async () => {
    const { shop, outTradeNo } = await writeAll();
    const renewed = await cipherOf(OLD).seal('{"renewed":true}', `payment_transactions.credential:${outTradeNo}`);
    const expiresAt = new Date(Date.now() + 3_600_000);
    let writing: Promise<number> | undefined;
    // The first two are subjects of orders; by the third the payments have been read.
    const store = await storeWith(async (nth) => {
      if (nth < 3) return;
      writing ??= openAttempt(shop.db, outTradeNo, { sealed: renewed, expiresAt });
      await writing;
    });
    const pass = await goThrough(store, cipherOf(BOTH), QUIET);
    expect(pass.overtaken).toBe(1);
    expect((await attemptRow(shop, outTradeNo)).credential).toBe(renewed);
    // The next pass has its turn with it.
    expect(await goThrough(store, cipherOf(BOTH), QUIET)).toMatchObject({ overtaken: 0, resealed: 1 });
    expect((await attemptRow(shop, outTradeNo)).credential).toMatch(/^new\./);
  });

  it("counts in passes of any size the same", async () => {
    await writeAll();
    const store = await openStore(directly());
    const passes = [];
    for (const rowsAtATime of [1, 2, 1000]) {
      passes.push(await goThrough(store, cipherOf(BOTH), { reseal: false, verify: false, rowsAtATime }));
    }
    await store.close();
    expect(passes.map(({ rows }) => rows)).toEqual([7, 7, 7]);
    expect(new Set(passes.map(({ counts }) => counts.get("old"))).size).toBe(1);
    expect(passes[0]?.counts.has(UNSEALED)).toBe(false);
  });
});

describe("what does not open", () => {
  it("is named by its row and key, stays as it is, and keeps nothing else from its turn", async () => {
    const { shop, outTradeNo, transfer } = await writeAll();
    const [paid] = await shop.db.select().from(refundRecords);
    const { outTradeNo: other = "" } = paid ?? {};
    const lost = await cipherOf(NEW.replace("new", "lost")).seal("{}", `transfers.request:${transfer}`);
    const [mine, theirs] = [await attemptRow(shop, outTradeNo), await attemptRow(shop, other)];
    // Two rows with each other's texts: each is sealed well, and for another row.
    await shop.db.update(paymentTransactions).set({ request: theirs.request }).where(isRow(outTradeNo));
    await shop.db.update(paymentTransactions).set({ request: mine.request }).where(isRow(other));
    await shop.db.update(transfers).set({ request: lost });
    await shop.db.execute(sql`update refund_records set reason = concat(left(reason, char_length(reason) - 3), 'AAA')`);

    const ended = await rotateKeys(directly(), BOTH);
    expect(ended.code).toBe(1);
    expect(ended.out).toContain("4 values do not open:");
    for (const line of [
      `payment_transactions.request of ${outTradeNo}: key old, damaged`,
      `payment_transactions.request of ${other}: key old, damaged`,
      `refund_records.reason of ${paid?.id}: key old, damaged`,
      `transfers.request of ${transfer}: key lost, unknown key`,
      "key lost: 1 values; it is not in FIELD_ENCRYPTION_KEYS",
      "key old: 3 values; keep it",
    ]) {
      expect(ended.out).toContain(line);
    }
    expect((await attemptRow(shop, outTradeNo)).request).toBe(theirs.request);
    expect((await attemptRow(shop, outTradeNo)).credential).toMatch(/^new\./);
    expect(await shop.db.select({ request: transfers.request }).from(transfers)).toEqual([{ request: lost }]);
  });

  it("is found under the first key too when everything is opened", async () => {
    const { shop, outTradeNo } = await writeAll();
    await shop.db.execute(sql`update payment_transactions set credential = concat(credential, 'AAAA')`);
    expect((await rotateKeys(directly(), OLD, "--dry-run")).code).toBe(0);
    const verified = await rotateKeys(directly(), OLD, "--dry-run", "--verify");
    expect(verified).toMatchObject({ code: 1, out: expect.stringContaining(`credential of ${outTradeNo}: key old`) });
  });
});

it("says what is wrong with its surroundings, and looks at nothing", async () => {
  expect(await rotateKeys("sqlite://x", OLD)).toMatchObject({ code: 2, err: expect.stringContaining("DATABASE_URL") });
  const badKey = await rotateKeys(directly(), "old:c2hvcnQ=");
  expect(badKey).toMatchObject({ code: 2, err: expect.stringContaining("the key old must be the base64 of 32 bytes") });
  expect(badKey.err).not.toContain("c2hvcnQ");
  expect(await rotateKeys(`${inject("mysqlUrl")}/nothing_there`, OLD)).toMatchObject({ code: 2 });
});

function isRow(outTradeNo: string) {
  return eq(paymentTransactions.outTradeNo, outTradeNo);
}
