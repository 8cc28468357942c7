/** Who may call what: every procedure, every role, and somebody else's things. */
import { beforeAll, describe, expect, it } from "vitest";
import { appRouter } from "../../../src/api/router.ts";
import { listAnomalies } from "../../../src/payments/anomalies.ts";
import { type Actor, ROLES, type Role } from "../../../src/payments/context.ts";
import { orderFor, startCombined } from "../support/combined.ts";
import { startFreeze } from "../support/pre-authorisations.ts";
import { newPaidOrder, type Purchase } from "../support/purchases.ts";
import { lateMoney } from "../support/receipts.ts";
import { newCustomer, newSku, OPERATOR, openShop, SERVICE, unique } from "../support/shop.ts";
import { REQUEST, startTransfer } from "../support/transfers.ts";
import { codeOverRest, codeOverTrpc } from "./codes.ts";
import { openApi } from "./support.ts";

interface Row {
  /** What the owner asks for. Evaluated for each call. */
  readonly input: () => unknown;
  readonly roles: readonly Role[] | "public";
  /** What another customer hears of the same request. */
  readonly stranger: string;
}

const EVERYBODY = ROLES;
const BUYERS: readonly Role[] = ["customer", "service", "operator"];
const INSPECTORS: readonly Role[] = ["operator", "auditor"];

let owner: Actor;
let stranger: Actor;
let orderId: string;
let refundId: string;
let sku: string;
let together: readonly Purchase[];
let combineOutTradeNo: string;
let outBillNo: string;
let outTradeNo: string;
let anomalyId: string;
let outOrderNo: string;

beforeAll(async () => {
  const shop = openShop();
  const purchase = await newPaidOrder(shop, "wechat");
  ({ customer: owner, orderId } = purchase);
  stranger = await newCustomer(shop);
  sku = await newSku(shop, 1000);
  const request = { provider: "wechat" as const, orderId, reason: "broken" };
  refundId = (await shop.manager.refund(owner, request, unique("key"))).refundId;
  together = [await orderFor(shop, owner), await orderFor(shop, owner)];
  combineOutTradeNo = (await startCombined(shop, together)).payment.combineOutTradeNo;
  outBillNo = (await startTransfer(shop)).outBillNo;
  outOrderNo = (await startFreeze(shop)).outOrderNo;
  ({ outTradeNo } = await lateMoney(openShop({ settings: { latePayments: "hold" } })));
  const [held] = await listAnomalies(shop.ctx, { state: "OPEN", kind: "LATE_PAYMENT", limit: 1 });
  anomalyId = held?.id ?? "";
});

