/** Notices that come before the reply to the call that they are about has been booked, and notices that fit nothing in the books. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { startAfresh } from "./support/afresh.ts";
import { showCode } from "./support/alipay-buyer.ts";
import { endRefund, PROCESSING, refundStandingOf, SUCCESS, startRefund } from "./support/alipay-refunds.ts";
import { booksOf, newPaidTrade, newTrade, openTrade, pay, tradeNotice } from "./support/alipay-trades.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { deliver, deliverAll, misbehave, providerTrades, sandbox, signedCallback } from "./support/controls.ts";
import { expectNoSurprise, interleave, STATEMENTS } from "./support/interleave.ts";
import { authorisationOf, confirmFreeze, providerFreezes, startFreeze } from "./support/pre-authorisations.ts";
import { newOrder, type Purchase, subjectsOf } from "./support/purchases.ts";
import { anomaliesOf, refundsOf } from "./support/records.ts";
import { openShop, type Shop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const ACCEPTED = { status: "fulfilled", value: [{ status: 200, body: "success" }] };

/** What the buyer is handed does not matter any more: the money is there. */
async function payEarly(elsewhere: Shop) {
  const outTradeNo = (await providerTrades())[0]?.outTradeNo ?? "";
  await pay(outTradeNo);
  return await deliverAll(elsewhere, "alipay", outTradeNo);
}

async function scan(shop: Shop, { customer, orderId, amount }: Purchase, asksPassword: boolean) {
  const authCode = await showCode({ asksPassword });
  return await shop.manager.create(customer, "alipay", { method: "ALIPAY_BARCODE", orderId, amount, authCode });
}

const beforeAttemptOpens = { when: "before", match: STATEMENTS.openAttempt } as const;
/** A refund's reply says that it is under way, and that it is done. */
const beforeRefundRuns = { when: "before", match: "set `refund_records`.`state` = 'PROCESSING'" } as const;
const beforeRefundEnds = { when: "before", match: STATEMENTS.applyRefund } as const;
const beforeFreezeOpens = { when: "before", match: "set `pre_authorisations`.`state` = 'PENDING'" } as const;

describe("a notice before the reply is booked", () => {
  it.each([
    ["a mini program's trade", (shop: Shop, purchase: Purchase) => openTrade(shop, purchase, "JSAPI")],
    ["a QR code", (shop: Shop, purchase: Purchase) => openTrade(shop, purchase, "QR")],
    ["a bar code that waits", (shop: Shop, purchase: Purchase) => scan(shop, purchase, true)],
  ])("of %s: the order is PAID, and its buyer hears so", async (_, open) => {
    const [shop, elsewhere] = [openShop(), openShop()];
    const purchase = await newOrder(shop);
    const [opened, told] = await interleave<unknown, unknown>(
      beforeAttemptOpens,
      () => open(shop, purchase),
      () => payEarly(elsewhere),
    );
    expect(opened).toMatchObject({ status: "rejected", reason: { code: "ORDER_PAID" } });
    expect(told).toMatchObject(ACCEPTED);
    expectNoSurprise([opened, told], [shop, elsewhere], ["ORDER_PAID"]);
    await expectBooksInOrder(shop, subjectsOf(purchase));
  });

  it("of a bar code that is paid at once: the till hears of its success", async () => {
    const [shop, elsewhere] = [openShop(), openShop()];
    const purchase = await newOrder(shop);
    const [scanned, told] = await interleave(
      { when: "before", match: STATEMENTS.settle },
      () => scan(shop, purchase, false),
      async () => deliverAll(elsewhere, "alipay", (await providerTrades())[0]?.outTradeNo ?? ""),
    );
    expect(scanned).toMatchObject({ status: "fulfilled", value: { payment: { status: "SUCCESS" } } });
    expect(told).toMatchObject(ACCEPTED);
    expectNoSurprise([scanned, told], [shop, elsewhere], []);
    await expectBooksInOrder(shop, subjectsOf(purchase));
  });

  it.each([
    ["is under way", { kind: "refund_abnormal", operation: "refund" }, beforeRefundRuns],
    ["is done", undefined, beforeRefundEnds],
  ])("of a refund, whose reply says that it %s: its money goes back once", async (_, fault, stop) => {
    const [shop, elsewhere] = [openShop(), openShop()];
    const scene = await newPaidTrade(shop);
    if (fault) await misbehave(fault);
    const [asked, told] = await interleave(
      stop,
      () => startRefund(shop, scene),
      async () => {
        const [refund] = await sandbox<{ outRefundNo: string; status: string }[]>("GET", "refunds");
        if (refund && refund.status !== "SUCCESS") await endRefund(refund.outRefundNo);
        return await deliverAll(elsewhere, "alipay", scene.outTradeNo);
      },
    );
    expectNoSurprise([asked, told], [shop, elsewhere], []);
    expect(told).toMatchObject(ACCEPTED);
    expect(await refundStandingOf(shop, scene)).toEqual(SUCCESS);
    expect(await anomaliesOf(shop, scene.outTradeNo)).toEqual([]);
    await expectBooksInOrder(shop, subjectsOf(scene));
  });

  it("of a freeze: it stays FROZEN", async () => {
    const [shop, elsewhere] = [openShop(), openShop()];
    const [made, told] = await interleave(
      beforeFreezeOpens,
      () => startFreeze(shop),
      async () => {
        const outOrderNo = (await providerFreezes())[0]?.outOrderNo ?? "";
        await confirmFreeze(outOrderNo);
        return await deliverAll(elsewhere, "alipay", outOrderNo);
      },
    );
    expectNoSurprise([made, told], [shop, elsewhere], []);
    expect(told).toMatchObject(ACCEPTED);
    const [{ outOrderNo } = { outOrderNo: "" }] = await providerFreezes();
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ state: "FROZEN" });
  });
});

