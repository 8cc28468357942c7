/** Whose an idempotency key is: while nothing has been answered under it, when an order is refused, and once it has expired. */
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { orders } from "../../db/schema/orders.ts";
import { purge } from "../../src/jobs/purge.ts";
import { startAfresh } from "./support/afresh.ts";
import { twoOrders } from "./support/combined.ts";
import { misbehave, sandbox } from "./support/controls.ts";
import { ask, bodyOf, breakOff, codeOf, makeOlder, payCall, type Told } from "./support/keyed-calls.ts";
import { newOrder, newPaidOrder } from "./support/purchases.ts";
import { OPERATOR, openShop, SERVICE, type Shop, unique } from "./support/shop.ts";
import { providerTransfers, REQUEST } from "./support/transfers.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

describe("the key of a request that broke off is not taken by another request", () => {
  it("for a refund of an order that is not paid", async () => {
    const shop = openShop();
    const [paid, unpaid] = [await newPaidOrder(shop, "wechat"), await newOrder(shop)];
    const input = { provider: "wechat", orderId: paid.orderId, amount: "1.00", reason: "退货" };
    const call = { name: "refunds.create", as: SERVICE, key: unique("key"), input };
    await breakOff(call);
    for (const other of [{ orderId: unpaid.orderId }, { provider: "alipay" }]) {
      expect(codeOf(await ask({ ...call, input: { ...input, ...other } }))).toBe("IDEMPOTENCY_KEY_REUSED");
    }
    expect((await ask(call)).status).toBe(201);
  });

  it("for the payment of another order, which is open already", async () => {
    const shop = openShop();
    const [one, two] = [await newOrder(shop), await newOrder(shop)];
    await shop.db.update(orders).set({ userId: one.customer.id }).where(eq(orders.id, two.orderId));
    const [call, other] = [payCall(one), { ...payCall(two), as: one.customer }];
    expect((await ask(other)).status).toBe(201);
    await breakOff(call);
    expect(codeOf(await ask({ ...other, key: call.key }))).toBe("IDEMPOTENCY_KEY_REUSED");
    expect([(await ask(call)).status, bodyOf(await ask(call)).orderId]).toEqual([200, one.orderId]);
  });
});

describe("a key that has expired", () => {
  /** Lets the key's time pass, for its answer and for the rows of a table. */
  async function expire(shop: Shop, table: string): Promise<void> {
    await makeOlder(shop, 25);
    await shop.db.execute(sql`update ${sql.identifier(table)} set created_at = created_at - interval 25 hour`);
  }

  const refundCall = async (shop: Shop, provider: "wechat" | "alipay") => {
    const { orderId } = await newPaidOrder(shop, provider);
    const input = { provider, orderId, amount: "1.00", reason: "退货" };
    return { name: "refunds.create", as: SERVICE, key: unique("key"), input };
  };
  const numberOf = (told: Told) => [bodyOf(told).outBillNo ?? bodyOf(told).refundId];

  it.each([
    [
      "transfer",
      "transfers",
      async () => ({
        ...{ name: "transfers.create", as: OPERATOR, key: unique("key") },
        input: { ...REQUEST, amount: "10.00", reason: "发奖" },
      }),
    ],
    ["refund", "refund_records", (shop: Shop) => refundCall(shop, "wechat")],
  ] as const)("hands out the %s again that is in doubt, and makes no other", async (kind, table, prepare) => {
    const shop = openShop();
    const call = await prepare(shop);
    await misbehave({ kind: "drop_after", operation: kind, times: 9 });
    const first = await ask(call);
    expect([first.status, bodyOf(first).status]).toEqual([201, "PROCESSING"]);
    await sandbox("DELETE", "faults");
    await expire(shop, table);
    await shop.db.execute(sql`update refund_records set decided_at = decided_at - interval 25 hour`);
    const second = await ask(call);
    expect([second.status, numberOf(second)]).toEqual([201, numberOf(first)]);
    expect(codeOf(await ask({ ...call, input: { ...call.input, amount: "2.00" } }))).toBe("IDEMPOTENCY_KEY_REUSED");
    if (kind === "transfer") expect(await providerTransfers()).toHaveLength(1);
  });

  it("makes another refund when the first has come to its end", async () => {
    const shop = openShop();
    const call = await refundCall(shop, "alipay");
    const first = await ask(call);
    expect(bodyOf(first).status).toBe("SUCCESS");
    await expire(shop, "refund_records");
    const second = await ask({ ...call, input: { ...call.input, amount: "2.00" } });
    expect(second.status).toBe(201);
    expect(numberOf(second)).not.toEqual(numberOf(first));
  });

  it("stays a combined payment's as long as one of its parts can be paid", async () => {
    const shop = openShop();
    const purchases = await twoOrders(shop);
    const { customer } = purchases[0];
    const call = {
      ...{ name: "combined.create", as: customer, key: unique("key") },
      input: {
        ...{ provider: "wechat", method: "WECHAT_NATIVE" },
        orders: purchases.map(({ orderId, amount }) => ({ orderId, amount: (amount / 100).toFixed(2) })),
      },
    };
    const first = await ask(call);
    expect(first.status).toBe(201);
    const number = String(bodyOf(first).combineOutTradeNo);
    const keyOf = async () =>
      (
        await shop.db.execute(
          sql`select request_key is null as k, request_hash is null as h from combined_payments
            where combine_out_trade_no = ${number}`,
        )
      ).rows.map((row) => Object.values(row).map(Number));
    await expire(shop, "combined_payments");
    while ((await purge(shop.ctx, 50)) > 0);
    expect(await keyOf()).toEqual([[0, 0]]);
    const again = await ask(call);
    expect([again.status, bodyOf(again).combineOutTradeNo]).toEqual([200, number]);
    await shop.db.execute(sql`update payment_transactions set state = 'CLOSED' where combine_out_trade_no = ${number}`);
    await makeOlder(shop, 25);
    while ((await purge(shop.ctx, 50)) > 0);
    expect(await keyOf()).toEqual([[1, 1]]);
  });
});
