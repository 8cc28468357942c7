/** The shop opens, and people do business in it, in whatever order. */
import type { Action } from "./actors/action.ts";
import { buyerActions } from "./actors/buyer.ts";
import { callbackActions } from "./actors/callbacks.ts";
import { cashierActions } from "./actors/cashier.ts";
import { inspectorActions } from "./actors/inspector.ts";
import { grant, operatorActions } from "./actors/operator.ts";
import { phoneActions } from "./actors/phone.ts";
import { receiptActions } from "./actors/receipts.ts";
import { refundDeskActions } from "./actors/refund-desk.ts";
import { letOrdersExpire, worldActions } from "./actors/world-events.ts";
import { checkInvariants } from "./audit/invariants.ts";
import type { Simulation } from "./simulation.ts";

const ACTIONS: readonly Action[] = [
  ...buyerActions,
  ...cashierActions,
  ...phoneActions,
  ...callbackActions,
  ...operatorActions,
  ...refundDeskActions,
  ...receiptActions,
  ...inspectorActions,
  ...worldActions,
];

/** A few things to sell, of which there are not many, and points for everybody. */
export async function openShop(sim: Simulation): Promise<void> {
  const { random, mysql, ledger } = sim;
  for (let number = random.between(1, 3); number > 0; number--) {
    const shelf = { sku: `SKU-${number}`, price: random.pick([1, 10, 333, 1999]) ?? 1, pieces: random.between(3, 40) };
    ledger.shelves.set(shelf.sku, shelf);
    await mysql.ask(
      "insert into inventory_items (sku, title, price, active, on_hand, reserved, shortage) values (?, '商品', ?, 1, ?, 0, 0)",
      [shelf.sku, shelf.price, shelf.pieces],
    );
    await mysql.ask(
      `insert into inventory_logs (order_id, kind, sku, cause_id, quantity, state, reason, created_by, created_at, posted_at)
       values ('-', 'ADJUST', ?, 'opening', ?, 'POSTED', 'opening', 'opening', ?, ?)`,
      [shelf.sku, shelf.pieces, new Date(sim.clock.now()), new Date(sim.clock.now())],
    );
  }
  for (const buyer of sim.people.buyers) grant(sim, random.between(1, 3000), buyer);
  await sim.drain();
}

/** Sums hold at every moment, whoever is in the middle of what. */
const CHECK_RATE = 0.03;

/** The day's business: people begin things, and the scheduler lets them go on, in whatever order. */
export async function trade(sim: Simulation): Promise<void> {
  const { random, scheduler } = sim;
  const taste = ACTIONS.map((action) => [action.weight * (0.2 + 1.8 * random.fraction()), action] as const);
  const atOnce = random.between(1, 6);
  const haste = 0.1 + 0.5 * random.fraction();
  const leisure = 0.15 * random.fraction();
  const all = random.between(60, 130);
  let night = random.chance(0.5) ? Math.round(all * random.fraction()) : 0;
  for (let left = all; left > 0 && sim.broken.length === 0; ) {
    if (left === night) {
      night = 0;
      await letOrdersExpire(sim);
    }
    if (scheduler.running < atOnce && random.chance(haste)) {
      const action = random.weighted(taste);
      if (action && (await sim.begin(action))) left -= 1;
      if (random.chance(leisure)) await letTimePass(sim);
      if (random.chance(CHECK_RATE)) sim.broken.push(...(await checkInvariants(sim.mysql)));
    } else if (!(await sim.step()) && scheduler.running >= atOnce) scheduler.assertIdle();
  }
}

const SECOND = 1000;
const HOUR = 3600 * SECOND;

async function letTimePass(sim: Simulation): Promise<void> {
  const { random } = sim;
  const length = random.weighted([
    [10, random.between(1, 60) * SECOND],
    [4, random.between(1, 20) * 60 * SECOND],
    [1, random.between(1, 30) * HOUR],
    [sim.settings.hasBills ? 0 : 0.2, random.between(5, 100) * 24 * HOUR],
  ]);
  await sim.wait(length ?? SECOND);
}