describe("a verified notice that fits nothing", () => {
  const tell = async (shop: Shop, order: object) => {
    const { status, body } = await deliver(shop, "alipay", await signedCallback({ provider: "alipay", ...order }));
    await shop.idle();
    return `${status} ${body}`;
  };

  it.each([
    ["payment", { callback: "trade" }, ["UNKNOWN_TRADE"]],
    ["close", { callback: "trade", fields: { trade_status: "TRADE_CLOSED", gmt_payment: null } }, []],
    ["refund", { callback: "refund" }, ["UNKNOWN_REFUND"]],
  ])(
    "a %s of an unknown number is accepted, and money that nobody knows is put before an operator",
    async (_, order, kinds) => {
      const shop = openShop();
      const outTradeNo = unique("X").replaceAll("-", "");
      const outRefundNo = `${outTradeNo}1`;
      for (const _copy of [1, 2]) expect(await tell(shop, { ...order, outTradeNo, outRefundNo })).toBe("200 success");
      expect(await anomaliesOf(shop, outTradeNo)).toEqual(kinds);
    },
  );

  it("a wrong amount is money beside the order, of which an operator hears once, and the right one is another", async () => {
    const shop = openShop();
    const scene = await newTrade(shop);
    await pay(scene.outTradeNo);
    const wrong = { callback: "trade", outTradeNo: scene.outTradeNo, fields: { total_amount: "29.99" } };
    for (const _copy of [1, 2, 3]) expect(await tell(shop, wrong)).toBe("200 success");
    const held = ["PENDING", "SUCCESS", "WRONG_AMOUNT", 2999, ["WRONG_AMOUNT"]];
    expect(await booksOf(shop, scene)).toEqual(held);
    expect((await deliver(shop, "alipay", await tradeNotice(scene.outTradeNo))).body).toBe("success");
    expect((await booksOf(shop, scene)).slice(0, 4)).toEqual(held.slice(0, 4));
  });

  it("a refund of another trade's number gives nothing back", async () => {
    const shop = openShop();
    const [mine, other] = [await newPaidTrade(shop), await newPaidTrade(shop)];
    await misbehave({ kind: "refund_abnormal", operation: "refund" });
    const { outRefundNo } = await startRefund(shop, mine);
    const order = { callback: "refund", outTradeNo: other.outTradeNo, fields: { out_biz_no: outRefundNo } };
    expect(await tell(shop, order)).toBe("200 success");
    expect(await refundStandingOf(shop, mine)).toEqual(PROCESSING);
    expect(await refundsOf(shop, other.outTradeNo)).toEqual([]);
  });
});
