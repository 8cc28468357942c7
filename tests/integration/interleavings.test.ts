/** Two who work on one payment at the same time: whoever is stopped where, the books agree in the end. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { expireOrders } from "../../src/jobs/expire-orders.ts";
import { cancelOrder } from "../../src/payments/orders/close-order.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { expectAllWell } from "./support/all-well.ts";
import { deliverAll, misbehave, payAt, providerTrades } from "./support/controls.ts";
import { expectNoSurprise, interleave, STATEMENTS, type Stop } from "./support/interleave.ts";
import { type Channel, METHOD_OF, newDeposit, newOrder, type Purchase, startPayment } from "./support/purchases.ts";
import { openShop, type Shop } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

interface Scene extends Purchase {
  readonly channel: Channel;
  readonly outTradeNo: string;
}

/** Somebody who does something about a payment, and the statements worth stopping at. */
interface Actor {
  readonly act: (shop: Shop, scene: Scene) => Promise<unknown>;
  readonly stops: readonly (keyof typeof STATEMENTS)[];
}

const otherChannel = (channel: Channel): Channel => (channel === "wechat" ? "alipay" : "wechat");

const callback: Actor = {
  act: (shop, { channel, outTradeNo }) => deliverAll(shop, channel, outTradeNo),
  stops: ["settle"],
};
const query: Actor = {
  act: (shop, { customer, channel, orderId }) => shop.manager.query(customer, channel, orderId),
  stops: ["settle"],
};
const close: Actor = {
  act: (shop, { customer, channel, orderId }) => shop.manager.close(customer, channel, orderId),
  stops: ["beginClosingAttempt", "settle"],
};
const cancel: Actor = {
  act: (shop, { customer, orderId }) => cancelOrder(shop.ctx, customer, orderId),
  stops: ["beginClosingOrder", "beginClosingAttempt", "settle"],
};
const expiry: Actor = {
  act: (shop) => expireOrders(shop.ctx, 50),
  stops: ["beginClosingOrder", "beginClosingAttempt", "settle"],
};
const otherMethod: Actor = {
  act: async (shop, scene) => {
    const channel = otherChannel(scene.channel);
    const request = { method: METHOD_OF[channel], orderId: scene.orderId, amount: scene.amount };
    await shop.manager.create(scene.customer, channel, request);
    await shop.idle();
  },
  stops: ["insertAttempt", "beginClosingAttempt", "openAttempt"],
};
const points: Actor = {
  act: async (shop, { customer, orderId, amount }) => {
    await shop.manager.create(customer, "points", { method: "POINTS", orderId, amount });
    await shop.idle();
  },
  stops: ["insertAttempt", "settle"],
};

const ACTORS = { callback, query, close, cancel, expiry, otherMethod, points };
type Name = keyof typeof ACTORS;

const PAIRS: readonly (readonly [Name, Name])[] = [
  ["callback", "close"],
  ["callback", "query"],
  ["callback", "cancel"],
  ["callback", "expiry"],
  ["callback", "otherMethod"],
  ["callback", "points"],
  ["cancel", "otherMethod"],
  ["cancel", "points"],
  ["cancel", "query"],
  ["expiry", "cancel"],
  ["otherMethod", "points"],
];

const BOTH_WAYS = PAIRS.flatMap(([one, other]) => [[one, other] as const, [other, one] as const]);
const WHEN = ["before", "after"] as const;

/** What the one who comes too late may hear. */
const REFUSALS = ["ORDER_PAID", "ORDER_CLOSED", "ORDER_CLOSING", "REQUEST_IN_PROGRESS"] as const;

function stopsOf(actor: Actor): Stop[] {
  return actor.stops.flatMap((name) => WHEN.map((when) => ({ when, match: STATEMENTS[name] })));
}

/** Which channel a case is played on: both take their turn with every actor and either side of a statement. */
const channelOf = (number: number): Channel => (number % 3 === 0 || number % 3 === 2 ? "wechat" : "alipay");

