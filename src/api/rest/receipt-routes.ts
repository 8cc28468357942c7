/** Money that could not pay its order at once, and what operators decide about it. */
import type { RestRoute } from "./routes.ts";

export const RECEIPT_ROUTES: readonly RestRoute[] = [
  { verb: "GET", path: "/receipts", procedure: "receipts.list", summary: "Money beside its order, newest order first" },
  { verb: "GET", path: "/receipts/{outTradeNo}", procedure: "receipts.get", summary: "How such money stands" },
  {
    verb: "POST",
    path: "/receipts/{outTradeNo}/apply",
    procedure: "receipts.applyToOrder",
    summary: "Let money pay its order after all, which opens again when it was closed",
  },
  {
    verb: "POST",
    path: "/receipts/{outTradeNo}/refund",
    procedure: "receipts.refund",
    summary: "Give back what is left of the money",
  },
  {
    verb: "POST",
    path: "/receipts/{outTradeNo}/write-off",
    procedure: "receipts.writeOff",
    summary: "Write off money that has gone back, or was settled elsewhere",
  },
];