const order = () => ({ orderId });
const payment = () => ({ provider: "wechat", orderId });
const combined = () => ({ provider: "wechat", combineOutTradeNo });
const transfer = () => ({ outBillNo });
const freeze = () => ({ outOrderNo });
const receipt = () => ({ outTradeNo, reason: "agreed" });
const billDay = () => ({ provider: "wechat", date: "2026-01-02" });
const CASHIERS: readonly Role[] = ["service", "operator"];
const TABLE: Readonly<Record<string, Row>> = {
  "orders.create": { input: () => ({ items: [{ sku, quantity: 1 }] }), roles: BUYERS, stranger: "ok" },
  "orders.get": { input: order, roles: EVERYBODY, stranger: "ORDER_NOT_FOUND" },
  "orders.list": { input: () => ({ userId: owner.id }), roles: EVERYBODY, stranger: "FORBIDDEN" },
  "orders.cancel": { input: order, roles: BUYERS, stranger: "ORDER_NOT_FOUND" },
  "payments.methods": { input: () => undefined, roles: "public", stranger: "ok" },
  "payments.create": {
    input: () => ({ ...payment(), method: "WECHAT_NATIVE", amount: "30.00" }),
    roles: BUYERS,
    stranger: "ORDER_NOT_FOUND",
  },
  "payments.query": { input: payment, roles: EVERYBODY, stranger: "ORDER_NOT_FOUND" },
  "payments.close": { input: payment, roles: BUYERS, stranger: "ORDER_NOT_FOUND" },
  "combined.create": {
    input: () => ({
      provider: "wechat",
      method: "WECHAT_NATIVE",
      orders: together.map((purchase) => ({ orderId: purchase.orderId, amount: "30.00" })),
    }),
    roles: BUYERS,
    stranger: "ORDER_NOT_FOUND",
  },
  "combined.query": { input: combined, roles: EVERYBODY, stranger: "PAYMENT_NOT_FOUND" },
  "combined.close": { input: combined, roles: BUYERS, stranger: "PAYMENT_NOT_FOUND" },
  "refunds.create": {
    input: () => ({ ...payment(), amount: "0.01", reason: "scratched" }),
    roles: BUYERS,
    stranger: "ORDER_NOT_FOUND",
  },
  "refunds.query": {
    input: () => ({ provider: "wechat", refundId }),
    roles: EVERYBODY,
    stranger: "REFUND_NOT_FOUND",
  },
  "refunds.resolveAbnormal": {
    input: () => ({ provider: "wechat", refundId, type: "MERCHANT_BANK_CARD" }),
    roles: ["operator"],
    stranger: "FORBIDDEN",
  },
  "refunds.list": { input: () => ({}), roles: INSPECTORS, stranger: "FORBIDDEN" },
  "refunds.approve": { input: () => ({ refundId }), roles: ["operator"], stranger: "FORBIDDEN" },
  "refunds.decline": { input: () => ({ refundId }), roles: ["operator"], stranger: "FORBIDDEN" },
  "refunds.retry": { input: () => ({ refundId, reason: "again" }), roles: ["operator"], stranger: "FORBIDDEN" },
  "refunds.release": { input: () => ({ refundId, reason: "lost" }), roles: ["operator"], stranger: "FORBIDDEN" },
  "transfers.create": {
    input: () => ({ ...REQUEST, amount: "10.00" }),
    roles: ["operator"],
    stranger: "FORBIDDEN",
  },
  "transfers.get": { input: transfer, roles: INSPECTORS, stranger: "FORBIDDEN" },
  "transfers.list": { input: () => ({ limit: 1 }), roles: INSPECTORS, stranger: "FORBIDDEN" },
  "transfers.cancel": { input: transfer, roles: ["operator"], stranger: "FORBIDDEN" },
  "preAuthorisations.create": {
    input: () => ({ channel: "qr", title: "deposit", amount: "10.00" }),
    roles: CASHIERS,
    stranger: "FORBIDDEN",
  },
  "preAuthorisations.get": { input: freeze, roles: [...CASHIERS, "auditor"], stranger: "FORBIDDEN" },
  "preAuthorisations.list": { input: () => ({ limit: 1 }), roles: INSPECTORS, stranger: "FORBIDDEN" },
  "preAuthorisations.capture": {
    input: () => ({ ...freeze(), amount: "1.00" }),
    roles: CASHIERS,
    stranger: "FORBIDDEN",
  },
  "preAuthorisations.unfreeze": {
    input: () => ({ ...freeze(), amount: "1.00" }),
    roles: CASHIERS,
    stranger: "FORBIDDEN",
  },
  "preAuthorisations.cancel": { input: freeze, roles: CASHIERS, stranger: "FORBIDDEN" },
  "points.balance": { input: () => ({ userId: owner.id }), roles: EVERYBODY, stranger: "FORBIDDEN" },
  "points.entries": { input: () => ({ userId: owner.id }), roles: EVERYBODY, stranger: "FORBIDDEN" },
  "points.grant": {
    input: () => ({ userId: owner.id, points: 1, reason: "thanks" }),
    roles: ["service", "operator"],
    stranger: "FORBIDDEN",
  },
  "inventory.list": { input: () => ({ limit: 1 }), roles: "public", stranger: "ok" },
  "inventory.stock": { input: () => ({ limit: 1 }), roles: INSPECTORS, stranger: "FORBIDDEN" },
  "inventory.count": {
    input: () => ({ sku, counted: 10, reason: "counted" }),
    roles: ["operator"],
    stranger: "FORBIDDEN",
  },
  "inventory.configure": {
    input: () => ({ sku, lowAt: 1, reason: "scarce" }),
    roles: ["operator"],
    stranger: "FORBIDDEN",
  },
  "inventory.adjust": {
    input: () => ({ sku, quantity: 1, reason: "found" }),
    roles: ["operator"],
    stranger: "FORBIDDEN",
  },
  "receipts.list": { input: () => ({ limit: 1 }), roles: INSPECTORS, stranger: "FORBIDDEN" },
  "receipts.get": { input: () => ({ outTradeNo }), roles: INSPECTORS, stranger: "FORBIDDEN" },
  "receipts.applyToOrder": { input: receipt, roles: ["operator"], stranger: "FORBIDDEN" },
  "receipts.refund": { input: receipt, roles: ["operator"], stranger: "FORBIDDEN" },
  "receipts.writeOff": { input: receipt, roles: ["operator"], stranger: "FORBIDDEN" },
  "reconciliation.days": { input: () => ({ provider: "wechat" }), roles: INSPECTORS, stranger: "FORBIDDEN" },
  "reconciliation.differences": { input: billDay, roles: INSPECTORS, stranger: "FORBIDDEN" },
  "reconciliation.rerun": {
    input: () => ({ ...billDay(), reason: "corrected there" }),
    roles: ["operator"],
    stranger: "FORBIDDEN",
  },
  "operations.anomalies": { input: () => ({ limit: 1 }), roles: INSPECTORS, stranger: "FORBIDDEN" },
  "operations.resolveAnomaly": {
    input: () => ({ id: anomalyId, reason: "seen to" }),
    roles: ["operator"],
    stranger: "FORBIDDEN",
  },
  "operations.audit": { input: () => ({ sinceDays: 1 }), roles: INSPECTORS, stranger: "FORBIDDEN" },
  "operations.explain": { input: order, roles: INSPECTORS, stranger: "FORBIDDEN" },
  "operations.figures": { input: () => ({ minutes: 5 }), roles: INSPECTORS, stranger: "FORBIDDEN" },
  "operations.runJobs": { input: () => ({ names: ["keys"] }), roles: ["operator"], stranger: "FORBIDDEN" },
};

