/** Counters: the same wherever they are read, never falling, and with the last second in them. */
import { sql } from "drizzle-orm";
import { beforeEach, expect, it } from "vitest";
import { servedOperations } from "../../db/schema/figures.ts";
import { readFlows } from "../../db/statements/flows.ts";
import { runJobs } from "../../src/jobs/run.ts";
import { type FlowRow, flowRowsOf } from "../../src/payments/figures/flow-rows.ts";
import { keepServed } from "../../src/payments/figures/served-operations.ts";
import { addedUpTo, addUp, countedNow } from "../../src/payments/figures/totals.ts";
import { CallLog, writeProviderCalls } from "../../src/payments/provider-calls.ts";
import { letPass } from "./support/afresh.ts";
import { clearFaults, deliverAll, payAt, setFaults } from "./support/controls.ts";
import { emptyBooks } from "./support/empty-books.ts";
import { newOrder, newPaidOrder, startPayment } from "./support/purchases.ts";
import { openShop, type Shop } from "./support/shop.ts";

let shop: Shop;
beforeEach(async () => {
  shop = openShop();
  await emptyBooks(shop);
});

async function counted({ ctx }: Shop): Promise<FlowRow[]> {
  return flowRowsOf(await readFlows(ctx.db, countedNow(ctx, await addedUpTo(ctx))));
}

const ends = (rows: readonly FlowRow[]) =>
  rows.filter(({ figure }) => figure === "ended").map(({ name, outcome, n }) => `${name} ${outcome} ${n}`);

async function momentsWritten(): Promise<number> {
  const { rows } = await shop.db.execute(sql`select count(distinct at) as n from figure_totals`);
  return Number((rows as { n: string }[])[0]?.n);
}

it("hold what has just happened, before and after it has been added up", async () => {
  await newPaidOrder(shop, "wechat");
  await shop.idle();
  const live = await counted(shop);
  expect(ends(live)).toEqual(["WECHAT_NATIVE paid 1"]);
  await addUp(shop.ctx);
  expect(await counted(shop)).toEqual(live);
  await letPass(shop, 21 * 60);
  await addUp(shop.ctx);
  expect(await counted(shop)).toEqual(live);
  await newPaidOrder(shop, "alipay");
  expect(ends(await counted(shop))).toEqual(["ALIPAY_QR paid 1", "WECHAT_NATIVE paid 1"]);
});

/** A call as long as a bill takes, which is on record only when all of it has been read. */
async function writeLongCall({ ctx }: Shop, minutes: number): Promise<void> {
  const calls = new CallLog();
  const [durationMs, sentAt] = [minutes * 60_000, ctx.now() - minutes * 60_000];
  const answer = { outTradeNo: undefined, status: 200, code: undefined, request: {}, response: {} };
  calls.record({ ...answer, provider: "alipay", operation: "bill", number: "2026-11-21", sentAt, durationMs });
  await writeProviderCalls({ ...ctx, calls });
}

it("hold a call that is written long after it was sent, also once that moment has been added up", async () => {
  const calls = async () =>
    (await counted(shop)).filter(({ figure, name }) => figure === "call" && name === "bill").map(({ n }) => n);
  await addUp(shop.ctx);
  await letPass(shop, 21 * 60);
  await addUp(shop.ctx);
  await writeLongCall(shop, 14);
  expect(await calls()).toEqual([1]);
  await letPass(shop, 21 * 60);
  await addUp(shop.ctx);
  expect(await calls()).toEqual([1]);
});

it("are added up once, whoever does it and however often, also when an answer is lost", async () => {
  await newPaidOrder(shop, "wechat");
  await addUp(shop.ctx);
  await letPass(shop, 11 * 60);
  const expected = await counted(shop);
  const later = openShop();
  later.advance(11 * 60);
  await Promise.all([shop, shop, later].map(({ ctx }) => addUp(ctx)));
  expect(await counted(shop)).toEqual(expected);
  expect(await momentsWritten()).toBe(2);
  await letPass(shop, 5 * 60);
  await setFaults({ fail: [{ at: 1, match: "insert into `figure_totals`", when: "after", how: "drop" }] });
  expect(await addUp(shop.ctx)).toBe(1);
  await clearFaults();
  expect(await momentsWritten()).toBe(3);
  expect(await counted(shop)).toEqual(expected);
  expect(await addUp(shop.ctx)).toBe(0);
});

it("never fall: not by money for a closed attempt, nor by what is purged", async () => {
  const outTradeNo = await startPayment(shop, await newOrder(shop), "wechat");
  await letPass(shop, 31 * 60);
  await runJobs(shop.ctx);
  await shop.idle();
  const before = await counted(shop);
  expect(ends(before)).toEqual(["WECHAT_NATIVE closed 1"]);
  await shop.db.execute(sql`update payment_transactions set state = 'PENDING' where out_trade_no = ${outTradeNo}`);
  await shop.db.execute(
    sql`update orders set state = 'PENDING', closed_at = null where id = ${outTradeNo.slice(0, 26)}`,
  );
  const paid = await newPaidOrder(shop, "wechat");
  await payAt("wechat", outTradeNo).catch(() => {});
  await deliverAll(shop, "wechat", outTradeNo);
  await shop.idle();
  expect(paid.outTradeNo).not.toBe(outTradeNo);
  const after = await counted(shop);
  for (const row of before) {
    const same = after.find((each) => keyOf(each) === keyOf(row));
    expect(same?.n).toBeGreaterThanOrEqual(row.n);
  }
  for (let hour = 0; hour < 3; hour++) {
    await letPass(shop, 3600);
    await addUp(shop.ctx);
  }
  await shop.db.execute(sql`delete from provider_calls`);
  expect(await counted(shop)).toEqual(after);
  // Old totals are of no use.
  expect(await momentsWritten()).toBeLessThanOrEqual(2);
});

const keyOf = ({ figure, provider, name, outcome, bucket }: FlowRow) =>
  [figure, provider, name, outcome, bucket].join(" ");

it("count up from nothing when nothing has ever happened", async () => {
  await addUp(shop.ctx);
  expect(await counted(shop)).toEqual([]);
  expect(await addedUpTo(shop.ctx)).toBeInstanceOf(Date);
});

it("leave out what was refused without a provider having been asked", async () => {
  const kinds = ["ok", "PROVIDER_REFUSED", "PROVIDER_SILENT", "PROVIDER_BUSY", "BAD_INPUT", "ORDER_PAID"] as const;
  for (const outcome of kinds) {
    keepServed(shop.ctx, { operation: "payments.create", method: "WECHAT_APP", outcome, durationMs: 120 });
  }
  await shop.idle();
  const rows = await shop.db.select().from(servedOperations);
  expect(rows.map(({ outcome }) => outcome).sort()).toEqual(["failed", "failed", "ok", "refused"]);
});
