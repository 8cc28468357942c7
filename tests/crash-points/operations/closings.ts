/** Payments and orders that end without being paid, and payments at the till. */
import { asking, type Operation } from "../operation.ts";
import { type Channel, codeInput, payableOrder, payTrade, waitingCode } from "../staging.ts";

const closingAPayment: Operation = {
  name: "closing a payment",
  trips: 4,
  calls: 1,
  ends: { orders: ["EXPIRED 3000, back 0+0"] },
  stage: async (world, cast) => {
    const { orderId } = await payableOrder(world, cast, "wechat");
    return {
      ask: asking(world, {
        by: cast.buyer,
        run: (api) => api.payments.close({ provider: "wechat", orderId }),
        same: () => "closed",
      }),
    };
  },
};

const cancellingAnOrder = (channel: Channel): Operation => ({
  name: `cancelling an order (${channel})`,
  trips: 7,
  calls: 1,
  ends: { orders: ["CANCELLED 3000, back 0+0"], points: ["900 0 0"] },
  stage: async (world, cast) => {
    const { orderId } = await payableOrder(world, cast, channel);
    return {
      ask: asking(world, {
        by: cast.buyer,
        run: (api) => api.orders.cancel({ orderId }),
        same: () => "cancelled",
      }),
    };
  },
});

const cancellingAPaidOrder: Operation = {
  name: "cancelling an order whose payment has come",
  trips: 6,
  calls: 2,
  ends: { orders: ["PAID 3000, back 0+0"] },
  stage: async (world, cast) => {
    const { orderId, outTradeNo } = await payableOrder(world, cast, "wechat");
    payTrade(world, outTradeNo);
    return {
      ask: asking(world, {
        by: cast.buyer,
        run: (api) => api.orders.cancel({ orderId }),
        same: () => "ORDER_PAID",
        done: "ORDER_PAID",
      }),
    };
  },
};

const scanningACode: Operation = {
  name: "taking a payment by bar code",
  trips: 3,
  calls: 1,
  ends: { orders: ["PAID 3000, back 0+0"] },
  mayStayOpen: true,
  stage: async (world, cast) => {
    const input = await codeInput(world, cast, { asksPassword: false });
    return {
      ask: asking(world, {
        by: cast.buyer,
        run: (api) => api.payments.create(input),
        same: ({ outTradeNo, status }) => (status === "SUCCESS" ? outTradeNo : undefined),
        // The code is too old when it is scanned again, or the till has been given up.
        refusals: ["PROVIDER_REFUSED", "PAYMENT_CLOSED"],
      }),
    };
  },
};

const givingUpACode = (isPaid: boolean): Operation => ({
  name: `giving up a payment by bar code that ${isPaid ? "has come" : "waits for its buyer"}`,
  trips: 4,
  calls: 2,
  ends: { orders: [isPaid ? "PAID 3000, back 0+0" : "EXPIRED 3000, back 0+0"] },
  stage: async (world, cast) => {
    const { orderId, outTradeNo } = await waitingCode(world, cast);
    if (isPaid) payTrade(world, outTradeNo);
    return {
      ask: asking(world, {
        by: cast.buyer,
        run: (api) => api.payments.close({ provider: "alipay", orderId }),
        same: () => (isPaid ? "ORDER_PAID" : "closed"),
        ...(isPaid && { done: "ORDER_PAID" }),
      }),
    };
  },
});

export const CLOSINGS: readonly Operation[] = [
  closingAPayment,
  cancellingAnOrder("wechat"),
  cancellingAnOrder("alipay"),
  cancellingAPaidOrder,
  scanningACode,
  givingUpACode(false),
  givingUpACode(true),
];
