/** Callbacks that come before the reply to the call that they are about has been booked: they count, and the reply is no news. */
import { afterAll, beforeEach, expect, it } from "vitest";
import { synchroniseAttempts } from "../../src/jobs/synchronise.ts";
import type { CombinedDetails } from "../../src/providers/details.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { allAtOnce } from "./support/at-once.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { orderStatuses, startCombined, twoOrders } from "./support/combined.ts";
import { deliver, deliverAll, misbehave, payAt, providerTrades, sandbox, signedCallback } from "./support/controls.ts";
import { expectNoSurprise, interleave, STATEMENTS } from "./support/interleave.ts";
import { newOrder, newPaidOrder, startPayment, subjectsOf } from "./support/purchases.ts";
import { anomaliesOf, attemptOf, refundsOf } from "./support/records.ts";
import { OPERATOR, openShop, unique } from "./support/shop.ts";
import {
  anomaliesOfTransfer,
  confirmAt,
  providerTransfers,
  setPolicy,
  startTransfer,
  transferOf,
} from "./support/transfers.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

it("a payment's: the order is PAID, and its buyer hears so instead of getting a code", async () => {
  const [shop, elsewhere] = [openShop(), openShop()];
  const purchase = await newOrder(shop);
  const [opened, told] = await interleave(
    { when: "before", match: STATEMENTS.openAttempt },
    () => startPayment(shop, purchase, "wechat"),
    async () => {
      const [trade] = await providerTrades();
      await payAt("wechat", trade?.outTradeNo ?? "");
      return await deliverAll(elsewhere, "wechat", trade?.outTradeNo ?? "");
    },
  );
  expect(opened).toMatchObject({ status: "rejected", reason: { code: "ORDER_PAID" } });
  expect(told).toMatchObject({ status: "fulfilled", value: [{ status: 200 }] });
  expectNoSurprise([opened, told], [shop, elsewhere], ["ORDER_PAID"]);
  expect(await orderStatuses(shop, [purchase])).toEqual(["PAID"]);
  await expectBooksInOrder(shop, subjectsOf(purchase));
});

it("a combined payment's: both orders are PAID", async () => {
  const [shop, elsewhere] = [openShop(), openShop()];
  const purchases = await twoOrders(shop);
  const [opened, told] = await interleave(
    { when: "before", match: STATEMENTS.openAttempt },
    () => startCombined(shop, purchases),
    async () => {
      const combineOutTradeNo = (await providerTrades())[0]?.combineOutTradeNo ?? "";
      await payAt("wechat", combineOutTradeNo);
      return await deliverAll(elsewhere, "wechat", combineOutTradeNo);
    },
  );
  expect(told).toMatchObject({ status: "fulfilled", value: [{ status: 200 }] });
  expectNoSurprise([opened, told], [shop, elsewhere], ["ORDER_PAID"]);
  await shop.idle();
  expect(await orderStatuses(shop, purchases)).toEqual(["PAID", "PAID"]);
  await expectBooksInOrder(shop, subjectsOf(...purchases));
});

it.each([
  ["SUCCESS", { refunded: 3000, refunding: 0 }, []],
  ["ABNORMAL", { refunded: 0, refunding: 3000 }, ["REFUND_ABNORMAL"]],
  ["CLOSED", { refunded: 0, refunding: 0 }, ["REFUND_FAILED"]],
])("a refund's, that it is %s: the reply that it is under way does not turn it back", async (status, sums, kinds) => {
  const [shop, elsewhere] = [openShop(), openShop()];
  const paid = await newPaidOrder(shop, "wechat");
  const { orderId, outTradeNo } = paid;
  const [asked, told] = await interleave(
    { when: "before", match: "set `refund_records`.`state` = 'PROCESSING'" },
    () => shop.manager.refund(OPERATOR, { provider: "wechat", orderId, reason: "退货" }, unique("refund")),
    async () => {
      const [refund] = await sandbox<{ outRefundNo: string }[]>("GET", "refunds");
      await sandbox("POST", `refunds/wechat/${refund?.outRefundNo}`, { status });
      return await deliverAll(elsewhere, "wechat", outTradeNo);
    },
  );
  expectNoSurprise([asked, told], [shop, elsewhere], []);
  expect(told).toMatchObject({ value: [{ status: 200 }] });
  expect(await refundsOf(shop, outTradeNo)).toMatchObject([{ state: status }]);
  expect(await attemptOf(shop, outTradeNo)).toMatchObject(sums);
  expect(await anomaliesOf(shop, outTradeNo)).toEqual(kinds);
  await expectBooksInOrder(shop, subjectsOf(paid));
});

