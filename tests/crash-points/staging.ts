/** What operations begin with: people, things to sell, orders, payments. */
import { pay } from "../../sandbox/buyer.ts";
import type { RouterInputs, RouterOutputs } from "../../src/client.ts";
import { type Api, type Person, person } from "../simulation/shop.ts";
import { type Cast, untold } from "./operation.ts";
import type { World } from "./world.ts";

export type Order = RouterOutputs["orders"]["create"];
type Refund = RouterOutputs["refunds"]["create"];
export type Payment = RouterOutputs["payments"]["create"];
type Payable = Pick<Order, "orderId" | "amount">;
export type Channel = "wechat" | "alipay";

export const OPERATOR = await person("operator", "operator");
export const SERVICE = await person("service", "service");

/** Ten pieces of each thing, at 15.00 and 7.00, and 900 points for the buyer. */
export async function newCast(world: World): Promise<Cast> {
  const buyer = await person(world.name("buyer"), "customer");
  const skus = [world.name("SKU"), world.name("SKU")] as const;
  const now = new Date(world.clock.now());
  await world.mysql.ask(OPENING, [
    ...skus.flatMap((sku, index) => [sku, [1500, 700][index]]),
    ...skus.flatMap((sku) => [sku, now, now]),
    ...[buyer.id, 900],
    ...[buyer.id, 900, now, now],
  ]);
  return { buyer, skus };
}

const OPENING = `
  insert into inventory_items (sku, title, price, active, on_hand, reserved, shortage)
    values (?, '商品', ?, 1, 10, 0, 0), (?, '商品', ?, 1, 10, 0, 0);
  insert into inventory_logs (order_id, kind, sku, cause_id, quantity, state, reason, created_by, created_at, posted_at)
    values ('-', 'ADJUST', ?, 'opening', 10, 'POSTED', 'opening', 'opening', ?, ?),
      ('-', 'ADJUST', ?, 'opening', 10, 'POSTED', 'opening', 'opening', ?, ?);
  insert into points_accounts (user_id, balance, held) values (?, ?, 0);
  insert into points_logs (user_id, kind, cause_id, points, state, reason, created_by, created_at, posted_at)
    values (?, 'GRANT', 'opening', ?, 'POSTED', 'opening', 'opening', ?, ?)`;

/** Calls a procedure that must succeed. */
export async function must<T>(world: World, by: Person, run: (api: Api) => Promise<T>): Promise<T> {
  const answer = await world.call(by, world.name("stage"), run);
  if (answer.kind === "ok") return answer.value;
  throw new Error("the stage could not be set", { cause: answer });
}

/** Two pieces of one thing and one of the other: 37.00, of which 7.00 are paid by points. */
export function orderInput({ skus: [first, second] }: Cast, pointsToUse = 700): RouterInputs["orders"]["create"] {
  const items = [
    { sku: first, quantity: 2 },
    { sku: second, quantity: 1 },
  ];
  return { items, pointsToUse };
}

export async function newOrder(world: World, cast: Cast, pointsToUse = 700): Promise<Order> {
  return await must(world, cast.buyer, (api) => api.orders.create(orderInput(cast, pointsToUse)));
}

export function paymentInput(channel: Channel, { orderId, amount }: Payable): RouterInputs["payments"]["create"] {
  const order = { orderId, amount };
  if (channel === "wechat") return { provider: "wechat", method: "WECHAT_NATIVE", ...order };
  return { provider: "alipay", method: "ALIPAY_QR", ...order };
}

export async function openPayment(world: World, cast: Cast, channel: Channel, order: Payable): Promise<Payment> {
  return await must(world, cast.buyer, (api) => api.payments.create(paymentInput(channel, order)));
}

/** The buyer pays. Nobody has told the shop. */
export function payTrade({ providers }: World, outTradeNo: string, amount?: number): void {
  providers.act((world) => {
    const trade = world.books.trade("wechat", outTradeNo) ?? world.books.trade("alipay", outTradeNo);
    if (!trade) throw new Error(`no trade ${outTradeNo}`);
    pay(world, trade, { amount });
  });
}

