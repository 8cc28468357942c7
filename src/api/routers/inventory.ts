import type { PaymentContext } from "../../payments/context.ts";
import { adjustStock, countStock } from "../../payments/stock/change-stock.ts";
import { available, configureItem, listItems } from "../../payments/stock/inventory.ts";
import { keyedProcedure } from "../answers.ts";
import { idempotencyKey } from "../context.ts";
import {
  adjustStockInput,
  catalogue,
  configureItemInput,
  countStockInput,
  listItemsInput,
  stockItem,
  stockPage,
} from "../schemas/inventory.ts";
import { INSPECTORS, OPERATORS, procedureFor, publicProcedure, router } from "../trpc.ts";

export const inventoryRouter = router({
  list: publicProcedure
    .input(listItemsInput)
    .output(catalogue)
    .query(async ({ ctx, input }) => {
      const { items, next } = await pageOf(ctx.payments, { ...input, activeOnly: true });
      return { items: items.map((item) => ({ ...item, available: available(item) })), next };
    }),
  stock: procedureFor(INSPECTORS)
    .input(listItemsInput)
    .output(stockPage)
    .query(({ ctx, input }) => pageOf(ctx.payments, { ...input, activeOnly: false })),
  adjust: keyedProcedure(OPERATORS, { need: "optional", looksItself: false }, adjustStockInput)
    .output(stockItem)
    .mutation(({ ctx, input }) => adjustStock(ctx.payments, ctx.actor, input, idempotencyKey(ctx))),
  count: keyedProcedure(OPERATORS, { need: "optional", looksItself: false }, countStockInput)
    .output(stockItem)
    .mutation(({ ctx, input }) => countStock(ctx.payments, ctx.actor, input, idempotencyKey(ctx))),
  configure: procedureFor(OPERATORS)
    .input(configureItemInput)
    .output(stockItem)
    .mutation(({ ctx, input }) => configureItem(ctx.payments, ctx.actor, input)),
});

async function pageOf(ctx: PaymentContext, page: Parameters<typeof listItems>[1]) {
  const rows = await listItems(ctx, { ...page, limit: page.limit + 1 });
  const items = rows.slice(0, page.limit);
  return { items, next: rows.length > page.limit ? (items.at(-1)?.sku ?? null) : null };
}
