/** Rows that have moved on since they were read: whoever acts on an attempt acts on it as it is. */
import { afterAll, beforeEach, expect, it } from "vitest";
import { synchroniseAttempts } from "../../src/jobs/synchronise.ts";
import { cancelOrder } from "../../src/payments/orders/close-order.ts";
import { catchUp, letPass, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { deliverAll, payAt } from "./support/controls.ts";
import { interleave, STATEMENTS, type Stop } from "./support/interleave.ts";
import { METHOD_OF, subjectsOf } from "./support/purchases.ts";
import { openShop } from "./support/shop.ts";
import { PAID, showState, standingOf, type WaitingPayment, waitingPayment } from "./support/till.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

/** Each would cancel a payment that the books still call open when they are read. */
const CANCELLERS: readonly (readonly [string, Stop, (payment: WaitingPayment) => Promise<unknown>])[] = [
  [
    "a job that has read it as due",
    { when: "after", match: "from `payment_transactions` where `payment_transactions`.`next_check_at` <" },
    ({ shop }) => synchroniseAttempts(shop.ctx, 50),
  ],
  [
    "a till that closes it",
    { when: "before", match: STATEMENTS.beginClosingAttempt },
    ({ shop, customer, orderId }) => shop.manager.close(customer, "alipay", orderId).catch(() => {}),
  ],
  [
    "a buyer who takes another method",
    { when: "before", match: STATEMENTS.beginClosingAttempt },
    async ({ shop, customer, orderId, amount }) => {
      await shop.manager.create(customer, "alipay", { method: METHOD_OF.alipay, orderId, amount });
      await shop.idle();
    },
  ],
  [
    "a buyer who cancels the order",
    { when: "before", match: STATEMENTS.beginClosingAttempt },
    ({ shop, customer, orderId }) => cancelOrder(shop.ctx, customer, orderId).catch(() => {}),
  ],
];

it.each(CANCELLERS)("a payment that has been told meanwhile is not cancelled by %s", async (_, stop, act) => {
  const payment = await waitingPayment();
  const { outTradeNo } = payment;
  await letPass(payment.shop, 61);
  await payAt("alipay", outTradeNo);
  await showState(outTradeNo, "WAIT_BUYER_PAY");
  const elsewhere = openShop();
  catchUp(elsewhere);
  const [, told] = await interleave(
    stop,
    () => act(payment),
    () => deliverAll(elsewhere, "alipay", outTradeNo),
  );
  expect(told).toMatchObject({ value: [{ body: "success" }] });
  expect(await standingOf(payment)).toEqual(PAID);
  await expectBooksInOrder(payment.shop, subjectsOf(payment));
});
