/** Operators' words on refunds. */
import type { Api } from "../../simulation/shop.ts";
import { Fate, misfortune } from "../misfortune.ts";
import { asking, type Cast, type Operation } from "../operation.ts";
import { failedRefund, OPERATOR, paidOrder, refundAll, SERVICE } from "../staging.ts";
import type { World } from "../world.ts";

interface Verb extends Pick<Operation, "name" | "trips" | "calls" | "ends"> {
  /** The refund that it is said to. */
  readonly to: (world: World, cast: Cast) => Promise<string>;
  readonly say: (api: Api, refundId: string) => Promise<{ readonly refundId: string }>;
  /** A refusal that says that it has been done. */
  readonly done?: string;
  /** Refusals that may follow when it is not needed any more. */
  readonly refusals?: readonly string[];
}

const deciding = ({ to, say, done, refusals, ...operation }: Verb): Operation => ({
  ...operation,
  stage: async (world, cast) => {
    const refundId = await to(world, cast);
    const run = (api: Api) => say(api, refundId);
    return {
      ask: asking(world, {
        by: OPERATOR,
        run,
        same: () => done ?? "decided",
        ...(done && { done }),
        ...(refusals && { refusals }),
      }),
    };
  },
});

async function wanted(world: World, cast: Cast): Promise<string> {
  const { orderId } = await paidOrder(world, cast, "alipay");
  return (await refundAll(world, cast.buyer, "alipay", orderId)).refundId;
}

/** By then it may be another refund's turn. */
const TURN_MS = 90_000;

const IN_DOUBT_MS = 7 * 3_600_000;

/** A refund that has reached nobody for so long that an operator may give it up. */
async function doubtful(world: World, cast: Cast): Promise<string> {
  const { orderId } = await paidOrder(world, cast, "wechat");
  const fate = new Fate(misfortune("an unreachable provider"), 1);
  const { refundId } = await world.under(fate, () => refundAll(world, SERVICE, "wechat", orderId));
  await world.pass(IN_DOUBT_MS);
  return refundId;
}

const reason = "agreed";
const ALL_BACK = { orders: ["PAID 3000, back 3000+700"], stock: ["10 0 0", "10 0 0"] };
const NOTHING_BACK = { orders: ["PAID 3000, back 0+0"], stock: ["8 0 0", "9 0 0"] };

export const DECISIONS: readonly Operation[] = [
  deciding({
    name: "approving a refund",
    trips: 13,
    calls: 1,
    ends: ALL_BACK,
    to: wanted,
    say: (api, refundId) => api.refunds.approve({ refundId, reason }),
  }),
  deciding({
    name: "declining a refund",
    trips: 4,
    calls: 0,
    ends: NOTHING_BACK,
    to: wanted,
    say: (api, refundId) => api.refunds.decline({ refundId, reason }),
  }),
  deciding({
    name: "trying a failed refund again",
    trips: 17,
    calls: 2,
    ends: ALL_BACK,
    to: async (world, cast) => {
      const { refundId } = await failedRefund(world, cast, "refund_closed");
      await world.pass(TURN_MS);
      return refundId;
    },
    say: (api, refundId) => api.refunds.retry({ refundId, reason }),
  }),
  deciding({
    name: "giving up a refund in doubt",
    trips: 5,
    calls: 1,
    ends: NOTHING_BACK,
    refusals: ["REFUND_NOT_IN_DOUBT"],
    to: doubtful,
    say: (api, refundId) => api.refunds.release({ refundId, reason }),
  }),
  deciding({
    name: "sending an abnormal refund elsewhere",
    trips: 4,
    calls: 1,
    ends: ALL_BACK,
    done: "REFUND_NOT_ABNORMAL",
    to: async (world, cast) => (await failedRefund(world, cast, "refund_abnormal")).refundId,
    say: (api, refundId) =>
      api.refunds.resolveAbnormal({ provider: "wechat", refundId, type: "MERCHANT_BANK_CARD", reason }),
  }),
];
