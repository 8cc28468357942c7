/** All procedures. The REST paths serve the same ones. */
import { combinedRouter } from "./routers/combined.ts";
import { inventoryRouter } from "./routers/inventory.ts";
import { operationsRouter } from "./routers/operations.ts";
import { ordersRouter } from "./routers/orders.ts";
import { paymentsRouter } from "./routers/payments.ts";
import { pointsRouter } from "./routers/points.ts";
import { preAuthorisationsRouter } from "./routers/pre-authorisations.ts";
import { receiptsRouter } from "./routers/receipts.ts";
import { reconciliationRouter } from "./routers/reconciliation.ts";
import { refundsRouter } from "./routers/refunds.ts";
import { transfersRouter } from "./routers/transfers.ts";
import { router } from "./trpc.ts";

export const appRouter = router({
  orders: ordersRouter,
  payments: paymentsRouter,
  combined: combinedRouter,
  refunds: refundsRouter,
  transfers: transfersRouter,
  preAuthorisations: preAuthorisationsRouter,
  points: pointsRouter,
  inventory: inventoryRouter,
  receipts: receiptsRouter,
  reconciliation: reconciliationRouter,
  operations: operationsRouter,
});

export type AppRouter = typeof appRouter;
