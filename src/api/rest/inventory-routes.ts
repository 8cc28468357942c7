/** The REST paths of goods and their pieces. */
import type { RestRoute } from "./routes.ts";

export const INVENTORY_ROUTES: readonly RestRoute[] = [
  { verb: "GET", path: "/inventory", procedure: "inventory.list", summary: "What is for sale" },
  { verb: "GET", path: "/inventory/stock", procedure: "inventory.stock", summary: "The pieces of everything" },
  {
    verb: "POST",
    path: "/inventory/{sku}/adjust",
    procedure: "inventory.adjust",
    summary: "Put pieces on the shelf or take them off",
    idempotencyKey: "optional",
  },
  {
    verb: "POST",
    path: "/inventory/{sku}/count",
    procedure: "inventory.count",
    summary: "Say how many pieces a count found on the shelf",
    idempotencyKey: "optional",
  },
  {
    verb: "POST",
    path: "/inventory/{sku}/configure",
    procedure: "inventory.configure",
    summary: "Say with how few pieces an item counts as low",
  },
];
