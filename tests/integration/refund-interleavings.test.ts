/** Two who work on one refund, or on the refunds of one payment, at the same time. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { refundRecords } from "../../db/schema/payments.ts";
import type { ErrorCode } from "../../src/errors.ts";
import { synchroniseRefunds } from "../../src/jobs/synchronise.ts";
import { fen } from "../../src/money.ts";
import { cancelOrder } from "../../src/payments/orders/close-order.ts";
import { approveRefund, declineRefund } from "../../src/payments/refunds/decide-refund.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { expectAllWell } from "./support/all-well.ts";
import { deliver, deliverAll, payAt, takeDeliveries } from "./support/controls.ts";
import { expectNoSurprise, interleave, STATEMENTS } from "./support/interleave.ts";
import { newOrder, newPaidOrder, type Purchase, startPayment } from "./support/purchases.ts";
import { OPERATOR, openShop, type Shop, stockOf, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

type Act = (shop: Shop, scene: Scene) => Promise<unknown>;

interface Scene extends Purchase {
  readonly outTradeNo: string;
  readonly refundId: string;
}

const WHEN = ["before", "after"] as const;

/** Plays both orders of two actors, each stopped on either side of its statement. */
async function playAll(
  setUp: (shop: Shop) => Promise<Scene>,
  actors: readonly (readonly [Act, keyof typeof STATEMENTS])[],
  refusals: readonly ErrorCode[],
  check: (shop: Shop, scene: Scene) => Promise<void>,
): Promise<void> {
  for (const [index, [act, statement]] of actors.entries()) {
    const [other] = actors[1 - index] ?? [act];
    for (const when of WHEN) {
      await startAfresh();
      const [first, second] = [openShop(), openShop()];
      const scene = await setUp(first);
      second.advance(60);
      await letPass(first, 60);
      const stop = { when, match: STATEMENTS[statement] };
      const results = await interleave(
        stop,
        () => act(first, scene),
        () => other(second, scene),
      );
      await Promise.all([first.idle(), second.idle()]);
      expectNoSurprise(results, [first, second], refusals);
      await check(first, scene);
      await expectAllWell(first, scene);
    }
  }
}

async function statesOf(shop: Shop, orderId: string): Promise<string[]> {
  const refunds = await shop.db.select().from(refundRecords).where(eq(refundRecords.orderId, orderId));
  return refunds.map((refund) => refund.state).sort();
}

async function refundedOrder(shop: Shop): Promise<Scene> {
  const purchase = await newPaidOrder(shop, "wechat", { points: 700, pointsToUse: 700 });
  const { orderId } = purchase;
  const request = { provider: "wechat", orderId, reason: "退货" } as const;
  const { refundId } = await shop.manager.refund(OPERATOR, request, unique("refund"));
  return { ...purchase, refundId };
}

/** A customer's wish to give one of two pieces back: as much again would be left for a second refund. */
async function requestedRefund(shop: Shop): Promise<Scene> {
  const purchase = await newPaidOrder(shop, "alipay");
  const { orderId, customer, sku } = purchase;
  const items = [{ sku, quantity: 1 }];
  const request = { provider: "alipay", orderId, amount: fen(1500), reason: "退货", items } as const;
  const { refundId } = await shop.manager.refund(customer, request, unique("refund"));
  return { ...purchase, refundId };
}

const toldOfRefund: Act = (shop, { outTradeNo }) => deliverAll(shop, "wechat", outTradeNo);
const askedByOperator: Act = (shop, { refundId }) => shop.manager.queryRefund(OPERATOR, "wechat", refundId);
const askedByJob: Act = (shop) => synchroniseRefunds(shop.ctx, 50);
const approve: Act = (shop, { refundId }) => approveRefund(shop.ctx, OPERATOR, refundId);
const decline: Act = (shop, { refundId }) => declineRefund(shop.ctx, OPERATOR, refundId);

