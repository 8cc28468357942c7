/** Buyers at the cashier: ways to pay one order or several, asking how it went, giving it up. */

import { buyerOpenid } from "../../../sandbox/wechat/applications.ts";
import type { RouterInputs } from "../../../src/client.ts";
import { Demand } from "../demand.ts";
import type { KnownOrder, PaymentAnswer } from "../ledger.ts";
import type { Simulation } from "../simulation.ts";
import type { Action } from "./action.ts";
import { refuseInternal } from "./buyer.ts";

type PaymentInput = RouterInputs["payments"]["create"];
type Provider = PaymentInput["provider"];

export const cashierActions: readonly Action[] = [
  { name: "open a payment", weight: 22, begin: openPayment },
  { name: "open a combined payment", weight: 2, begin: openCombined },
  { name: "query a payment", weight: 3, begin: (sim) => atAPayment(sim, "query") },
  { name: "close a payment", weight: 2, begin: (sim) => atAPayment(sim, "close") },
  { name: "query a combined payment", weight: 1, begin: (sim) => atACombined(sim, "query") },
  { name: "close a combined payment", weight: 1, begin: (sim) => atACombined(sim, "close") },
];

function openPayment(sim: Simulation): boolean {
  const order = anOrder(sim);
  if (order) demandPayment(sim, order, paymentInput(sim, order));
  return order !== undefined;
}

/** Buyers take pages for some orders that are open, and don't open them yet. */
export function takePages(sim: Simulation): void {
  const open = [...sim.ledger.orders.values()].filter(({ status }) => status === "PENDING");
  for (const order of open.slice(-4)) {
    const { orderId, amount } = order;
    demandPayment(sim, order, { provider: "alipay", method: "ALIPAY_QR", orderId, amount });
  }
}

function demandPayment(sim: Simulation, order: KnownOrder, input: PaymentInput): void {
  sim.demand(
    new Demand<PaymentAnswer>({
      name: `pay ${order.orderId} by ${input.method}`,
      by: order.buyer,
      key: sim.name("pay"),
      run: (api) => api.payments.create(input),
      identity: ({ outTradeNo }) => outTradeNo,
      made: ({ created }) => created,
      granted: (payment) => {
        if (payment.method === "POINTS" && payment.status === "SUCCESS") sim.ledger.tell(order.orderId, "PAID");
        if (payment.method === "ALIPAY_BARCODE" && payment.status === "SUCCESS") sim.ledger.tell(order.orderId, "PAID");
        sim.ledger.links.push({ kind: "single", orderId: order.orderId, buyer: order.buyer, payment });
      },
    }),
  );
}

/** Mostly one that can be paid, as far as its buyer knows. */
function anOrder(sim: Simulation): KnownOrder | undefined {
  const all = [...sim.ledger.orders.values()];
  const open = all.filter(({ status }) => status === "PENDING");
  return sim.random.pick(open.length > 0 && sim.random.chance(0.9) ? open : all);
}

function paymentInput(sim: Simulation, { orderId, amount }: KnownOrder): PaymentInput {
  const { random, providers } = sim;
  const { appId } = providers.act((world) => world.wechat);
  const by = <P extends Provider>(provider: P) => ({ provider, orderId, amount });
  const scan = () => providers.act((world) => world.alipay.phone.show({ asksPassword: random.chance(0.5) }).code);
  const choices: readonly (readonly [number, () => PaymentInput])[] = [
    [3, () => ({ ...by("wechat"), method: "WECHAT_NATIVE" })],
    [1, () => ({ ...by("wechat"), method: "WECHAT_JSAPI", openid: buyerOpenid(appId) })],
    [1, () => ({ ...by("wechat"), method: "WECHAT_H5", h5Type: "Wap" })],
    [1, () => ({ ...by("wechat"), method: "WECHAT_APP" })],
    [3, () => ({ ...by("alipay"), method: "ALIPAY_QR" })],
    [2, () => ({ ...by("alipay"), method: "ALIPAY_WEB" })],
    [1, () => ({ ...by("alipay"), method: "ALIPAY_APP" })],
    [1, () => ({ ...by("alipay"), method: "ALIPAY_BARCODE", authCode: scan() })],
    [1, () => ({ ...by("points"), method: "POINTS" })],
  ];
  const choose = random.weighted(choices) ?? (() => ({ ...by("wechat"), method: "WECHAT_NATIVE" as const }));
  return choose();
}

function openCombined(sim: Simulation): boolean {
  const buyer = sim.random.pick(sim.people.buyers);
  const own = [...sim.ledger.orders.values()].filter((each) => each.buyer === buyer && each.status === "PENDING");
  if (own.length < 2) return false;
  const orders = own.slice(-sim.random.between(2, 3)).map(({ orderId, amount }) => ({ orderId, amount }));
  sim.demand(
    new Demand({
      name: `pay ${orders.length} orders`,
      by: buyer,
      key: sim.name("combined"),
      run: (api) => api.combined.create({ provider: "wechat", method: "WECHAT_NATIVE", orders }),
      identity: ({ combineOutTradeNo }) => combineOutTradeNo,
      made: ({ created }) => created,
      granted: ({ combineOutTradeNo }) => sim.ledger.links.push({ kind: "combined", buyer, combineOutTradeNo }),
    }),
  );
  return true;
}

function atAPayment(sim: Simulation, what: "query" | "close"): boolean {
  const link = sim.random.pick(sim.ledger.links);
  if (link?.kind !== "single") return false;
  const { orderId, payment } = link;
  const provider = payment.method === "POINTS" ? "points" : payment.method.startsWith("ALIPAY") ? "alipay" : "wechat";
  sim.shop.call(
    `${what} ${payment.outTradeNo}`,
    link.buyer,
    undefined,
    (api) => api.payments[what]({ provider, orderId }),
    (answer) =>
      sim.guard(() => {
        refuseInternal(answer);
        if (answer.kind === "ok") sim.ledger.tell(orderId, answer.value.orderStatus);
      }),
  );
  return true;
}

function atACombined(sim: Simulation, what: "query" | "close"): boolean {
  const link = sim.random.pick(sim.ledger.links.filter((each) => each.kind === "combined"));
  if (link?.kind !== "combined") return false;
  const { combineOutTradeNo, buyer } = link;
  sim.shop.call(
    `${what} ${combineOutTradeNo}`,
    buyer,
    undefined,
    (api) => api.combined[what]({ provider: "wechat", combineOutTradeNo }),
    (answer) =>
      sim.guard(() => {
        refuseInternal(answer);
        if (answer.kind !== "ok") return;
        for (const { orderId, orderStatus } of answer.value.orders) sim.ledger.tell(orderId, orderStatus);
      }),
  );
  return true;
}
