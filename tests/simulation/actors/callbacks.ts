/** Providers' callbacks on their way to the shop: in time or late, in any order, doubled, lost, found again days later. */
import type { Delivery, SignedRequest } from "../../../sandbox/deliveries.ts";
import { checkAcknowledged } from "../audit/acknowledged.ts";
import type { Simulation } from "../simulation.ts";
import type { Action } from "./action.ts";

export const callbackActions: readonly Action[] = [
  { name: "callback", weight: 16, begin: deliverDue },
  { name: "old callback", weight: 2, begin: deliverAgain },
  { name: "stale callback", weight: 1, begin: deliverStale },
  { name: "lose a callback", weight: 1, begin: lose },
];

/** Requests that were signed some time ago and went astray. */
const astray = new WeakMap<Simulation, SignedRequest[]>();

function deliverDue(sim: Simulation): boolean {
  const due = sim.providers.act((world) => world.deliveries.due({ early: sim.random.chance(0.3) }));
  const delivery = sim.random.pick(due);
  return delivery !== undefined && deliver(sim, delivery);
}

/** Providers repeat themselves, also what was accepted. */
function deliverAgain(sim: Simulation): boolean {
  const delivery = sim.random.pick(sim.providers.act((world) => world.deliveries.list()));
  return delivery !== undefined && deliver(sim, delivery);
}

/** Brings a callback to the shop, signed now, and tells the provider how it was answered. */
export function deliver(sim: Simulation, delivery: Delivery): boolean {
  const { notice } = delivery;
  const request = sim.providers.act((world) => world.deliveries.sign(delivery));
  if (sim.random.chance(0.1)) astray.set(sim, [...(astray.get(sim) ?? []), request]);
  sim.shop.notify(`${notice.event} ${notice.outTradeNo}`, request, (answer) => {
    sim.providers.act((world) => world.deliveries.answer(delivery, answer ?? { error: "no answer" }));
    const accepted = answer?.status === 200 && (notice.provider === "wechat" || answer.body === "success");
    if (accepted) sim.pledge(() => checkAcknowledged(sim, delivery));
  });
  return true;
}

/** The same bytes again, with a signature of long ago. */
function deliverStale(sim: Simulation): boolean {
  const request = sim.random.pick(astray.get(sim) ?? []);
  if (!request) return false;
  sim.shop.notify("a stale callback", request, () => {});
  return true;
}

function lose(sim: Simulation): boolean {
  const delivery = sim.random.pick(sim.providers.act((world) => world.deliveries.due({ early: true })));
  if (!delivery) return false;
  sim.timeline.note("callback", `${delivery.notice.event} ${delivery.notice.outTradeNo} is lost`);
  sim.providers.act((world) => world.deliveries.answer(delivery, { error: "lost" }));
  return true;
}