/** An order with a way to pay it. */
export async function payableOrder(world: World, cast: Cast, channel: Channel, pointsToUse?: number) {
  const order = await newOrder(world, cast, pointsToUse);
  const { outTradeNo } = await openPayment(world, cast, channel, order);
  return { order, orderId: order.orderId, outTradeNo };
}

/** An order whose payment has come and been told. */
export async function paidOrder(world: World, cast: Cast, channel: Channel, pointsToUse?: number) {
  const payable = await payableOrder(world, cast, channel, pointsToUse);
  payTrade(world, payable.outTradeNo);
  await tell(world, payable.outTradeNo);
  return payable;
}

/** Providers tell everything they have to tell about a trade. */
export async function tell(world: World, outTradeNo: string): Promise<void> {
  for (const delivery of untold(world, outTradeNo)) {
    if (!(await world.deliver(delivery))) throw new Error(`the shop did not accept ${delivery.notice.event}`);
  }
}

/** Money that came when its order had been cancelled. Nobody has told the shop. */
export async function lateMoney(world: World, cast: Cast) {
  const payable = await payableOrder(world, cast, "alipay");
  await must(world, cast.buyer, (api) => api.orders.cancel({ orderId: payable.orderId }));
  payTrade(world, payable.outTradeNo);
  return payable;
}

/** A refund of all of an order. */
export async function refundAll(world: World, by: Person, provider: Channel, orderId: string): Promise<Refund> {
  return await must(world, by, (api) => api.refunds.create({ provider, orderId, reason: "returned" }));
}

/** A refund of 10.00 of an order, without its pieces. */
export async function refundSome(world: World, provider: Channel, orderId: string): Promise<Refund> {
  const input = { provider, orderId, reason: "returned", amount: "10.00" };
  return await must(world, SERVICE, (api) => api.refunds.create(input));
}

/** A refund by WeChat Pay that its bank ends otherwise than well. */
export async function failedRefund(world: World, cast: Cast, how: "refund_closed" | "refund_abnormal") {
  const paid = await paidOrder(world, cast, "wechat");
  world.providers.misbehave({ kind: how, operation: "refund" });
  const { refundId } = await refundAll(world, SERVICE, "wechat", paid.orderId);
  await world.pass(REFUND_MS);
  await tell(world, paid.outTradeNo);
  return { ...paid, refundId };
}

/** By then WeChat Pay has ended a refund. */
export const REFUND_MS = 3000;

/** Two orders of one buyer, a thing each. */
export async function twoOrders(world: World, { buyer, skus }: Cast): Promise<readonly Order[]> {
  const orders: Order[] = [];
  for (const sku of skus) {
    orders.push(await must(world, buyer, (api) => api.orders.create({ items: [{ sku, quantity: 1 }] })));
  }
  return orders;
}

/** Two orders, and a way to pay them together. */
export async function openCombined(world: World, cast: Cast) {
  const orders = (await twoOrders(world, cast)).map(({ orderId, amount }) => ({ orderId, amount }));
  return await must(world, cast.buyer, (api) =>
    api.combined.create({ provider: "wechat", method: "WECHAT_NATIVE", orders }),
  );
}

/** A payment by a code that the buyer shows. */
export async function codeInput(world: World, cast: Cast, wishes: { readonly asksPassword: boolean }) {
  const { orderId, amount } = await newOrder(world, cast);
  const { code: authCode } = world.providers.act(({ alipay }) => alipay.phone.show(wishes));
  return { provider: "alipay", method: "ALIPAY_BARCODE", orderId, amount, authCode } as const;
}

/** One that its buyer has to confirm. */
export async function waitingCode(world: World, cast: Cast): Promise<Payment> {
  const input = await codeInput(world, cast, { asksPassword: true });
  return await must(world, cast.buyer, (api) => api.payments.create(input));
}