it("a transfer's: the reply that its recipient is to confirm does not reopen it", async () => {
  const [shop, elsewhere] = [openShop(), openShop()];
  await setPolicy({ transferringSeconds: 0 });
  const [made, told] = await interleave(
    { when: "before", match: "set `transfers`.`state` = 'AWAITING_USER'" },
    () => startTransfer(shop),
    async () => {
      const outBillNo = (await providerTransfers())[0]?.outBillNo ?? "";
      await confirmAt(outBillNo);
      return await deliverAll(elsewhere, "wechat", outBillNo);
    },
  );
  expectNoSurprise([made, told], [shop, elsewhere], []);
  expect(made).toMatchObject({ status: "fulfilled", value: { status: "SUCCESS", confirm: null } });
  const [{ outBillNo } = { outBillNo: "" }] = await providerTransfers();
  expect(await transferOf(shop, outBillNo)).toMatchObject({ state: "SUCCESS" });
  expect(await anomaliesOfTransfer(shop, outBillNo)).toEqual([]);
});

it("a V2 refund notice's: WeChat Pay is asked, and the reply is no news", async () => {
  const [shop, elsewhere] = [openShop(), openShop()];
  const paid = await newPaidOrder(shop, "wechat");
  const { orderId, outTradeNo } = paid;
  const [asked, told] = await interleave(
    { when: "before", match: "set `refund_records`.`state` = 'PROCESSING'" },
    () => shop.manager.refund(OPERATOR, { provider: "wechat", orderId, reason: "退货" }, unique("refund")),
    async () => {
      const [{ outRefundNo } = { outRefundNo: "" }] = await sandbox<{ outRefundNo: string }[]>("GET", "refunds");
      await sandbox("POST", `refunds/wechat/${outRefundNo}`, { status: "SUCCESS" });
      const order = { provider: "wechat", callback: "refund_v2", outTradeNo, outRefundNo };
      return await deliver(elsewhere, "wechat", await signedCallback(order));
    },
  );
  expectNoSurprise([asked, told], [shop, elsewhere], []);
  expect(told).toMatchObject({ value: { status: 200 } });
  expect(await refundsOf(shop, outTradeNo)).toMatchObject([{ state: "SUCCESS" }]);
  await expectBooksInOrder(shop, subjectsOf(paid));
});

const METHODS: readonly { readonly name: string; readonly details: CombinedDetails }[] = [
  { name: "JSAPI", details: { method: "WECHAT_JSAPI", openid: "oOfcl_the_simulated_buyer_01" } },
  { name: "mini program", details: { method: "WECHAT_MINI", openid: "oMini_the_simulated_buyer_01" } },
  { name: "Native", details: { method: "WECHAT_NATIVE" } },
  { name: "APP", details: { method: "WECHAT_APP" } },
  { name: "H5", details: { method: "WECHAT_H5", h5Type: "Wap", payerClientIp: "203.0.113.7" } },
];

it("and after a reply that never came, the callback alone settles each way of paying", async () => {
  const shop = openShop();
  await misbehave({ kind: "unsigned", operation: "create", times: 2 * METHODS.length });
  const settled = await allAtOnce(METHODS, async ({ details }) => {
    const { customer, orderId, amount } = await newOrder(shop);
    const request = { ...details, orderId, amount };
    const silence = await shop.manager.create(customer, "wechat", request).catch((error: unknown) => error);
    expect(silence).toMatchObject({ code: "PROVIDER_UNINTELLIGIBLE" });
    const outTradeNo = (await providerTrades()).find((trade) => trade.outTradeNo.startsWith(orderId))?.outTradeNo ?? "";
    await payAt("wechat", outTradeNo);
    const answers = await deliverAll(shop, "wechat", outTradeNo);
    return [answers.map(({ status }) => status), (await attemptOf(shop, outTradeNo))?.disposition];
  });
  expect(Object.values(settled)).toEqual(METHODS.map(() => [[200], "APPLIED"]));
  await letPass(shop, 60);
  await synchroniseAttempts(shop.ctx, 50);
  expect((await providerTrades()).map(({ state }) => state)).toEqual(METHODS.map(() => "paid"));
});
