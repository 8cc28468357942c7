/** The REST facade as data: which path serves which procedure, and with which statuses. */
import type { inferRouterInputs } from "@trpc/server";
import type { AppRouter } from "../router.ts";
import { FUND_ROUTES } from "./fund-routes.ts";
import { INVENTORY_ROUTES } from "./inventory-routes.ts";
import { RECEIPT_ROUTES } from "./receipt-routes.ts";
import { RECONCILIATION_ROUTES } from "./reconciliation-routes.ts";

type Inputs = inferRouterInputs<AppRouter>;

/** `orders.create` and so on. */
type ProcedureName = {
  [Name in keyof Inputs & string]: `${Name}.${keyof Inputs[Name] & string}`;
}[keyof Inputs & string];

/** How a success is answered. `madeOrFound` and `closed` depend on what the procedure says. */
export type Success = "done" | "made" | "madeOrFound" | "closed";

export const SUCCESS_STATUSES: Readonly<Record<Success, Readonly<Record<number, string>>>> = {
  done: { 200: "Done" },
  made: { 201: "Made" },
  madeOrFound: { 201: "Made", 200: "The open one was handed out again" },
  closed: { 200: "Closed, or cancelled", 202: "On its way there: a provider has not said yet" },
};

export interface RestRoute {
  readonly verb: "GET" | "POST";
  /** Below /api/v1. What stands in braces is a member of the procedure's input. */
  readonly path: string;
  readonly procedure: ProcedureName;
  /** `done` when absent. */
  readonly success?: Success;
  readonly summary: string;
  /** Whether an Idempotency-Key is taken. */
  readonly idempotencyKey?: "optional" | "required";
}

export const ROUTES: readonly RestRoute[] = [
  {
    verb: "POST",
    path: "/orders",
    procedure: "orders.create",
    success: "made",
    summary: "Make an order",
    idempotencyKey: "optional",
  },
  { verb: "GET", path: "/orders", procedure: "orders.list", summary: "Orders, newest first" },
  { verb: "GET", path: "/orders/{orderId}", procedure: "orders.get", summary: "One order" },
  {
    verb: "POST",
    path: "/orders/{orderId}/cancel",
    procedure: "orders.cancel",
    success: "closed",
    summary: "Cancel an order",
  },

  {
    verb: "GET",
    path: "/payments/methods",
    procedure: "payments.methods",
    summary: "The ways to pay that are on offer",
  },
  {
    verb: "POST",
    path: "/payments/{provider}/create",
    procedure: "payments.create",
    success: "madeOrFound",
    summary: "Open an attempt to pay an order",
    idempotencyKey: "optional",
  },
  {
    verb: "GET",
    path: "/payments/{provider}/query/{orderId}",
    procedure: "payments.query",
    summary: "How the payment of an order stands",
  },
  {
    verb: "POST",
    path: "/payments/{provider}/close/{orderId}",
    procedure: "payments.close",
    success: "closed",
    summary: "Close the open attempt",
  },

  {
    verb: "POST",
    path: "/payments/{provider}/combined/create",
    procedure: "combined.create",
    success: "madeOrFound",
    summary: "Open one payment for several orders",
    idempotencyKey: "optional",
  },
  {
    verb: "GET",
    path: "/payments/{provider}/combined/query/{combineOutTradeNo}",
    procedure: "combined.query",
    summary: "How a combined payment and each of its orders stand",
  },
  {
    verb: "POST",
    path: "/payments/{provider}/combined/close/{combineOutTradeNo}",
    procedure: "combined.close",
    success: "closed",
    summary: "Close a combined payment: its orders can be paid anew",
  },

  {
    verb: "POST",
    path: "/payments/{provider}/refund",
    procedure: "refunds.create",
    success: "made",
    summary: "Give money back, or ask for it",
    idempotencyKey: "required",
  },
  {
    verb: "GET",
    path: "/payments/{provider}/refund/query/{refundId}",
    procedure: "refunds.query",
    summary: "How a refund stands",
  },
  {
    verb: "POST",
    path: "/payments/{provider}/refund/{refundId}/abnormal",
    procedure: "refunds.resolveAbnormal",
    summary: "Send the money of a refund that found no way to its buyer elsewhere",
  },
  { verb: "GET", path: "/refunds", procedure: "refunds.list", summary: "Refunds in a state, newest first" },
  {
    verb: "POST",
    path: "/refunds/{refundId}/approve",
    procedure: "refunds.approve",
    summary: "Grant a customer's request",
  },
  {
    verb: "POST",
    path: "/refunds/{refundId}/decline",
    procedure: "refunds.decline",
    summary: "Decline a customer's request",
  },
  {
    verb: "POST",
    path: "/refunds/{refundId}/retry",
    procedure: "refunds.retry",
    summary: "Try a failed refund again under a new number",
  },
  {
    verb: "POST",
    path: "/refunds/{refundId}/release",
    procedure: "refunds.release",
    summary: "Give up a refund that nobody can find out about",
  },

  ...FUND_ROUTES,

  { verb: "GET", path: "/points", procedure: "points.balance", summary: "A user's points" },
  {
    verb: "GET",
    path: "/points/entries",
    procedure: "points.entries",
    summary: "A user's points entries, newest first",
  },
  {
    verb: "POST",
    path: "/points/grant",
    procedure: "points.grant",
    summary: "Give a user points",
    idempotencyKey: "optional",
  },

  ...INVENTORY_ROUTES,
  ...RECEIPT_ROUTES,
  ...RECONCILIATION_ROUTES,

  {
    verb: "GET",
    path: "/operations/anomalies",
    procedure: "operations.anomalies",
    summary: "What needs a person, newest first",
  },
  {
    verb: "POST",
    path: "/operations/anomalies/{id}/resolve",
    procedure: "operations.resolveAnomaly",
    summary: "Say that an anomaly needs nobody any more",
  },
  {
    verb: "GET",
    path: "/operations/audit",
    procedure: "operations.audit",
    summary: "Check every invariant of the books, for as long as a request may take",
  },
  {
    verb: "GET",
    path: "/operations/explain",
    procedure: "operations.explain",
    summary: "Everything that happened to an order, oldest first",
  },
  {
    verb: "GET",
    path: "/operations/figures",
    procedure: "operations.figures",
    summary: "The five figures that the shop watches",
  },
  {
    verb: "POST",
    path: "/operations/jobs/run",
    procedure: "operations.runJobs",
    summary: "Run the scheduled jobs now",
  },
];