it("has a row for every procedure", () => {
  expect(Object.keys(TABLE).sort()).toEqual(Object.keys(appRouter._def.procedures).sort());
});

const api = openApi();
const TRANSPORTS = { tRPC: codeOverTrpc, REST: codeOverRest } as const;

describe.each(Object.entries(TABLE))("%s", (name, row) => {
  const codeOf = (input: unknown, as: Actor | undefined) => codeOverTrpc(api, { name, input, as });

  it.each(ROLES)("as %s", async (role) => {
    const code = await codeOf(row.input(), actorOf(role));
    const allowed = row.roles === "public" || row.roles.includes(role);
    if (allowed) expect(["FORBIDDEN", "UNAUTHENTICATED", "BAD_INPUT"]).not.toContain(code);
    else expect(code).toBe("FORBIDDEN");
    if (allowed) expect(code).not.toMatch(/NOT_FOUND|INTERNAL|UNAVAILABLE/);
  });

  it.each(["tRPC", "REST"] as const)("as a customer whom it does not concern, over %s", async (transport) => {
    expect(await TRANSPORTS[transport](api, { name, input: row.input(), as: stranger })).toBe(row.stranger);
  });

  it.each(["tRPC", "REST"] as const)("as nobody, over %s", async (transport) => {
    const code = await TRANSPORTS[transport](api, { name, input: row.input(), as: undefined });
    expect(code).toBe(row.roles === "public" ? "ok" : "UNAUTHENTICATED");
  });
});

function actorOf(role: Role): Actor {
  if (role === "customer") return owner;
  return role === "operator" ? OPERATOR : role === "service" ? SERVICE : { id: "auditor-1", role };
}
