/** What must be true of orders, refunds and stock, by what callers asked for and were told. */
import * as z from "zod";
import type { Simulation } from "../simulation.ts";
import type { ShopBooks } from "./books.ts";
import { givenUp, money, receipts, retries } from "./money.ts";
import { points } from "./points.ts";
import { returning, sold } from "./sales.ts";

const Items = z.array(z.object({ sku: z.string(), quantity: z.number() }));

/** The promises of the shop that its books break; empty when they keep all. */
export function compareWithModel(sim: Simulation, books: ShopBooks): string[] {
  return [
    ...orders(sim, books),
    ...toldOrders(sim, books),
    ...toldRefunds(sim, books),
    ...stock(sim, books),
    ...points(sim, books),
    ...money(sim, books),
    ...receipts(sim, books),
    ...retries(books),
    ...givenUp(sim, books),
  ];
}

function orders(sim: Simulation, books: ShopBooks): string[] {
  const visible = books.orders.filter(({ close_reason: reason }) => reason !== "DRAFT_ABANDONED");
  return visible.flatMap(({ id, state }) => {
    if (state === "DRAFT" || state === "PENDING") return [`order ${id} never ended: ${state}`];
    return sim.ledger.orders.has(id) ? [] : [`order ${id} is there, and no demand was answered with it`];
  });
}

function toldOrders(sim: Simulation, books: ShopBooks): string[] {
  return [...sim.ledger.orders.values()].flatMap(({ orderId, status }) => {
    const order = books.orders.find(({ id }) => id === orderId);
    if (!order) return [`order ${orderId} was promised, and is not there`];
    const isFinal = status === "PAID" || (status === "CLOSED" && !sim.settings.opensAgain);
    return isFinal && order.state !== status
      ? [`order ${orderId} was told to be ${status}, and is ${order.state}`]
      : [];
  });
}

function toldRefunds(sim: Simulation, { refunds }: ShopBooks): string[] {
  return [...sim.ledger.refunds.values()].flatMap(({ refundId, status }) => {
    const refund = refunds.find(({ id }) => id === refundId);
    if (!refund) return [`refund ${refundId} was promised, and is not there`];
    const isBroken = status === "SUCCESS" && refund.state !== "SUCCESS";
    return isBroken ? [`refund ${refundId} was told to have succeeded, and is ${refund.state}`] : [];
  });
}

function stock(sim: Simulation, books: ShopBooks): string[] {
  const lines = sold(sim, books).flatMap(({ items }) => items);
  const back = returning(books).flatMap(({ items }) => Items.parse(JSON.parse(items)));
  const count = (list: readonly { sku: string; quantity: number }[], sku: string) =>
    list.filter((line) => line.sku === sku).reduce((sum, { quantity }) => sum + quantity, 0);
  return books.items.flatMap(({ sku, on_hand: onHand, reserved, shortage }) => {
    const { pieces = 0 } = sim.ledger.shelves.get(sku) ?? {};
    const changes = [
      ["at first", pieces],
      ["adjusted", sim.ledger.adjusted.get(sku) ?? 0],
      ["found by counts", count(books.counts, sku)],
      ["sold", -count(lines, sku)],
      ["returned", count(back, sku)],
    ] as const;
    const due = changes.reduce((sum, [, change]) => sum + change, 0);
    const parts = changes.map(([name, change]) => `${change} ${name}`).join(", ");
    return [
      ...(onHand === due ? [] : [`${sku}: ${onHand} on hand, and there must be ${due} (${parts})`]),
      ...(reserved === 0 ? [] : [`${sku}: ${reserved} reserved for no open order`]),
      ...(shortage === 0 || sim.settings.hasCounts ? [] : [`${sku}: ${shortage} pieces promised that were not there`]),
    ];
  });
}
