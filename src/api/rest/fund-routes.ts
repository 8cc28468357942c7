/** The paths of money that pays no order: paid out to users, or frozen at buyers'. */
import type { RestRoute } from "./routes.ts";

export const FUND_ROUTES: readonly RestRoute[] = [
  {
    verb: "POST",
    path: "/transfers",
    procedure: "transfers.create",
    success: "made",
    summary: "Pay money out to a user",
    idempotencyKey: "required",
  },
  { verb: "GET", path: "/transfers", procedure: "transfers.list", summary: "Transfers, newest first" },
  { verb: "GET", path: "/transfers/{outBillNo}", procedure: "transfers.get", summary: "How a transfer stands" },
  {
    verb: "POST",
    path: "/transfers/{outBillNo}/cancel",
    procedure: "transfers.cancel",
    success: "closed",
    summary: "Take back a transfer that its recipient has not confirmed",
  },

  {
    verb: "POST",
    path: "/pre-authorisations",
    procedure: "preAuthorisations.create",
    success: "made",
    summary: "Ask a buyer to have money frozen",
    idempotencyKey: "required",
  },
  {
    verb: "GET",
    path: "/pre-authorisations",
    procedure: "preAuthorisations.list",
    summary: "Pre-authorisations, newest first, without their captures and releases",
  },
  {
    verb: "GET",
    path: "/pre-authorisations/{outOrderNo}",
    procedure: "preAuthorisations.get",
    summary: "How a pre-authorisation, its captures and releases stand",
  },
  {
    verb: "POST",
    path: "/pre-authorisations/{outOrderNo}/capture",
    procedure: "preAuthorisations.capture",
    summary: "Take a part of the frozen money, or all of it",
    idempotencyKey: "required",
  },
  {
    verb: "POST",
    path: "/pre-authorisations/{outOrderNo}/unfreeze",
    procedure: "preAuthorisations.unfreeze",
    summary: "Release a part of the frozen money, or all of it",
    idempotencyKey: "required",
  },
  {
    verb: "POST",
    path: "/pre-authorisations/{outOrderNo}/cancel",
    procedure: "preAuthorisations.cancel",
    success: "closed",
    summary: "Give up a freeze that the buyer has not confirmed",
  },
];
