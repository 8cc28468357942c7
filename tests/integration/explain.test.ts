/** The story of an order: complete, in order, page by page, and without a word about the people in it. */
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { recordAction } from "../../src/payments/operator-actions.ts";
import { openApi } from "./api/support.ts";
import { letPass, runJobsToTheEnd, startAfresh } from "./support/afresh.ts";
import { deliverAll, misbehave, payAt } from "./support/controls.ts";
import { newOrder, type Purchase, startPayment } from "./support/purchases.ts";
import { OPERATOR, openShop, type Shop, unique } from "./support/shop.ts";
import { AUDITOR, pagesOf } from "./support/told-stories.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

/** A purchase that went through everything: another method first, silence, points, a refund that was asked about. */
async function eventful(shop: Shop): Promise<Purchase & { outTradeNo: string; refundId: string }> {
  const purchase = await newOrder(shop, { points: 900, pointsToUse: 700 });
  const { customer, orderId } = purchase;
  await startPayment(shop, purchase, "alipay");
  await shop.idle();
  await letPass(shop, 1);
  const outTradeNo = await startPayment(shop, purchase, "wechat");
  await shop.idle();
  await misbehave({ kind: "http_500", operation: "query", times: 3 });
  await expect(shop.manager.query(customer, "wechat", orderId)).rejects.toMatchObject({ code: "PROVIDER_SILENT" });
  await payAt("wechat", outTradeNo);
  await deliverAll(shop, "wechat", outTradeNo);
  const request = { provider: "wechat", orderId, reason: "退货" } as const;
  const { refundId } = await shop.manager.refund(OPERATOR, request, unique("refund"));
  await recordAction(shop.ctx, OPERATOR, {
    ...{ action: "refunds.retry", subject: refundId, orderId, reason: "a try" },
    ...{ before: { state: "CREATED" }, after: {} },
  });
  await shop.idle();
  await runJobsToTheEnd(shop);
  return { ...purchase, outTradeNo, refundId };
}

describe("an eventful order", () => {
  let told: Awaited<ReturnType<typeof eventful>>;
  beforeAll(async () => {
    await startAfresh();
    told = await eventful(openShop());
  }, 60_000);

  it("is told from the beginning to the end, by whatever number it is asked for", async () => {
    const { orderId, outTradeNo, refundId, sku } = told;
    const { entries } = await pagesOf(`orderId=${orderId}`);
    const of = (kind: string) => entries.filter((entry) => entry.kind === kind);
    expect(entries.map(({ at }) => at)).toEqual(entries.map(({ at }) => at).toSorted());
    expect(of("order").map(({ id }) => id)).toEqual(["made", "paid"]);
    expect(entries[0]).toMatchObject({ kind: "order", id: "made", facts: { amount: "23.00", pointsToUse: 700 } });
    expect(of("stock").map(({ id }) => id)).toEqual(
      expect.arrayContaining([
        `SALE:${sku}:${orderId}:written`,
        `SALE:${sku}:${orderId}:ended`,
        `RETURN:${sku}:${refundId}:ended`,
      ]),
    );
    expect(of("points").map(({ id }) => id)).toEqual(
      expect.arrayContaining([`HOLD:${orderId}:ended`, `REFUND:${refundId}:ended`]),
    );
    expect(of("payment").map(({ facts }) => facts.method)).toEqual(
      expect.arrayContaining(["ALIPAY_QR", "WECHAT_NATIVE"]),
    );
    expect(of("payment")).toContainEqual(
      expect.objectContaining({ text: `The buyer paid 23.00 yuan by ${outTradeNo}. It paid the order.` }),
    );
    const calls = of("provider_call").map(({ facts }) => [facts.provider, facts.operation, facts.status]);
    for (const call of [
      ["alipay", "trade.precreate", 200],
      ["wechat", "create", 200],
      ["wechat", "query", 500],
      ["wechat", "refund", 200],
      ["wechat", "query_refund", 200],
    ]) {
      expect(calls).toContainEqual(call);
    }
    expect(of("callback")[0]?.facts).toMatchObject({ event: "TRANSACTION.SUCCESS", outcome: "APPLIED" });
    expect(of("refund").map(({ id }) => id)).toEqual([`${refundId}:asked`, `${refundId}:decided`, `${refundId}:done`]);
    const actions = of("operator").map(({ facts }) => [facts.action, facts.reason]);
    expect(actions).toContainEqual(["refunds.retry", "a try"]);
    // A reason taken over from the refund is a buyer's words.
    expect(actions.flat()).not.toContain("退货");
    for (const name of [`outTradeNo=${outTradeNo}`, `refundId=${refundId}`]) {
      expect((await pagesOf(name)).entries).toEqual(entries);
    }
  });

  it("is told page by page, nothing twice and nothing left out", async () => {
    const shop = openShop();
    const { orderId } = told;
    // Several of a kind in one millisecond stay in their order.
    await shop.db.execute(sql`update provider_calls set sent_at = (select created_at from orders where id = ${orderId})
      where out_trade_no like ${`${orderId}%`}`);
    const whole = await pagesOf(`orderId=${orderId}`);
    expect(new Set(whole.entries.map(({ kind, id }) => `${kind} ${id}`)).size).toBe(whole.entries.length);
    for (const limit of [2, 7]) {
      const { entries, pages } = await pagesOf(`orderId=${orderId}`, limit);
      expect(entries).toEqual(whole.entries);
      expect(pages).toBe(Math.ceil(whole.entries.length / limit));
    }
  });

  it("has refused, late and unapplied money in it, and what was noticed", async () => {
    const shop = openShop();
    const purchase = await newOrder(shop);
    const outTradeNo = await startPayment(shop, purchase, "wechat");
    await payAt("wechat", outTradeNo, 2999);
    await deliverAll(shop, "wechat", outTradeNo);
    const { entries } = await pagesOf(`outTradeNo=${outTradeNo}`);
    expect(entries).toContainEqual(
      expect.objectContaining({ kind: "anomaly", text: "WRONG_AMOUNT was put before an operator." }),
    );
    expect(entries).toContainEqual(
      expect.objectContaining({
        kind: "payment",
        facts: expect.objectContaining({ disposition: "UNAPPLIED", policy: "HOLD" }),
      }),
    );
  });
});

it.each(["orderId=NOBODY", "outTradeNo=NOBODY", "refundId=NOBODY"])("knows no %s", async (name) => {
  const answer = await openApi().call("GET", `/operations/explain?${name}`, { as: AUDITOR });
  expect([answer.status, String(answer.body.code)]).toEqual([
    404,
    expect.stringMatching(/^(ORDER|PAYMENT|REFUND)_NOT_FOUND$/),
  ]);
});

it.each([
  ["", "orderId"],
  ["orderId=A&outTradeNo=B", "orderId"],
  ["orderId=A&after=yesterday", "after"],
  ["orderId=A&limit=101", "limit"],
])("names the field that is wrong in %o", async (query, path) => {
  const answer = await openApi().call("GET", `/operations/explain?${query}`, { as: AUDITOR });
  expect(answer).toMatchObject({ status: 400, body: { code: "BAD_INPUT", issues: [{ path }] } });
});
