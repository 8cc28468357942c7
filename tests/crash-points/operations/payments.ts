/** Orders and their payments. */
import { asking, isThere, type Operation, telling } from "../operation.ts";
import { type Channel, must, newOrder, orderInput, payableOrder, paymentInput, payTrade, SERVICE } from "../staging.ts";

const IS_PAID = "select 1 from orders where id = ? and state = 'PAID'";

const creatingAnOrder: Operation = {
  name: "creating an order",
  trips: 6,
  calls: 0,
  ends: { orders: ["EXPIRED 3000, back 0+0"], stock: ["10 0 0", "10 0 0"] },
  stage: async (world, cast) => ({
    ask: asking(world, {
      by: cast.buyer,
      run: (api) => api.orders.create(orderInput(cast)),
      same: ({ orderId }) => orderId,
    }),
    isTrue: () => isThere(world, "select 1 from inventory_items where sku = ? and reserved = 2", cast.skus[0]),
  }),
};

const creatingAFreeOrder: Operation = {
  name: "creating an order that points pay alone",
  trips: 6,
  calls: 0,
  ends: { orders: ["PAID 0, back 0+0"], points: ["200 0 0"] },
  stage: async (world, { buyer, skus: [, sku] }) => {
    const input = { items: [{ sku, quantity: 1 }], pointsToUse: 700 };
    return {
      ask: asking(world, { by: buyer, run: (api) => api.orders.create(input), same: ({ orderId }) => orderId }),
      isTrue: () => isThere(world, "select 1 from inventory_items where sku = ? and on_hand = 9", sku),
    };
  },
};

/** Orders whose time is over hold the pieces that this one needs. */
const creatingAnOrderOfHeldPieces: Operation = {
  name: "creating an order of pieces that an expired one holds",
  trips: 17,
  calls: 0,
  ends: { orders: ["EXPIRED 3000, back 0+0"], stock: ["10 0 0", "10 0 0"] },
  settings: { ORDER_TTL_MINUTES: "5" },
  stage: async (world, cast) => {
    const { buyer, skus } = cast;
    // Only so many expired orders are looked through: those of others are not to be among them.
    await world.jobs(["orders"]);
    const items = [{ sku: skus[0], quantity: 9 }];
    await must(world, SERVICE, (api) => api.orders.create({ items, userId: world.name("other") }));
    await world.pass(6 * 60_000);
    return {
      ask: asking(world, {
        by: buyer,
        run: (api) => api.orders.create(orderInput(cast)),
        same: ({ orderId }) => orderId,
        // Whoever holds them may not have been got rid of.
        refusals: ["OUT_OF_STOCK"],
      }),
    };
  },
};

const openingAPayment = (channel: Channel): Operation => ({
  name: `opening a payment (${channel})`,
  trips: 3,
  calls: 1,
  ends: { orders: ["PAID 3000, back 0+0"] },
  stage: async (world, cast) => {
    const order = await newOrder(world, cast);
    let outTradeNo = "";
    const ask = asking(world, {
      by: cast.buyer,
      run: (api) => api.payments.create(paymentInput(channel, order)),
      same: (payment) => {
        outTradeNo = payment.outTradeNo;
        return outTradeNo;
      },
    });
    return { ask, afterwards: () => payTrade(world, outTradeNo) };
  },
});

const changingTheMethod: Operation = {
  name: "changing the method",
  trips: 7,
  calls: 2,
  ends: { orders: ["EXPIRED 3000, back 0+0"] },
  stage: async (world, cast) => {
    const { order } = await payableOrder(world, cast, "wechat");
    return {
      ask: asking(world, {
        by: cast.buyer,
        run: (api) => api.payments.create(paymentInput("alipay", order)),
        same: ({ outTradeNo }) => outTradeNo,
      }),
    };
  },
};

const payingByPoints: Operation = {
  name: "paying by points",
  trips: 4,
  calls: 0,
  ends: { orders: ["PAID 700, back 0+0"], points: ["200 0 0"] },
  stage: async (world, { buyer, skus: [, sku] }) => {
    const { orderId, amount } = await must(world, buyer, (api) => api.orders.create({ items: [{ sku, quantity: 1 }] }));
    const input = { provider: "points", method: "POINTS", orderId, amount } as const;
    return {
      ask: asking(world, {
        by: buyer,
        run: (api) => api.payments.create(input),
        same: ({ outTradeNo, status }) => `${outTradeNo} ${status}`,
      }),
      isTrue: () => isThere(world, IS_PAID, orderId),
    };
  },
};

const tellingOfAPayment = (channel: Channel): Operation => ({
  name: `telling of a payment (${channel})`,
  trips: 2,
  calls: 0,
  ends: { orders: ["PAID 3000, back 0+0"], journal: ["EARN 30", "GRANT 900", "HOLD 700"] },
  stage: async (world, cast) => {
    const { outTradeNo, orderId } = await payableOrder(world, cast, channel);
    payTrade(world, outTradeNo);
    return { ask: telling(world, outTradeNo), isTrue: () => isThere(world, IS_PAID, orderId) };
  },
});

const queryingAPayment: Operation = {
  name: "querying a payment that has come",
  trips: 3,
  calls: 1,
  ends: { orders: ["PAID 3000, back 0+0"] },
  stage: async (world, cast) => {
    const { outTradeNo, orderId } = await payableOrder(world, cast, "alipay");
    payTrade(world, outTradeNo);
    return {
      ask: asking(world, {
        by: cast.buyer,
        run: (api) => api.payments.query({ provider: "alipay", orderId }),
        same: ({ orderId: id }) => id,
      }),
    };
  },
};

export const PAYMENTS: readonly Operation[] = [
  creatingAnOrder,
  creatingAFreeOrder,
  creatingAnOrderOfHeldPieces,
  openingAPayment("wechat"),
  openingAPayment("alipay"),
  changingTheMethod,
  payingByPoints,
  tellingOfAPayment("wechat"),
  tellingOfAPayment("alipay"),
  queryingAPayment,
];
