/** A payment that two send at the same time: what one of them is refused may be the echo of what the other has made. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { getOrder } from "../../src/payments/orders/read-order.ts";
import { startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { numberOf, orderStatuses, startCombined, statesOf, twoOrders } from "./support/combined.ts";
import { deliverAll, misbehave, payAt, providerTrades } from "./support/controls.ts";
import { interleave, STATEMENTS } from "./support/interleave.ts";
import { newOrder, startPayment, subjectsOf } from "./support/purchases.ts";
import { attemptOf } from "./support/records.ts";
import { openShop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const RECORDED = { when: "after", match: STATEMENTS.insertAttempt } as const;

/** Sends it unheard while another is about to, and has that one refused. Returns how both of them ended. */
async function sendTwice(operation: "create" | "combine_create", send: () => Promise<unknown>) {
  return await interleave(RECORDED, send, async () => {
    await misbehave({ kind: "drop_after", operation });
    const [sent] = await Promise.allSettled([send()]);
    await misbehave({ kind: "refuse", operation });
    if (sent.status === "rejected") throw sent.reason;
  });
}

const SILENT = { status: "rejected", reason: { code: "PROVIDER_SILENT" } };

describe("a refusal of who recorded it", () => {
  it("ends no payment that somebody else has sent as well, and its buyer gets it", async () => {
    const shop = openShop();
    const purchase = await newOrder(shop);
    expect(await sendTwice("create", () => startPayment(shop, purchase, "wechat"))).toMatchObject([SILENT, SILENT]);
    const outTradeNo = await startPayment(shop, purchase, "wechat");
    expect((await providerTrades()).map((trade) => trade.outTradeNo)).toEqual([outTradeNo]);
    expect(await attemptOf(shop, outTradeNo)).toMatchObject({ state: "PENDING", failureCode: null });
    await payAt("wechat", outTradeNo);
    await deliverAll(shop, "wechat", outTradeNo);
    expect(await getOrder(shop.ctx, purchase.customer, purchase.orderId)).toMatchObject({ status: "PAID" });
    await expectBooksInOrder(shop, subjectsOf(purchase));
  });

  it("ends no combined payment that somebody else has sent as well", async () => {
    const shop = openShop();
    const purchases = await twoOrders(shop);
    const key = unique("key");
    expect(await sendTwice("combine_create", () => startCombined(shop, purchases, key))).toMatchObject([
      SILENT,
      SILENT,
    ]);
    const answer = await startCombined(shop, purchases, key);
    expect(await statesOf(shop, answer.payment.combineOutTradeNo)).toEqual(["PENDING", "PENDING"]);
    await payAt("wechat", numberOf(answer, purchases[0]));
    await deliverAll(shop, "wechat", answer.payment.combineOutTradeNo);
    expect(await orderStatuses(shop, purchases)).toEqual(["PAID", "PAID"]);
    await expectBooksInOrder(shop, subjectsOf(...purchases));
  });

  it("is believed when nobody else has sent it", async () => {
    const shop = openShop();
    const purchase = await newOrder(shop);
    await misbehave({ kind: "refuse", operation: "create" });
    const refused = startPayment(shop, purchase, "wechat");
    await expect(refused).rejects.toMatchObject({ code: "PROVIDER_REFUSED" });
    expect(await providerTrades()).toEqual([]);
  });
});

it("is handed to who finds it opened when they were about to send it, too", async () => {
  const shop = openShop();
  const purchase = await newOrder(shop);
  await misbehave({ kind: "drop_before", operation: "create" });
  await expect(startPayment(shop, purchase, "wechat")).rejects.toMatchObject({ code: "PROVIDER_SILENT" });
  const aboutToSend = {
    when: "before",
    match: "set `payment_transactions`.`checks` = `payment_transactions`",
  } as const;
  const [late, first] = await interleave(
    aboutToSend,
    () => startPayment(shop, purchase, "wechat"),
    () => startPayment(openShop(), purchase, "wechat"),
  );
  expect(late).toEqual(first);
  expect(late.status).toBe("fulfilled");
});
