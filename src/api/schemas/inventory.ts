import * as z from "zod";
import { limit, line, reference, sku, yuanText } from "./fields.ts";

export const listItemsInput = z.strictObject({
  after: reference.optional().meta({ description: "`next` of the page before" }),
  limit,
});

export const adjustStockInput = z.strictObject({
  sku,
  quantity: z
    .int()
    .min(-1_000_000)
    .max(1_000_000)
    .refine((pieces) => pieces !== 0, "must not be 0")
    .meta({ description: "Pieces put on the shelf, or taken off when negative" }),
  reason: line(200),
});

export const countStockInput = z.strictObject({
  sku,
  counted: z
    .int()
    .min(0)
    .max(100_000_000)
    .meta({ description: "Pieces found on the shelf, those of open orders among them" }),
  reason: line(200),
});

export const configureItemInput = z.strictObject({
  sku,
  lowAt: z.int().min(0).max(1_000_000).nullable().meta({
    description: "With how many free pieces, or fewer, the item counts as low; null for never",
  }),
  reason: line(200),
});

export const catalogue = z.object({
  items: z.array(z.object({ sku: z.string(), title: z.string(), price: yuanText, available: z.int() })),
  next: z.string().nullable(),
});

export const stockItem = z
  .object({
    sku: z.string(),
    title: z.string(),
    price: yuanText,
    active: z.boolean(),
    onHand: z.int(),
    reserved: z.int(),
    shortage: z.int().meta({ description: "Pieces promised to orders that a count did not find" }),
    lowAt: z.int().nullable(),
  })
  .meta({ id: "StockItem" });

export const stockPage = z.object({ items: z.array(stockItem), next: z.string().nullable() });
