/** Providers' bills and where the books differ from them. */
import type { RestRoute } from "./routes.ts";

export const RECONCILIATION_ROUTES: readonly RestRoute[] = [
  {
    verb: "GET",
    path: "/reconciliation/{provider}",
    procedure: "reconciliation.days",
    summary: "Days of a provider's bills, newest first",
  },
  {
    verb: "GET",
    path: "/reconciliation/{provider}/{date}",
    procedure: "reconciliation.differences",
    summary: "Where a day's bill and the books differed",
  },
  {
    verb: "POST",
    path: "/reconciliation/{provider}/{date}/rerun",
    procedure: "reconciliation.rerun",
    summary: "Have a day's bill fetched and compared anew",
  },
];