/** An order of things, or one without items, which no stock entry protects. */
async function sceneOf(shop: Shop, number: number, channel = channelOf(number)): Promise<Scene> {
  const purchase = await (number % 2 === 0 ? newOrder(shop, { points: 9000 }) : newDeposit(shop, 9000));
  return { ...purchase, channel, outTradeNo: await startPayment(shop, purchase, channel) };
}

describe("the buyer has paid, and the callback is on its way", () => {
  it.each(BOTH_WAYS)("%s is stopped, %s runs to its end", async (one, other) => {
    const turn = one.length + other.length;
    for (const [index, stop] of stopsOf(ACTORS[one]).entries()) {
      await startAfresh();
      const [first, second] = [openShop(), openShop()];
      const scene = await sceneOf(first, index + turn);
      await payAt(scene.channel, scene.outTradeNo);
      if (one === "expiry" || other === "expiry") {
        await letPass(first, 31 * 60);
        second.advance(31 * 60);
      }
      const results = await interleave(
        stop,
        () => ACTORS[one].act(first, scene),
        () => ACTORS[other].act(second, scene),
      );
      await Promise.all([first.idle(), second.idle()]);
      expectNoSurprise(results, [first, second], REFUSALS);
      await expectAllWell(first, scene);
    }
  });
});

describe("the buyer pays while somebody closes", () => {
  const isClosed = async ({ outTradeNo }: Scene) =>
    (await providerTrades()).some((each) => each.outTradeNo === outTradeNo && each.state === "closed");
  const buyer = async (shop: Shop, scene: Scene) => {
    const { channel, outTradeNo } = scene;
    const failure = await payAt(channel, outTradeNo).then(
      () => undefined,
      (error: unknown) => error,
    );
    // What is done after the answer may have closed the trade by now.
    if (failure && (await isClosed(scene))) return;
    if (failure) throw failure;
    await deliverAll(shop, channel, outTradeNo);
  };
  const byName: Record<"close" | "cancel" | "otherMethod", readonly (keyof typeof STATEMENTS)[]> = {
    close: ["beginClosingAttempt"],
    cancel: ["beginClosingOrder", "beginClosingAttempt", "closeOrder"],
    otherMethod: ["insertAttempt", "beginClosingAttempt", "openAttempt"],
  };
  const cases = (["close", "cancel", "otherMethod"] as const).flatMap((name) =>
    (["wechat", "alipay"] as const).map((channel) => [name, channel] as const),
  );

  it.each(cases)("%s is stopped, and %s money comes", async (name, channel) => {
    for (const [index, stop] of stopsOf({ ...ACTORS[name], stops: byName[name] }).entries()) {
      await startAfresh();
      const [first, second] = [openShop(), openShop()];
      const scene = await sceneOf(first, index + (channel === "wechat" ? 0 : 1), channel);
      const results = await interleave(
        stop,
        () => ACTORS[name].act(first, scene),
        () => buyer(second, scene),
      );
      await Promise.all([first.idle(), second.idle()]);
      expectNoSurprise(results, [first, second], REFUSALS);
      await expectAllWell(first, scene);
    }
  });
});

it("lets no attempt start on an order that is closing, however early it set out", async () => {
  const [first, second] = [openShop(), openShop()];
  const scene = await sceneOf(first, 0);
  await misbehave({ kind: "drop_before", operation: "close" });
  await misbehave({ kind: "drop_before", operation: "query" });
  const [attempt, cancelled] = await interleave(
    { when: "before", match: STATEMENTS.insertAttempt },
    () => otherMethod.act(first, scene),
    () => cancel.act(second, scene),
  );
  expect(cancelled).toMatchObject({ status: "fulfilled", value: { status: "CLOSING" } });
  expect(attempt).toMatchObject({ status: "rejected", reason: { code: "ORDER_CLOSING" } });
  expect(await providerTrades()).toHaveLength(1);
  await expectAllWell(first, scene);
});
