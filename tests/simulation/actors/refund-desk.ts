/** Refunds once they are asked for: operators approve, decline, look, send money elsewhere, try again, give up. */
import type { RouterInputs } from "../../../src/client.ts";
import { BrokenPromise, type RefundAnswer } from "../ledger.ts";
import type { Answer, Api } from "../shop.ts";
import type { Simulation } from "../simulation.ts";
import type { Action } from "./action.ts";
import { refuseInternal } from "./buyer.ts";

export const refundDeskActions: readonly Action[] = [
  { name: "decide a refund", weight: 7, begin: decide },
  { name: "look at a refund", weight: 2, begin: lookAtRefund },
  { name: "resolve an abnormal refund", weight: 2, begin: resolve },
  { name: "retry a refund", weight: 5, begin: retry },
  { name: "release a refund", weight: 2, begin: release },
  { name: "go through the refunds", weight: 0.7, begin: goThrough },
];

const REASON = "sim";

type Fits = (refund: RefundAnswer) => boolean;
type Run = (api: Api, refund: RefundAnswer) => Promise<RefundAnswer>;

function atARefund(sim: Simulation, what: string, fits: Fits, run: Run): boolean {
  const known = sim.random.pick([...sim.ledger.refunds.values()].filter(fits));
  if (known) at(sim, what, known, run);
  return known !== undefined;
}

function at(
  sim: Simulation,
  what: string,
  known: RefundAnswer,
  run: Run,
  heard?: (refund: RefundAnswer) => void,
): void {
  const by = sim.random.pick(sim.people.operators);
  const succeeded = sim.ledger.succeededRefunds();
  const hear = (answer: Answer<RefundAnswer>) => {
    refuseInternal(answer);
    if (answer.kind !== "ok") return;
    heard?.(answer.value);
    sim.ledger.tellRefund(answer.value, succeeded);
  };
  sim.shop.call(
    `${what} ${known.refundId}`,
    by,
    undefined,
    (api) => run(api, known),
    (answer) => sim.guard(() => hear(answer)),
  );
}

function decide(sim: Simulation): boolean {
  const approves = sim.random.chance(0.7);
  const isRequested = ({ status }: RefundAnswer) => status === "REQUESTED";
  if (approves)
    return atARefund(sim, "approve", isRequested, (api, { refundId }) =>
      api.refunds.approve({ refundId, reason: REASON }),
    );
  return atARefund(sim, "decline", isRequested, (api, { refundId }) =>
    api.refunds.decline({ refundId, reason: REASON }),
  );
}

function lookAtRefund(sim: Simulation): boolean {
  const any = () => true;
  return atARefund(sim, "look at", any, (api, { provider, refundId }) => api.refunds.query({ provider, refundId }));
}

function resolve(sim: Simulation): boolean {
  const isStuck = ({ status, provider }: RefundAnswer) =>
    provider === "wechat" && (status === "ABNORMAL" || status === "PROCESSING");
  return atARefund(sim, "resolve", isStuck, (api, { refundId }) =>
    api.refunds.resolveAbnormal({ provider: "wechat", refundId, type: "MERCHANT_BANK_CARD", reason: REASON }),
  );
}

function retry(sim: Simulation): boolean {
  const known = sim.random.pick([...sim.ledger.refunds.values()].filter(mayHaveFailed));
  if (known) retryOne(sim, known);
  return known !== undefined;
}

/** What is under way is tried again, too, by operators in a hurry: the shop must refuse. */
function mayHaveFailed({ status }: RefundAnswer): boolean {
  return status === "CLOSED" || status === "PROCESSING" || status === "ABNORMAL";
}

function retryOne(sim: Simulation, known: RefundAnswer): void {
  const run: Run = (api, { refundId }) => api.refunds.retry({ refundId, reason: REASON });
  at(sim, "retry", known, run, (refund) => {
    const before = sim.ledger.retries.get(known.refundId);
    if (before !== undefined && before !== refund.refundId) {
      throw new BrokenPromise(`refund ${known.refundId} was tried again twice: ${before} and ${refund.refundId}`);
    }
    sim.ledger.retries.set(known.refundId, refund.refundId);
  });
}

function release(sim: Simulation): boolean {
  const isUnderWay = ({ status }: RefundAnswer) => status === "PROCESSING" || status === "ABNORMAL";
  const known = sim.random.pick([...sim.ledger.refunds.values()].filter(isUnderWay));
  if (known) releaseOne(sim, known);
  return known !== undefined;
}

/** While nothing goes wrong the provider says how a refund stands: what has gone back must not be freed. */
function releaseOne(sim: Simulation, known: RefundAnswer): void {
  const before = sim.timeline.faultCount;
  const run: Run = (api, { refundId }) => api.refunds.release({ refundId, reason: REASON });
  const refunds = sim.providers.act((world) => world.books.refunds());
  const wasGone = refunds.find((each) => each.outRefundNo === known.outRefundNo)?.status === "SUCCESS";
  at(sim, "release", known, run, (refund) => {
    const isCertain = wasGone && sim.timeline.faultCount === before;
    if (isCertain && refund.status === "CLOSED") {
      throw new BrokenPromise(`refund ${known.refundId} was given up when its provider had paid it`);
    }
  });
}

type RefundState = RouterInputs["refunds"]["list"]["state"];

/** An operator goes through a list, where refunds are that nobody asked for, and does something about one. */
export function goThrough(sim: Simulation): boolean {
  const { random } = sim;
  const state: RefundState = random.pick(["CREATED", "PROCESSING", "ABNORMAL", "CLOSED", "REQUESTED"]);
  const by = random.pick(sim.people.operators);
  const run = (api: Api) => api.refunds.list({ state, limit: 20 });
  sim.shop.call(`list refunds ${state}`, by, undefined, run, (answer) =>
    sim.guard(() => {
      refuseInternal(answer);
      const refund = answer.kind === "ok" ? random.pick(answer.value.refunds) : undefined;
      if (!refund || refund.status === "REQUESTED") return;
      (refund.status === "CLOSED" ? retryOne : releaseOne)(sim, refund);
    }),
  );
  return true;
}
