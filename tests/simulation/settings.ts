/** What a seed's shop is set to, and which of its jobs are on its schedule. */
import { JOB_NAMES, type JobName } from "../../src/jobs/run.ts";
import type { Random } from "./engine/random.ts";

export interface ShopSettings {
  /** As variables of its environment. */
  readonly variables: Readonly<Record<string, string>>;
  /** Whether operators apply money to orders that have closed. */
  readonly operatorsApply: boolean;
  /** Whether closed orders may be paid after all. */
  readonly opensAgain: boolean;
  /** Whether somebody counts the shelves: fewer pieces may be found than are promised. */
  readonly hasCounts: boolean;
  /** How long an order can be paid, in minutes. */
  readonly orderMinutes: number;
  /** How many orders one buyer may have open. */
  readonly openOrders: number;
  /** Points earned for each yuan paid. */
  readonly pointsPerYuan: number;
  readonly jobs: readonly JobName[];
  /** Whether bills are fetched and compared: each day costs many round trips, so that only some shops do. */
  readonly hasBills: boolean;
}

/** The jobs that go through every day that has passed, or through all that is kept. */
const HOUSEKEEPING: readonly JobName[] = ["bills", "purge"];

export function drawSettings(random: Random): ShopSettings {
  const hasBills = random.chance(0.2);
  const latePayments = random.pick(["refund", "revive", "hold"]) ?? "refund";
  const operatorsApply = random.chance(0.5);
  const openOrders = random.pick([2, 3, 20, 20, 20]) ?? 20;
  const pointsPerYuan = random.pick([0, 0, 1, 40, 250]) ?? 0;
  const orderMinutes = random.pick([5, 30, 120]) ?? 30;
  const variables = {
    ORDER_TTL_MINUTES: orderMinutes,
    CUSTOMER_REFUNDS: random.pick(["request", "request", "auto"]),
    LATE_PAYMENTS: latePayments,
    MIXED_REFUNDS: random.pick(["proportional", "money_first", "points_first"]),
    POINTS_PER_YUAN: pointsPerYuan,
    POINTS_DAYS: random.pick(hasBills ? [0, 1] : [0, 1, 3, 30]),
    POINTS_SHORTAGE: random.pick(["debt", "anomaly"]),
    OPEN_ORDERS_PER_BUYER: openOrders,
  };
  return {
    variables: Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)])),
    operatorsApply,
    opensAgain: operatorsApply || latePayments === "revive",
    hasCounts: random.chance(0.3),
    orderMinutes,
    openOrders,
    pointsPerYuan,
    jobs: hasBills ? JOB_NAMES : JOB_NAMES.filter((name) => !HOUSEKEEPING.includes(name)),
    hasBills,
  };
}

/** A run of the schedule: mostly of a few jobs, as nothing says that they run together. */
export function drawJobs({ jobs }: ShopSettings, random: Random): readonly JobName[] {
  if (random.chance(0.25)) return jobs;
  const chosen = jobs.filter(() => random.chance(0.3));
  return chosen.length > 0 ? chosen : jobs.slice(0, 1);
}