describe("one refund", () => {
  it.each([
    ["its callback and an operator's query", toldOfRefund, askedByOperator],
    ["its callback and the job", toldOfRefund, askedByJob],
    ["an operator's query and the job", askedByOperator, askedByJob],
  ])("is applied once by %s", async (_, one, other) => {
    const actors = [
      [one, "applyRefund"],
      [other, "applyRefund"],
    ] as const;
    await playAll(refundedOrder, actors, [], async (shop, { orderId, sku }) => {
      expect(await statesOf(shop, orderId)).toEqual(["SUCCESS"]);
      expect(await stockOf(shop, sku)).toEqual([10, 0]);
    });
  });

  it("is either approved or declined, and money goes back only in the first case", async () => {
    const actors = [
      [approve, "reserveRefund"],
      [decline, "releaseRefund"],
    ] as const;
    await playAll(requestedRefund, actors, ["REFUND_NOT_REQUESTED"], async (shop, { orderId, sku }) => {
      const [state] = await statesOf(shop, orderId);
      expect(["SUCCESS", "CLOSED"]).toContain(state);
      expect(await stockOf(shop, sku)).toEqual([state === "SUCCESS" ? 9 : 8, 0]);
    });
  });

  it("tells the operator who approves too late that it has been declined", async () => {
    const [first, second] = [openShop(), openShop()];
    const scene = await requestedRefund(first);
    const stop = { when: "before", match: STATEMENTS.reserveRefund } as const;
    const [approved, declined] = await interleave(
      stop,
      () => approve(first, scene),
      () => decline(second, scene),
    );
    expect(declined).toMatchObject({ status: "fulfilled", value: { status: "CLOSED" } });
    expect(approved).toMatchObject({ status: "rejected", reason: { code: "REFUND_NOT_REQUESTED" } });
  });

  it("is sent once when two operators approve it", async () => {
    const actors = [
      [approve, "reserveRefund"],
      [approve, "reserveRefund"],
    ] as const;
    await playAll(requestedRefund, actors, [], async (shop, { orderId, sku }) => {
      expect(await statesOf(shop, orderId)).toEqual(["SUCCESS"]);
      expect(await stockOf(shop, sku)).toEqual([9, 0]);
    });
  });
});

describe("two refunds of one payment", () => {
  it("never exceed it together", async () => {
    const request: Act = (shop, { orderId }) =>
      shop.manager.refund(
        OPERATOR,
        { provider: "alipay", orderId, amount: fen(1800), reason: "部分退款" },
        unique("refund"),
      );
    const paid = async (shop: Shop) => ({ ...(await newPaidOrder(shop, "alipay")), refundId: "" });
    const actors = [
      [request, "reserveRefund"],
      [request, "reserveRefund"],
    ] as const;
    await playAll(paid, actors, ["REFUND_EXCEEDS_PAYMENT"], async (shop, { orderId }) => {
      const states = await statesOf(shop, orderId);
      expect(states.filter((state) => state === "SUCCESS")).toHaveLength(1);
    });
  });
});

describe("late money", () => {
  it.each(["setAside", "reserveRefund"] as const)(
    "goes back once when two callbacks tell of it (%s)",
    async (statement) => {
      const late = async (shop: Shop) => {
        const purchase = await newOrder(shop);
        const outTradeNo = await startPayment(shop, purchase, "alipay");
        await cancelOrder(shop.ctx, purchase.customer, purchase.orderId);
        await payAt("alipay", outTradeNo);
        return { ...purchase, outTradeNo, refundId: "" };
      };
      const told: Act = async (shop, { outTradeNo }) => {
        const [callback] = await takeDeliveries(outTradeNo, true);
        if (callback) await deliver(shop, "alipay", callback);
        await shop.idle();
      };
      const actors = [
        [told, statement],
        [told, statement],
      ] as const;
      await playAll(late, actors, [], async (shop, { orderId }) => {
        expect(await statesOf(shop, orderId)).toEqual(["SUCCESS"]);
      });
    },
  );
});
