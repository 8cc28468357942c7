/** Rows that fail whenever a job takes them on, or take very long, hold nobody up. */
import { inArray } from "drizzle-orm";
import { afterAll, beforeEach, expect, it } from "vitest";
import { jobRuns } from "../../db/schema/figures.ts";
import { expireOrders } from "../../src/jobs/expire-orders.ts";
import { runJobs } from "../../src/jobs/run.ts";
import { synchroniseRefunds } from "../../src/jobs/synchronise.ts";
import type { PaymentContext } from "../../src/payments/context.ts";
import { getOrderRow } from "../../src/payments/orders/read-order.ts";
import type { PaymentProvider } from "../../src/providers/provider.ts";
import { ProviderRegistry } from "../../src/providers/registry.ts";
import { letPass, runJobsToTheEnd, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { misbehave } from "./support/controls.ts";
import { overriding } from "./support/overriding.ts";
import { type Channel, newOrder, newPaidOrder, startPayment, subjectsOf } from "./support/purchases.ts";
import { refundsOf } from "./support/records.ts";
import { OPERATOR, openShop, type Shop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const withAlipayOnly = ({ ctx }: Shop): PaymentContext => ({
  ...ctx,
  providers: new ProviderRegistry([ctx.providers.get("alipay")]),
});

/** Runs a job three times, each with room for one row. */
async function runWithOneSeat(job: typeof expireOrders, ctx: PaymentContext): Promise<void> {
  for (let run = 0; run < 3; run++) expect(await job(ctx, 1)).toBeLessThanOrEqual(1);
}

it("expires an order behind one that can't be closed", async () => {
  const shop = openShop();
  const alipayOnly = withAlipayOnly(shop);
  const stuck = await newOrder(shop);
  await startPayment(shop, stuck, "wechat");
  await letPass(shop, 31 * 60);
  await expireOrders(alipayOnly, 1);
  const behind = await newOrder(shop);
  await startPayment(shop, behind, "alipay");
  await letPass(shop, 31 * 60);
  await runWithOneSeat(expireOrders, alipayOnly);
  expect(await getOrderRow(shop.ctx, behind.orderId)).toMatchObject({ state: "CLOSED" });
  expect(await getOrderRow(shop.ctx, stuck.orderId)).toMatchObject({ state: "PENDING" });
  await runJobsToTheEnd(shop);
  expect(await getOrderRow(shop.ctx, stuck.orderId)).toMatchObject({ state: "CLOSED" });
  await expectBooksInOrder(shop, subjectsOf(stuck, behind));
});

it("finishes a refund behind one that nobody can be asked about", async () => {
  const shop = openShop();
  const paid = async (channel: Channel) => {
    const purchase = await newPaidOrder(shop, channel);
    await misbehave({ kind: "drop_before", operation: "refund" });
    const request = { provider: channel, orderId: purchase.orderId, reason: "退货" };
    await shop.manager.refund(OPERATOR, request, unique("refund"));
    return purchase;
  };
  const [stuck, behind] = [await paid("wechat"), await paid("alipay")];
  await letPass(shop, 90);
  await runWithOneSeat(synchroniseRefunds, withAlipayOnly(shop));
  expect(await refundsOf(shop, behind.outTradeNo)).toMatchObject([{ state: "SUCCESS" }]);
  expect(await refundsOf(shop, stuck.outTradeNo)).toMatchObject([{ state: "CREATED" }]);
  await runJobsToTheEnd(shop);
  expect(await refundsOf(shop, stuck.outTradeNo)).toMatchObject([{ state: "SUCCESS" }]);
  await expectBooksInOrder(shop, subjectsOf(stuck, behind));
});

it("counts as failed when every row has failed, and not when one of them has", async () => {
  const shop = openShop();
  const stuck = await newOrder(shop);
  await startPayment(shop, stuck, "wechat");
  await letPass(shop, 31 * 60);
  const runs = async () => {
    await runJobs(withAlipayOnly(shop), ["orders", "stock"]);
    const rows = await shop.db
      .select()
      .from(jobRuns)
      .where(inArray(jobRuns.name, ["orders", "stock"]));
    return Object.fromEntries(rows.map(({ name, ok }) => [name, ok]));
  };
  expect(await runs()).toEqual({ orders: false, stock: true });
  const behind = await newOrder(shop);
  await startPayment(shop, behind, "alipay");
  await letPass(shop, 31 * 60);
  expect(await runs()).toEqual({ orders: true, stock: true });
  const failed = shop.lines.filter((line) => line.includes("job.row_failed"));
  expect(failed).toHaveLength(2);
  expect(await runs()).toEqual({ orders: true, stock: true });
});

it("gives every job its turn in a run, though the attempts alone take all of its time", async () => {
  const shop = openShop();
  const slow = await newOrder(shop);
  await startPayment(shop, slow, "wechat");
  const behind = await newPaidOrder(shop, "alipay");
  await misbehave({ kind: "drop_before", operation: "refund", times: 2 });
  await shop.manager.refund(OPERATOR, { provider: "alipay", orderId: behind.orderId, reason: "退货" }, unique("r"));
  await letPass(shop, 90);
  let late = 0;
  const wechat = shop.ctx.providers.get("wechat");
  const slowly: PaymentProvider["query"] = async (attempt, call) => {
    late = 60_000;
    return await wechat.query(attempt, call);
  };
  const providers = new ProviderRegistry([overriding(wechat, { query: slowly }), shop.ctx.providers.get("alipay")]);
  await runJobs({ ...shop.ctx, providers, now: () => shop.ctx.now() + late });
  expect(late).toBeGreaterThan(0);
  expect(await refundsOf(shop, behind.outTradeNo)).toMatchObject([{ state: "SUCCESS" }]);
});
