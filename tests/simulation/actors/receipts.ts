/** Operators before money that could not pay its order: they apply it, send it back, write it off; and put anomalies away. */
import type { RouterOutputs } from "../../../src/client.ts";
import { BrokenPromise } from "../ledger.ts";
import type { Answer, Api } from "../shop.ts";
import type { Simulation } from "../simulation.ts";
import type { Action } from "./action.ts";
import { refuseInternal } from "./buyer.ts";
import { goThrough } from "./refund-desk.ts";

type Receipt = RouterOutputs["receipts"]["get"];

export const receiptActions: readonly Action[] = [
  { name: "decide on money", weight: 3, begin: decideOnMoney },
  { name: "put an anomaly away", weight: 0.7, begin: putAway },
];

const REASON = "sim";

function decideOnMoney(sim: Simulation): boolean {
  if (!sim.providers.act((world) => world.books.trades()).some(({ state }) => state === "paid")) return false;
  const policy = sim.random.pick(["HOLD", "HOLD", "HOLD", "REFUND", "REVIVE", "APPLY"] as const);
  const run = (api: Api) => api.receipts.list({ policy, limit: 20 });
  ask(sim, `list receipts ${policy}`, run, ({ receipts }) => {
    const receipt = sim.random.pick(receipts);
    if (receipt) decide(sim, receipt);
  });
  return true;
}

function decide(sim: Simulation, { outTradeNo }: Receipt): void {
  const word = { outTradeNo, reason: REASON };
  const choices = [
    [sim.settings.operatorsApply ? 3 : 0, () => apply(sim, outTradeNo, (api) => api.receipts.applyToOrder(word))],
    [2, () => decideOtherwise(sim, `refund receipt ${outTradeNo}`, (api) => api.receipts.refund(word))],
    [1, () => writeOff(sim, outTradeNo, (api) => api.receipts.writeOff(word))],
  ] as const;
  sim.random.weighted<() => void>(choices)?.();
}

type Run = (api: Api) => Promise<Receipt>;

function apply(sim: Simulation, outTradeNo: string, run: Run): void {
  ask(sim, `apply ${outTradeNo}`, run, ({ orderId, disposition }) => {
    if (disposition !== "APPLIED") throw new BrokenPromise(`${outTradeNo} was to be applied, and is ${disposition}`);
    sim.ledger.decided.set(outTradeNo, disposition);
    sim.ledger.tell(orderId, "PAID");
  });
}

function decideOtherwise(sim: Simulation, what: string, run: Run): void {
  ask(sim, what, run, () => {});
}

/** It may have been written off though nobody is told so. */
function writeOff(sim: Simulation, outTradeNo: string, run: Run): void {
  sim.ledger.mayBeWrittenOff.add(outTradeNo);
  ask(sim, `write off ${outTradeNo}`, run, () => sim.ledger.decided.set(outTradeNo, "WRITTEN_OFF"));
}

function putAway(sim: Simulation): boolean {
  const run = (api: Api) => api.operations.anomalies({ state: "OPEN", limit: 20 });
  ask(sim, "list anomalies", run, ({ anomalies }) => {
    const id = sim.random.pick(anomalies)?.id;
    if (id === undefined) return;
    ask(
      sim,
      `put away ${id}`,
      (api) => api.operations.resolveAnomaly({ id, reason: REASON }),
      () => {},
    );
  });
  return true;
}

function ask<T>(sim: Simulation, what: string, run: (api: Api) => Promise<T>, heard: (value: T) => void): void {
  const hear = (answer: Answer<T>) => {
    refuseInternal(answer);
    if (answer.kind === "ok") heard(answer.value);
  };
  const by = sim.random.pick(sim.people.operators);
  sim.shop.call(what, by, undefined, run, (answer) => sim.guard(() => hear(answer)));
}

const DESKS = 4;

/** When all is quiet, operators see to what has been left to them, or to some of it. */
export async function tidyUp(sim: Simulation): Promise<void> {
  for (let turn = 0; turn < DESKS; turn++) {
    if (sim.random.chance(0.5)) decideOnMoney(sim);
    if (sim.random.chance(0.3)) goThrough(sim);
    await sim.drain();
  }
}
