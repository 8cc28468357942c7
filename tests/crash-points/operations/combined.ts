/** Several orders paid together. */
import { asking, isThere, type Operation, telling } from "../operation.ts";
import { openCombined, openPayment, payTrade, twoOrders } from "../staging.ts";

interface Opening extends Pick<Operation, "trips" | "calls"> {
  readonly besideASingle?: boolean;
}

const BOTH_PAID = { orders: ["PAID 1500, back 0+0", "PAID 700, back 0+0"] };

const opening = ({ trips, calls, besideASingle = false }: Opening): Operation => ({
  name: `opening a combined payment${besideASingle ? " in the place of a single one" : ""}`,
  trips,
  calls,
  ends: BOTH_PAID,
  stage: async (world, cast) => {
    const orders = (await twoOrders(world, cast)).map(({ orderId, amount }) => ({ orderId, amount }));
    const [single] = orders;
    if (besideASingle && single) await openPayment(world, cast, "wechat", single);
    let first = "";
    const ask = asking(world, {
      by: cast.buyer,
      run: (api) => api.combined.create({ provider: "wechat", method: "WECHAT_NATIVE", orders }),
      same: ({ combineOutTradeNo, orders: [part] }) => {
        first = part?.outTradeNo ?? "";
        return combineOutTradeNo;
      },
    });
    return { ask, afterwards: () => payTrade(world, first) };
  },
});

const tellingOfIt: Operation = {
  name: "telling of a combined payment",
  trips: 3,
  calls: 0,
  ends: BOTH_PAID,
  stage: async (world, cast) => {
    const { combineOutTradeNo, orders } = await openCombined(world, cast);
    payTrade(world, orders[0]?.outTradeNo ?? "");
    const paid = "select 1 from orders where user_id = ? and state = 'PAID' having count(*) = 2";
    return { ask: telling(world, combineOutTradeNo), isTrue: () => isThere(world, paid, cast.buyer.id) };
  },
};

const closing: Operation = {
  name: "closing a combined payment",
  trips: 5,
  calls: 1,
  ends: { orders: ["EXPIRED 1500, back 0+0", "EXPIRED 700, back 0+0"] },
  stage: async (world, cast) => {
    const { combineOutTradeNo } = await openCombined(world, cast);
    return {
      ask: asking(world, {
        by: cast.buyer,
        run: (api) => api.combined.close({ provider: "wechat", combineOutTradeNo }),
        same: () => "closed",
      }),
    };
  },
};

const cancellingOne: Operation = {
  name: "cancelling an order of a combined payment",
  trips: 8,
  calls: 1,
  ends: { orders: ["CANCELLED 700, back 0+0", "EXPIRED 1500, back 0+0"] },
  stage: async (world, cast) => {
    const { orders } = await openCombined(world, cast);
    const orderId = orders.find(({ amount }) => amount === "7.00")?.orderId ?? "";
    return {
      ask: asking(world, { by: cast.buyer, run: (api) => api.orders.cancel({ orderId }), same: () => "cancelled" }),
    };
  },
};

export const COMBINED: readonly Operation[] = [
  opening({ trips: 6, calls: 1 }),
  opening({ trips: 8, calls: 2, besideASingle: true }),
  tellingOfIt,
  closing,
  cancellingOne,
];
