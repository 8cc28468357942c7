/** Every procedure by which an operator changes something leaves an action, with who, why, and what it is about. */
import { desc, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { operatorActions } from "../../../db/schema/history.ts";
import { appRouter } from "../../../src/api/router.ts";
import { listAnomalies } from "../../../src/payments/anomalies.ts";
import { startAfresh } from "../support/afresh.ts";
import { orderFor, startCombined } from "../support/combined.ts";
import { frozenMoney, startFreeze } from "../support/pre-authorisations.ts";
import { newPaidOrder } from "../support/purchases.ts";
import { lateMoney } from "../support/receipts.ts";
import { newCustomer, newSku, OPERATOR, openShop, type Shop, unique } from "../support/shop.ts";
import { REQUEST, startTransfer } from "../support/transfers.ts";
import { codeOverTrpc } from "./codes.ts";
import { openApi } from "./support.ts";

beforeAll(startAfresh);
afterAll(startAfresh);

interface Row {
  readonly action: string;
  /** What the operator asks for, once it is possible; with a reason where the procedure takes one. */
  readonly input: (shop: Shop) => Promise<object>;
}

const reason = "as agreed by telephone";

async function openOrder(shop: Shop): Promise<string> {
  return (await orderFor(shop, await newCustomer(shop))).orderId;
}
const heldMoney = async () => {
  const { outTradeNo } = await lateMoney(openShop({ settings: { latePayments: "hold" } }));
  return { outTradeNo, reason };
};
const wish = async (shop: Shop) => {
  const { customer, orderId } = await newPaidOrder(shop, "wechat");
  const request = { provider: "wechat" as const, orderId, reason: "broken" };
  const { refundId } = await shop.manager.refund(customer, request, unique("key"));
  return { refundId, reason };
};

const TABLE: Readonly<Record<string, Row>> = {
  "orders.create": {
    action: "orders.create",
    input: async (shop) => ({ items: [{ sku: await newSku(shop, 5), quantity: 1 }] }),
  },
  "orders.cancel": { action: "orders.cancel", input: async (shop) => ({ orderId: await openOrder(shop) }) },
  "payments.create": {
    action: "payments.create",
    input: async (shop) => {
      const { orderId, amount } = await payable(shop);
      return { provider: "wechat", method: "WECHAT_NATIVE", orderId, amount };
    },
  },
  "payments.close": {
    action: "payments.close",
    input: async (shop) => {
      const { orderId, amount } = await payable(shop);
      const request = { method: "WECHAT_NATIVE", orderId, amount };
      await openApi().call("POST", "/payments/wechat/create", { as: OPERATOR, body: request });
      return { provider: "wechat", orderId };
    },
  },
  "combined.create": {
    action: "combined.create",
    input: async (shop) => {
      const customer = await newCustomer(shop);
      const orders = [await orderFor(shop, customer), await orderFor(shop, customer)];
      const asked = orders.map(({ orderId }) => ({ orderId, amount: "30.00" }));
      return { provider: "wechat", method: "WECHAT_NATIVE", orders: asked };
    },
  },
  "combined.close": {
    action: "combined.close",
    input: async (shop) => {
      const customer = await newCustomer(shop);
      const orders = [await orderFor(shop, customer), await orderFor(shop, customer)];
      const { combineOutTradeNo } = (await startCombined(shop, orders)).payment;
      return { provider: "wechat", combineOutTradeNo };
    },
  },
  "refunds.create": {
    action: "refunds.create",
    input: async (shop) => ({ provider: "wechat", orderId: (await newPaidOrder(shop, "wechat")).orderId, reason }),
  },
  "refunds.approve": { action: "refunds.approve", input: wish },
  "refunds.decline": { action: "refunds.decline", input: wish },
  "transfers.create": { action: "transfers.create", input: async () => ({ ...REQUEST, amount: "10.00" }) },
  "transfers.cancel": {
    action: "transfers.cancel",
    input: async (shop) => ({ outBillNo: (await startTransfer(shop)).outBillNo }),
  },
  "preAuthorisations.create": {
    action: "preAuthorisations.create",
    input: async () => ({ channel: "qr", title: "deposit", amount: "10.00" }),
  },
  "preAuthorisations.capture": {
    action: "preAuthorisations.capture",
    input: async (shop) => ({ outOrderNo: (await frozenMoney(shop)).outOrderNo, amount: "1.00" }),
  },
  "preAuthorisations.unfreeze": {
    action: "preAuthorisations.unfreeze",
    input: async (shop) => ({ outOrderNo: (await frozenMoney(shop)).outOrderNo, amount: "1.00" }),
  },
  "preAuthorisations.cancel": {
    action: "preAuthorisations.cancel",
    input: async (shop) => ({ outOrderNo: (await startFreeze(shop)).outOrderNo }),
  },
  "points.grant": {
    action: "points.grant",
    input: async (shop) => ({ userId: (await newCustomer(shop)).id, points: 5, reason }),
  },
  "inventory.adjust": {
    action: "inventory.adjust",
    input: async (shop) => ({ sku: await newSku(shop, 5), quantity: 1, reason }),
  },
  "inventory.count": {
    action: "inventory.count",
    input: async (shop) => ({ sku: await newSku(shop, 5), counted: 4, reason }),
  },
  "inventory.configure": {
    action: "inventory.configure",
    input: async (shop) => ({ sku: await newSku(shop, 5), lowAt: 1, reason }),
  },
  "receipts.applyToOrder": { action: "receipts.apply", input: heldMoney },
  "receipts.refund": { action: "receipts.refund", input: heldMoney },
  "receipts.writeOff": { action: "receipts.write_off", input: heldMoney },
  "reconciliation.rerun": {
    action: "reconciliation.rerun",
    input: async () => ({ provider: "wechat", date: "2026-01-02", reason }),
  },
  "operations.resolveAnomaly": {
    action: "anomalies.resolve",
    input: async () => {
      await lateMoney(openShop());
      const [open] = await listAnomalies(openShop().ctx, { state: "OPEN", limit: 1 });
      return { id: open?.id, reason };
    },
  },
  "operations.runJobs": { action: "operations.run_jobs", input: async () => ({ names: ["keys"], reason }) },
};

/** Those that take long to become possible: shown in refund-retries, refund-doubt and api/abnormal-refunds tests. */
const ELSEWHERE = ["refunds.retry", "refunds.release", "refunds.resolveAbnormal"];

type Procedure = { readonly _def: { readonly type: string; readonly meta?: { readonly roles: unknown } } };
const procedures: Record<string, Procedure> = appRouter._def.procedures as never;

it("has a row for every procedure that lets operators change something", () => {
  const changing = Object.entries(procedures)
    .filter(
      ([
        ,
        {
          _def: { type, meta },
        },
      ]) => type === "mutation" && [meta?.roles].flat().some(isOperators),
    )
    .map(([name]) => name);
  expect([...Object.keys(TABLE), ...ELSEWHERE].sort()).toEqual(changing.sort());
});

const isOperators = (role: unknown): boolean => role === "operator" || role === "public";

describe.each(Object.entries(TABLE))("%s", (name, { action, input }) => {
  it("is on record", async () => {
    const shop = openShop();
    const request = { ...(await input(shop)), reason };
    const operator = { ...OPERATOR, id: unique("operator") };
    const code = await codeOverTrpc(openApi(), { name, input: request, as: operator });
    const rows = await shop.db
      .select()
      .from(operatorActions)
      .where(eq(operatorActions.actor, operator.id))
      .orderBy(desc(operatorActions.seq));
    expect([code, rows.map((row) => row.action)]).toEqual([expect.any(String), [action]]);
    const [row] = rows;
    expect(row).toMatchObject({ role: "operator", reason });
    expect(JSON.parse(row?.after ?? "")).not.toEqual({});
    expect(row?.seq).toBeGreaterThan(0);
  });

  it("asks why, and does nothing without a reason", async () => {
    const shop = openShop();
    const request = { ...(await input(shop)), reason: undefined };
    const operator = { ...OPERATOR, id: unique("operator") };
    expect(await codeOverTrpc(openApi(), { name, input: request, as: operator })).toBe("BAD_INPUT");
    const rows = await shop.db.select().from(operatorActions).where(eq(operatorActions.actor, operator.id));
    expect(rows).toEqual([]);
  });
});

/** An order that nobody has begun to pay. */
async function payable(shop: Shop): Promise<{ orderId: string; amount: string }> {
  return { orderId: await openOrder(shop), amount: "30.00" };
}
