/** Buyers at the shop: they order, look for ways to pay, cancel, ask for money back, and ask again. */
import type { RouterInputs } from "../../../src/client.ts";
import { Demand } from "../demand.ts";
import { BrokenPromise, causeOf, type KnownOrder, type Link, type OrderAnswer } from "../ledger.ts";
import type { Answer, Api, Person } from "../shop.ts";
import type { Simulation } from "../simulation.ts";
import type { Action } from "./action.ts";

type OrderInput = RouterInputs["orders"]["create"];

export const buyerActions: readonly Action[] = [
  { name: "order", weight: 10, begin: order },
  { name: "ask again", weight: 5, begin: askAgain },
  { name: "cancel", weight: 7, begin: cancel },
  { name: "look at an order", weight: 1, begin: look },
];

function order(sim: Simulation): boolean {
  const { random, ledger, people } = sim;
  const shelves = [...ledger.shelves.values()];
  const chosen = shelves.filter(() => random.chance(0.5));
  const items = (chosen.length > 0 ? chosen : shelves.slice(0, 1)).map(({ sku }) => ({
    sku,
    quantity: random.between(1, 3),
  }));
  const cost = items.reduce((sum, { sku, quantity }) => sum + (ledger.shelves.get(sku)?.price ?? 0) * quantity, 0);
  const pointsToUse = random.weighted([
    [5, 0],
    [3, random.between(1, Math.max(1, Math.min(cost, 900)))],
    [1, cost],
  ]);
  const input = { items, ...(pointsToUse ? { pointsToUse } : {}) };
  demandOrder(sim, random.pick(people.buyers), input, random.pick(people.buyers));
  return true;
}

/** Somebody orders for a buyer. */
export function demandOrder(sim: Simulation, by: Person, input: OrderInput, forWhom: Person): void {
  const buyer = by.role === "customer" ? by : forWhom;
  const body = by.role === "customer" ? input : { ...input, userId: buyer.id };
  sim.demand(
    new Demand<OrderAnswer>({
      name: "order",
      by,
      key: sim.name("order"),
      run: (api) => api.orders.create(body),
      identity: ({ orderId }) => orderId,
      granted: (answer, first) => heardOfOrder(sim, { by, buyer }, input, answer, first),
    }),
  );
}

function heardOfOrder(
  sim: Simulation,
  { by, buyer }: Pick<KnownOrder, "by" | "buyer">,
  input: OrderInput,
  answer: OrderAnswer,
  first: boolean,
): void {
  const { orderId, amount, status } = answer;
  const { items = [], pointsToUse = 0 } = input;
  if (by.role === "customer") sim.pledge(() => checkOpenOrders(sim, buyer));
  if (first) {
    if (sim.ledger.orders.has(orderId)) throw new BrokenPromise(`order ${orderId} was given to two demands`);
    sim.ledger.orders.set(orderId, { orderId, buyer, by, items, pointsToUse, amount, status });
  }
  sim.ledger.tell(orderId, status);
}

/** What buyers order themselves; others may order more for them. */
async function checkOpenOrders(sim: Simulation, buyer: Person): Promise<void> {
  const { openOrders } = sim.settings;
  const open = await sim.mysql.ask("select id from orders where user_id = ? and state = 'PENDING'", [buyer.id]);
  const own = open.filter(({ id }) => sim.ledger.orders.get(String(id))?.by === buyer);
  if (own.length > openOrders) sim.broken.push(`${buyer.id} has ${own.length} open orders, and may have ${openOrders}`);
}

/** Somebody who got no answer, or does not trust it, repeats what they asked for. */
function askAgain(sim: Simulation): boolean {
  const open = sim.demands.filter((demand) => demand.isOpen);
  const list = open.length > 0 && sim.random.chance(0.7) ? open : sim.demands.slice(-8);
  const demand = sim.random.pick(list);
  demand?.ask(sim.shop, sim.guard);
  return demand !== undefined;
}

/** Mostly of orders that can still be paid, as far as their buyer knows, and of those that can be paid by a page. */
function cancel(sim: Simulation): boolean {
  const { random, ledger } = sim;
  const all = [...ledger.orders.values()];
  const open = all.filter(({ status }) => status === "PENDING");
  const byPage = open.filter(({ orderId }) => ledger.links.some((link) => isPageOf(link, orderId)));
  const known = random.pick(random.chance(0.5) ? byPage : random.chance(0.7) ? open : all);
  return known !== undefined && atAnOrder(sim, "cancel", known, (api, { orderId }) => api.orders.cancel({ orderId }));
}

/** The provider knows nothing of such a payment before its page is opened, and can't close it. */
function isPageOf(link: Link, orderId: string): boolean {
  return link.kind === "single" && link.orderId === orderId && /^ALIPAY_(QR|WEB|APP)$/.test(link.payment.method);
}

function look(sim: Simulation): boolean {
  const known = sim.random.pick([...sim.ledger.orders.values()]);
  return known !== undefined && atAnOrder(sim, "look at", known, (api, { orderId }) => api.orders.get({ orderId }));
}

function atAnOrder(
  sim: Simulation,
  what: string,
  known: KnownOrder,
  run: (api: Api, order: KnownOrder) => Promise<OrderAnswer>,
): boolean {
  sim.shop.call(
    `${what} ${known.orderId}`,
    known.buyer,
    undefined,
    (api) => run(api, known),
    (answer) => sim.guard(() => heardOfState(sim, known.orderId, answer)),
  );
  return true;
}

function heardOfState(sim: Simulation, orderId: string, answer: Answer<OrderAnswer>): void {
  if (answer.kind === "ok") sim.ledger.tell(orderId, answer.value.status);
  if (answer.kind === "error" && answer.code === "ORDER_PAID") sim.ledger.tell(orderId, "PAID");
  refuseInternal(answer);
}

/** Nobody may be told that the shop itself went wrong. */
export function refuseInternal(answer: Answer<unknown>): void {
  if (answer.kind !== "error" || answer.code !== "INTERNAL") return;
  throw new BrokenPromise(`a caller was answered INTERNAL: ${causeOf(answer.error)}`);
}
