/** Those who only read: the story of an order, a buyer's statement of points. */
import { BrokenPromise } from "../ledger.ts";
import type { Answer, Api, Person } from "../shop.ts";
import type { Simulation } from "../simulation.ts";
import type { Action } from "./action.ts";
import { refuseInternal } from "./buyer.ts";

export const inspectorActions: readonly Action[] = [
  { name: "explain an order", weight: 0.5, begin: explain },
  { name: "read a statement", weight: 0.5, begin: readStatement },
];

/** Some order's story: there is one of every order, told in order. */
export function explain(sim: Simulation): boolean {
  const orderId = sim.random.pick([...sim.ledger.orders.keys()]);
  if (orderId === undefined) return false;
  const limit = sim.random.pick([3, 100]) ?? 100;
  const by = sim.random.pick(sim.people.operators);
  read(
    sim,
    `explain ${orderId}`,
    by,
    (api) => api.operations.explain({ orderId, limit }),
    ({ entries }) => {
      const times = entries.map(({ at }) => Date.parse(at));
      if (times.length === 0) throw new BrokenPromise(`there is no story of order ${orderId}`);
      if (times.some((at, index) => at < (times[index - 1] ?? 0))) {
        throw new BrokenPromise(`the story of order ${orderId} goes back in time`);
      }
    },
  );
  return true;
}

function readStatement(sim: Simulation): boolean {
  const buyer = sim.random.pick(sim.people.buyers);
  const limit = sim.random.pick([2, 50]) ?? 50;
  read(
    sim,
    "read a statement",
    buyer,
    (api) => api.points.entries({ limit }),
    ({ entries }) => {
      for (const [index, { balanceAfter, change, causeId }] of entries.entries()) {
        const before = entries[index + 1]?.balanceAfter;
        if (before !== undefined && before + change !== balanceAfter) {
          throw new BrokenPromise(`${buyer.id}'s statement does not add up at ${causeId}`);
        }
      }
    },
  );
  return true;
}

/** Whoever reads changes nothing, so that no answer but what it asks for and silence is due. */
function read<T>(
  sim: Simulation,
  what: string,
  by: Person,
  run: (api: Api) => Promise<T>,
  heard: (value: T) => void,
): void {
  const hear = (answer: Answer<T>) => {
    refuseInternal(answer);
    if (answer.kind === "ok") heard(answer.value);
    if (answer.kind === "error" && answer.code !== "UNAVAILABLE") {
      throw new BrokenPromise(`${what} was answered ${answer.code}`);
    }
  };
  sim.shop.call(what, by, undefined, run, (answer) => sim.guard(() => hear(answer)));
}
