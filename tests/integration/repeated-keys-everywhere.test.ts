/** Every procedure that takes an Idempotency-Key answers a repeat in the same bytes, over both transports. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { ROUTES } from "../../src/api/rest/routes.ts";
import { appRouter } from "../../src/api/router.ts";
import { fen } from "../../src/money.ts";
import type { Actor } from "../../src/payments/context.ts";
import { cancelOrder } from "../../src/payments/orders/close-order.ts";
import { grantPoints } from "../../src/payments/points/account.ts";
import { adjustStock } from "../../src/payments/stock/change-stock.ts";
import { openApi } from "./api/support.ts";
import { startAfresh } from "./support/afresh.ts";
import { twoOrders } from "./support/combined.ts";
import { deliverAll, payAt } from "./support/controls.ts";
import { codeOf, type Told, tell } from "./support/keyed-calls.ts";
import { capture, confirmFreeze, frozenMoney, unfreeze } from "./support/pre-authorisations.ts";
import { newOrder, newPaidOrder } from "./support/purchases.ts";
import { newCustomer, newSku, OPERATOR, openShop, SERVICE, type Shop, unique } from "./support/shop.ts";
import { REQUEST } from "./support/transfers.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

interface Asked {
  readonly as: Actor;
  readonly input: object;
  /** What makes it another request. */
  readonly other: object;
  /** Something after which the answer, made anew, would be another. */
  readonly meanwhile?: (first: Told) => Promise<unknown>;
}

const stockOf = async (shop: Shop, change: object): Promise<Asked> => {
  const sku = await newSku(shop, 10);
  const meanwhile = () => adjustStock(shop.ctx, OPERATOR, { sku, quantity: 3, reason: "补货" });
  return { as: OPERATOR, input: { sku, reason: "盘点", ...change }, other: { reason: "再盘点" }, meanwhile };
};

const partOf = async (shop: Shop, use: typeof capture): Promise<Asked> => {
  const { outOrderNo } = await frozenMoney(shop);
  const meanwhile = () => use(shop, outOrderNo, { amount: fen(100) });
  return { as: SERVICE, input: { outOrderNo, amount: "3.00" }, other: { amount: "4.00" }, meanwhile };
};

/** What is asked for, by procedure. */
const ROWS: Readonly<Record<string, (shop: Shop) => Promise<Asked>>> = {
  "orders.create": async (shop) => {
    const [as, sku] = await Promise.all([newCustomer(shop), newSku(shop, 10)]);
    const meanwhile = (first: Told) => cancelOrder(shop.ctx, as, numberIn(first, "orderId"));
    return { as, input: { items: [{ sku, quantity: 1 }] }, other: { items: [{ sku, quantity: 2 }] }, meanwhile };
  },
  "payments.create": async (shop) => {
    const { customer: as, orderId } = await newOrder(shop);
    const input = { provider: "wechat", method: "WECHAT_NATIVE", orderId, amount: "30.00" };
    const meanwhile = async (first: Told) => {
      await payAt("wechat", numberIn(first, "outTradeNo"));
      await deliverAll(shop, "wechat", numberIn(first, "outTradeNo"));
    };
    return { as, input, other: { subject: "别的" }, meanwhile };
  },
  "combined.create": async (shop) => {
    const purchases = await twoOrders(shop);
    const orders = purchases.map(({ orderId }) => ({ orderId, amount: "30.00" }));
    const input = { provider: "wechat", method: "WECHAT_NATIVE", orders };
    return { as: purchases[0].customer, input, other: { orders: orders.toReversed() } };
  },
  "refunds.create": async (shop) => {
    const { orderId } = await newPaidOrder(shop, "alipay");
    const input = { provider: "alipay", orderId, amount: "10.00", reason: "退货" };
    return { as: OPERATOR, input, other: { amount: "11.00" } };
  },
  "transfers.create": async () => ({
    as: OPERATOR,
    input: { ...REQUEST, amount: "10.00" },
    other: { amount: "11.00" },
  }),
  "preAuthorisations.create": async () => ({
    ...{ as: SERVICE, input: { channel: "qr", title: "押金", amount: "10.00" }, other: { amount: "11.00" } },
    meanwhile: (first) => confirmFreeze(numberIn(first, "outOrderNo")),
  }),
  "preAuthorisations.capture": (shop) => partOf(shop, capture),
  "preAuthorisations.unfreeze": (shop) => partOf(shop, unfreeze),
  "points.grant": async (shop) => {
    const { id: userId } = await newCustomer(shop);
    const meanwhile = () => grantPoints(shop.ctx, OPERATOR, { userId, points: 5, reason: "活动" });
    return { as: OPERATOR, input: { userId, points: 100, reason: "活动" }, other: { points: 101 }, meanwhile };
  },
  "inventory.adjust": (shop) => stockOf(shop, { quantity: 5 }),
  "inventory.count": (shop) => stockOf(shop, { counted: 8 }),
};

/** A number of an answer over either transport. */
function numberIn({ text }: Told, name: string): string {
  return new RegExp(`"${name}":"(\\w+)"`).exec(text)?.[1] ?? "";
}

interface Definition {
  readonly _def: { readonly meta?: { readonly key?: { readonly need: string } } };
}

const PROCEDURES: Readonly<Record<string, Definition>> = appRouter._def.procedures as never;
const KEYED = Object.keys(PROCEDURES).filter((name) => PROCEDURES[name]?._def.meta?.key);

it("has a row for each of them, and the paths say so", () => {
  expect(Object.keys(ROWS).sort()).toEqual(KEYED.toSorted());
  for (const { procedure, idempotencyKey } of ROUTES) {
    expect([procedure, PROCEDURES[procedure]?._def.meta?.key?.need]).toEqual([procedure, idempotencyKey]);
  }
});

describe.each(["REST", "tRPC"] as const)("over %s", (transport) => {
  it.each(Object.entries(ROWS))("%s", async (name, prepare) => {
    const [shop, api, elsewhere] = [openShop(), openApi(), openApi()];
    const { as, input, other, meanwhile } = await prepare(shop);
    const call = { name, as, input, key: unique("key") };
    const first = await tell(api, transport, call);
    expect(first.status).toBeLessThan(300);
    await meanwhile?.(first);
    expect(await tell(elsewhere, transport, call)).toEqual(first);
    const reused = await tell(api, transport, { ...call, input: { ...input, ...other } });
    expect([reused.status, codeOf(reused)]).toEqual([409, "IDEMPOTENCY_KEY_REUSED"]);
    expect(await tell(api, transport, call)).toEqual(first);
  });
});
