/** Money that goes back. */
import { refundByHand } from "../../../sandbox/buyer.ts";
import type { RouterInputs } from "../../../src/client.ts";
import { asking, type Cast, isThere, type Operation, telling } from "../operation.ts";
import { type Channel, must, paidOrder, REFUND_MS, refundSome, SERVICE } from "../staging.ts";

type RefundInput = RouterInputs["refunds"]["create"];

const ALL_BACK = {
  orders: ["PAID 3000, back 3000+700"],
  journal: ["CLAWBACK 30", "EARN 30", "GRANT 900", "HOLD 700", "REFUND 700"],
};

const giving = (
  name: string,
  provider: Channel,
  ends: Operation["ends"],
  extent: (cast: Cast) => Partial<RefundInput> = () => ({}),
): Operation => ({
  name: `${name} (${provider})`,
  trips: 10,
  calls: 1,
  ends,
  stage: async (world, cast) => {
    const { orderId } = await paidOrder(world, cast, provider);
    const input = { provider, orderId, reason: "returned", ...extent(cast) };
    return {
      ask: asking(world, { by: SERVICE, run: (api) => api.refunds.create(input), same: ({ refundId }) => refundId }),
    };
  },
});

/** Its turn comes a minute later. */
const givingASecondRefund: Operation = {
  name: "giving a second refund behind another",
  trips: 7,
  calls: 0,
  ends: { orders: ["PAID 3000, back 3000+700"], stock: ["8 0 0", "9 0 0"] },
  stage: async (world, cast) => {
    const { orderId } = await paidOrder(world, cast, "wechat");
    await refundSome(world, "wechat", orderId);
    const input: RefundInput = { provider: "wechat", orderId, reason: "returned", items: [] };
    return {
      ask: asking(world, { by: SERVICE, run: (api) => api.refunds.create(input), same: ({ refundId }) => refundId }),
    };
  },
};

const givingPointsBack: Operation = {
  name: "giving points alone back",
  trips: 8,
  calls: 0,
  ends: { orders: ["PAID 0, back 0+700"], points: ["900 0 0"], stock: ["10 0 0", "10 0 0"] },
  stage: async (world, { buyer, skus: [, sku] }) => {
    const items = [{ sku, quantity: 1 }];
    const { orderId } = await must(world, buyer, (api) => api.orders.create({ items, pointsToUse: 700 }));
    const input: RefundInput = { provider: "points", orderId, reason: "returned" };
    return {
      ask: asking(world, { by: SERVICE, run: (api) => api.refunds.create(input), same: ({ refundId }) => refundId }),
    };
  },
};

const askingForARefund: Operation = {
  name: "asking for a refund as a customer",
  trips: 5,
  calls: 0,
  ends: { refunds: ["wechat REQUESTED CUSTOMER 3000 700 "] },
  stage: async (world, cast) => {
    const { orderId } = await paidOrder(world, cast, "wechat");
    const input: RefundInput = { provider: "wechat", orderId, reason: "returned" };
    return {
      ask: asking(world, { by: cast.buyer, run: (api) => api.refunds.create(input), same: ({ refundId }) => refundId }),
    };
  },
};

const tellingOfARefund = (channel: Channel): Operation => ({
  name: `telling of a refund (${channel})`,
  trips: 2,
  calls: 0,
  ends: { orders: ["PAID 3000, back 810+190"] },
  stage: async (world, cast) => {
    const { orderId, outTradeNo } = await paidOrder(world, cast, channel);
    const { refundId } = await refundSome(world, channel, orderId);
    await world.pass(REFUND_MS);
    const done = "select 1 from refund_records where id = ? and state = 'SUCCESS'";
    return { ask: telling(world, outTradeNo), isTrue: () => isThere(world, done, refundId) };
  },
});

const tellingOfAnothersRefund: Operation = {
  name: "telling of a refund made in the provider's console",
  trips: 4,
  calls: 0,
  ends: { refunds: ["wechat SUCCESS EXTERNAL 1000 0 "], events: ["refund.external"] },
  isAlwaysTold: true,
  stage: async (world, cast) => {
    const { outTradeNo } = await paidOrder(world, cast, "wechat");
    world.providers.act((providers) => {
      const trade = providers.books.trade("wechat", outTradeNo);
      if (trade) refundByHand(providers, trade, 1000);
    });
    return { ask: telling(world, outTradeNo) };
  },
};

export const REFUNDS: readonly Operation[] = [
  giving("refunding an order", "wechat", ALL_BACK),
  giving("refunding one piece", "alipay", { orders: ["PAID 3000, back 1216+284"] }, ({ skus: [sku] }) => ({
    amount: "15.00",
    items: [{ sku, quantity: 1 }],
  })),
  givingASecondRefund,
  givingPointsBack,
  askingForARefund,
  tellingOfARefund("wechat"),
  tellingOfARefund("alipay"),
  tellingOfAnothersRefund,
];
