/** Money beside its order. */
import type { Api } from "../../simulation/shop.ts";
import { asking, type Cast, isThere, type Operation, telling } from "../operation.ts";
import { lateMoney, OPERATOR, payableOrder, payTrade, tell } from "../staging.ts";
import type { World } from "../world.ts";

type Found = (world: World, cast: Cast) => Promise<{ readonly outTradeNo: string }>;

interface Arrival extends Omit<Operation, "stage"> {
  readonly find: Found;
}

const IS_ON_RECORD = "select 1 from payment_transactions where out_trade_no = ? and state = 'SUCCESS'";

const arriving = ({ find, ...operation }: Arrival): Operation => ({
  ...operation,
  stage: async (world, cast) => {
    const { outTradeNo } = await find(world, cast);
    return { ask: telling(world, outTradeNo), isTrue: () => isThere(world, IS_ON_RECORD, outTradeNo) };
  },
});

const wrongMoney: Found = async (world, cast) => {
  const { outTradeNo } = await payableOrder(world, cast, "wechat");
  payTrade(world, outTradeNo, 2999);
  return { outTradeNo };
};

/** The shop closed the order, for nobody seemed to have paid in time. */
const overlookedMoney: Found = async (world, cast) => {
  const { outTradeNo } = await payableOrder(world, cast, "alipay");
  payTrade(world, outTradeNo);
  const close = "update payment_transactions set state = 'CLOSED', closed_at = ?, next_check_at = null";
  await world.mysql.ask(`${close} where out_trade_no = ?`, [new Date(world.clock.now()), outTradeNo]);
  await world.pass(6 * 60_000);
  await world.jobs(["orders"]);
  return { outTradeNo };
};

const GONE_BACK = {
  refunds: ["alipay SUCCESS AUTOMATIC 3000 0 "],
  events: ["payment.late_received", "payment.refunded"],
};
const APPLIED = { orders: ["PAID 3000, back 0+0"], events: ["payment.applied_late", "payment.late_received"] };

interface Verb extends Omit<Operation, "stage" | "settings"> {
  readonly say: (api: Api, word: { readonly outTradeNo: string; readonly reason: string }) => Promise<unknown>;
  /** A refusal that says that it has been done. */
  readonly done?: string;
}

/** An operator's word on late money that is held. */
const deciding = ({ say, done, ...operation }: Verb): Operation => ({
  ...operation,
  settings: { LATE_PAYMENTS: "hold" },
  stage: async (world, cast) => {
    const { outTradeNo } = await lateMoney(world, cast);
    await tell(world, outTradeNo);
    const run = (api: Api) => say(api, { outTradeNo, reason: "agreed" });
    return { ask: asking(world, { by: OPERATOR, run, same: () => done ?? "decided", ...(done && { done }) }) };
  },
});

export const RECEIPTS: readonly Operation[] = [
  arriving({ name: "telling of late money", trips: 17, calls: 1, ends: GONE_BACK, find: lateMoney }),
  arriving({
    name: "telling of wrong money",
    trips: 7,
    calls: 0,
    ends: { orders: ["EXPIRED 3000, back 0+0"], anomalies: ["WRONG_AMOUNT OPEN"] },
    find: wrongMoney,
  }),
  arriving({
    name: "telling of late money that opens its order again",
    trips: 17,
    calls: 0,
    ends: APPLIED,
    settings: { LATE_PAYMENTS: "revive", ORDER_TTL_MINUTES: "5" },
    isAlwaysTold: true,
    find: overlookedMoney,
  }),
  deciding({
    name: "applying late money",
    trips: 13,
    calls: 0,
    ends: APPLIED,
    say: (api, word) => api.receipts.applyToOrder(word),
  }),
  deciding({
    name: "refunding late money",
    trips: 15,
    calls: 1,
    ends: GONE_BACK,
    done: "RECEIPT_REFUNDED",
    say: (api, word) => api.receipts.refund(word),
  }),
  deciding({
    name: "writing late money off",
    trips: 8,
    calls: 0,
    ends: { money: ["alipay 3000 0 0 WRITTEN_OFF HOLD"], events: ["payment.late_received", "payment.written_off"] },
    say: (api, word) => api.receipts.writeOff(word),
  }),
];
