/** What the jobs do: a run breaks off, and the next one goes on. */
import type { JobName } from "../../../src/jobs/run.ts";
import { Fate, misfortune } from "../misfortune.ts";
import { type Cast, isThere, type Operation, untold } from "../operation.ts";
import {
  lateMoney,
  must,
  newOrder,
  OPERATOR,
  orderInput,
  paidOrder,
  payableOrder,
  payTrade,
  REFUND_MS,
  refundAll,
  refundSome,
  SERVICE,
  tell,
  waitingCode,
} from "../staging.ts";
import type { World } from "../world.ts";

interface Work extends Omit<Operation, "stage" | "isJob"> {
  readonly job: JobName;
  /** Makes something to do for it. */
  readonly find: (world: World, cast: Cast) => Promise<void>;
  /** Finds it done, by the buyer or the first thing's SKU. */
  readonly done: string;
}

const running = ({ job, find, done, ...operation }: Work): Operation => ({
  ...operation,
  isJob: true,
  stage: async (world, cast) => {
    await find(world, cast);
    const ask = async () => {
      await world.jobs([job]);
      return (await isThere(world, `${done} in (?, ?)`, cast.buyer.id, cast.skus[0])) ? "done" : undefined;
    };
    return { ask };
  },
});

const MINUTE = 60_000;

export const JOBS: readonly Operation[] = [
  running({
    name: "closing an order whose time is over",
    ...{ job: "orders", trips: 8, calls: 1 },
    ends: { orders: ["EXPIRED 3000, back 0+0"], stock: ["10 0 0", "10 0 0"] },
    done: "select 1 from orders where state = 'CLOSED' and user_id",
    find: async (world, cast) => {
      await payableOrder(world, cast, "wechat");
      await world.pass(121 * MINUTE);
    },
  }),
  running({
    name: "closing an order whose time is over, and finding it paid",
    ...{ job: "orders", trips: 8, calls: 2 },
    ends: { orders: ["PAID 3000, back 0+0"] },
    done: "select 1 from orders where state = 'PAID' and user_id",
    find: async (world, cast) => {
      const { outTradeNo } = await payableOrder(world, cast, "wechat");
      payTrade(world, outTradeNo);
      await world.pass(121 * MINUTE);
    },
  }),
  running({
    name: "giving up a draft",
    ...{ job: "orders", trips: 2, calls: 0 },
    ends: { orders: [], stock: ["10 0 0", "10 0 0"], points: ["900 0 0"] },
    done: "select 1 from orders where close_reason = 'DRAFT_ABANDONED' and user_id",
    find: async (world, cast) => {
      const fate = new Fate(misfortune("death after a statement"), 4);
      await world.under(fate, () => world.call(cast.buyer, undefined, (api) => api.orders.create(orderInput(cast))));
      await world.pass(6 * MINUTE);
    },
  }),
  running({
    name: "asking about a payment",
    ...{ job: "attempts", trips: 5, calls: 1 },
    ends: { orders: ["PAID 3000, back 0+0"] },
    done: "select 1 from orders where state = 'PAID' and user_id",
    find: async (world, cast) => {
      const { outTradeNo } = await payableOrder(world, cast, "wechat");
      payTrade(world, outTradeNo);
      await world.pass(MINUTE);
    },
  }),
  running({
    name: "giving up a payment by bar code",
    ...{ job: "attempts", trips: 5, calls: 1 },
    ends: { orders: ["EXPIRED 3000, back 0+0"] },
    done: "select 1 from payment_transactions where state = 'CLOSED' and user_id",
    find: async (world, cast) => {
      await waitingCode(world, cast);
      await world.pass(2 * MINUTE);
    },
  }),
  running({
    name: "giving late money back",
    ...{ job: "attempts", trips: 12, calls: 2 },
    ends: { refunds: ["alipay SUCCESS AUTOMATIC 3000 0 "], events: ["payment.late_received", "payment.refunded"] },
    done: "select 1 from refund_records where state = 'SUCCESS' and user_id",
    find: async (world, cast) => {
      const { outTradeNo } = await lateMoney(world, cast);
      const fate = new Fate(misfortune("death before a request"), 1);
      for (const delivery of untold(world, outTradeNo)) await world.under(fate, () => world.deliver(delivery));
      await world.pass(2 * MINUTE);
    },
  }),
  running({
    name: "asking about a refund",
    ...{ job: "refunds", trips: 5, calls: 1 },
    ends: { orders: ["PAID 3000, back 3000+700"] },
    done: "select 1 from refund_records where state = 'SUCCESS' and user_id",
    find: async (world, cast) => {
      const { orderId } = await paidOrder(world, cast, "wechat");
      await refundAll(world, SERVICE, "wechat", orderId);
      await world.pass(REFUND_MS + MINUTE);
    },
  }),
  running({
    name: "sending a refund whose turn has come",
    ...{ job: "refunds", trips: 5, calls: 1 },
    ends: { orders: ["PAID 3000, back 3000+700"] },
    done: "select 1 from refund_records where waiting_since is null and amount > 2000 and user_id",
    find: async (world, cast) => {
      const { orderId, outTradeNo } = await paidOrder(world, cast, "wechat");
      await refundSome(world, "wechat", orderId);
      await world.pass(REFUND_MS);
      await tell(world, outTradeNo);
      await refundAll(world, SERVICE, "wechat", orderId);
      await world.pass(2 * MINUTE);
    },
  }),
  running({
    name: "ending points",
    ...{ job: "points", trips: 9, calls: 0, settings: { POINTS_DAYS: "1" } },
    ends: { journal: ["EXPIRE 100", "GRANT 100", "GRANT 900"], events: ["points.expired"] },
    done: "select 1 from points_logs where kind = 'EXPIRE' and state = 'POSTED' and user_id",
    find: async (world, { buyer }) => {
      await must(world, SERVICE, (api) => api.points.grant({ userId: buyer.id, points: 100, reason: "welcome" }));
      await world.pass(25 * 60 * MINUTE);
    },
  }),
  running({
    name: "telling of low stock",
    ...{ job: "stock", trips: 4, calls: 0 },
    ends: { events: ["stock.low"] },
    done: "select 1 from inventory_items where low_since is not null and sku",
    find: async (world, cast) => {
      await must(world, OPERATOR, (api) => api.inventory.configure({ sku: cast.skus[0], lowAt: 8, reason: "few" }));
      await newOrder(world, cast);
    },
  }),
];
