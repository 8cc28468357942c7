/** Operators and the service: stock, points, money asked back, orders made for buyers. */
import type { RouterInputs } from "../../../src/client.ts";
import { Demand } from "../demand.ts";
import type { KnownOrder, RefundAnswer } from "../ledger.ts";
import type { Person } from "../shop.ts";
import type { Simulation } from "../simulation.ts";
import type { Action } from "./action.ts";
import { demandOrder } from "./buyer.ts";

type RefundInput = RouterInputs["refunds"]["create"];

export const operatorActions: readonly Action[] = [
  { name: "refund", weight: 20, begin: refund },
  { name: "adjust stock", weight: 2, begin: adjust },
  { name: "count stock", weight: 0.7, begin: count },
  { name: "grant points", weight: 1, begin: (sim) => grant(sim, sim.random.between(1, 500)) },
  { name: "order for a buyer", weight: 2, begin: orderForBuyer },
];

const PROVIDERS = ["wechat", "alipay", "points"] as const;

function refund(sim: Simulation): boolean {
  const { random, ledger, people } = sim;
  const paid = sim.providers.act((world) => world.books.trades()).filter(({ state }) => state === "paid");
  const isPaid = ({ orderId, status }: KnownOrder) =>
    status === "PAID" || paid.some(({ outTradeNo }) => outTradeNo.startsWith(orderId));
  const order = random.pick([...ledger.orders.values()].filter(isPaid));
  if (!order) return false;
  const by = random.pick([order.buyer, people.service, ...people.operators]) ?? people.service;
  const provider = random.pick(PROVIDERS) ?? "wechat";
  demandRefund(sim, by, {
    provider: providerOf(sim, order) ?? provider,
    orderId: order.orderId,
    reason: "sim",
    ...extent(sim, order),
  });
  return true;
}

/** By whose payment the order was paid, as far as buyers know. */
function providerOf(sim: Simulation, order: KnownOrder): RefundInput["provider"] | undefined {
  const trade = sim.providers
    .act((world) => world.books.trades())
    .find(({ outTradeNo, state }) => state === "paid" && outTradeNo.startsWith(order.orderId));
  return trade?.provider ?? "points";
}

/** All of it, some money, or some pieces with or without their money. */
function extent(sim: Simulation, order: KnownOrder): Pick<RefundInput, "amount" | "items"> {
  const { random, ledger } = sim;
  const item = random.pick(order.items);
  // Points that were used count as money.
  const fen = Math.max(1, Math.round(Number(order.amount) * 100) + order.pointsToUse);
  const some = { amount: inYuan(random.between(1, fen)) };
  if (random.chance(0.3)) return {};
  if (!item || random.chance(0.4)) return some;
  const price = ledger.shelves.get(item.sku)?.price ?? 1;
  return { amount: inYuan(Math.min(fen, price)), items: [{ sku: item.sku, quantity: 1 }] };
}

function inYuan(fen: number): string {
  return (fen / 100).toFixed(2);
}

function demandRefund(sim: Simulation, by: Person, input: RefundInput): void {
  const succeeded = sim.ledger.succeededRefunds();
  sim.demand(
    new Demand<RefundAnswer>({
      name: `refund ${input.orderId} ${input.amount ?? "all"}`,
      by,
      key: sim.name("refund"),
      run: (api) => api.refunds.create(input),
      identity: ({ refundId }) => refundId,
      granted: (answer) => sim.ledger.tellRefund(answer, succeeded),
    }),
  );
}

function adjust(sim: Simulation): boolean {
  const shelf = sim.random.pick([...sim.ledger.shelves.values()]);
  if (!shelf) return false;
  const { sku } = shelf;
  const quantity = sim.random.chance(0.7) ? sim.random.between(1, 5) : -sim.random.between(1, 3);
  sim.demand(
    new Demand({
      name: `put ${quantity} of ${sku}`,
      by: sim.random.pick(sim.people.operators),
      key: sim.name("stock"),
      run: (api) => api.inventory.adjust({ sku, quantity, reason: "sim" }),
      identity: () => sku,
      granted: (_answer, first) => first && sim.ledger.add(sim.ledger.adjusted, sku, quantity),
    }),
  );
  return true;
}

/** Somebody counts what is on a shelf, and finds about as much as there should be. */
function count(sim: Simulation): boolean {
  const shelf = sim.random.pick([...sim.ledger.shelves.values()]);
  if (!shelf || !sim.settings.hasCounts) return false;
  const { sku, pieces } = shelf;
  const counted = sim.random.between(0, pieces + (sim.ledger.adjusted.get(sku) ?? 0) + 5);
  sim.demand(
    new Demand({
      name: `count ${counted} of ${sku}`,
      by: sim.random.pick(sim.people.operators),
      key: sim.name("count"),
      run: (api) => api.inventory.count({ sku, counted, reason: "sim" }),
      identity: () => sku,
      granted: () => {},
    }),
  );
  return true;
}

/** Somebody with the right to do so gives a buyer points. */
export function grant(sim: Simulation, points: number, buyer: Person = sim.random.pick(sim.people.buyers)): boolean {
  sim.demand(
    new Demand({
      name: `grant ${points} to ${buyer.id}`,
      by: sim.people.service,
      key: sim.name("grant"),
      run: (api) => api.points.grant({ userId: buyer.id, points, reason: "sim" }),
      identity: ({ userId }) => userId,
      granted: (_answer, first) => first && sim.ledger.add(sim.ledger.granted, buyer.id, points),
    }),
  );
  return true;
}

function orderForBuyer(sim: Simulation): boolean {
  const amount = inYuan(sim.random.between(1, 5000));
  demandOrder(sim, sim.people.service, { amount, subject: "deposit" }, sim.random.pick(sim.people.buyers));
  return true;
}
