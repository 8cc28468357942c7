import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { fen } from "../../src/money.ts";
import type { BillEntry } from "../../src/providers/bill.ts";
import { ok } from "../../src/providers/outcome.ts";
import { startAfresh } from "./support/afresh.ts";
import { giveBack, newPaidTrade, type Scene } from "./support/alipay-trades.ts";
import { billAnomalies, differencesWith, openDay } from "./support/bills.ts";
import { deliver, deliverAll, payAt, signedCallback } from "./support/controls.ts";
import { newOrder, newPaidOrder, startPayment } from "./support/purchases.ts";
import { attemptOf, refundsOf } from "./support/records.ts";
import type { Shop } from "./support/shop.ts";

let shop: Shop;
beforeEach(async () => {
  shop = await openDay();
});
afterAll(startAfresh);

describe.each(["wechat", "alipay"] as const)("a number that stands in a bill twice (%s)", (channel) => {
  it("with the same trade is an amount that differs", async () => {
    const { outTradeNo } = await newPaidOrder(shop, channel);
    expect(await differencesWith(shop, channel, (line) => [line, line])).toEqual([
      [outTradeNo, "AMOUNT_DIFFERS", "REPORTED"],
    ]);
  });

  it("far apart is found all the same", async () => {
    const { outTradeNo } = await newPaidOrder(shop, channel);
    const between = (line: BillEntry) => Array.from({ length: 399 }, () => ({ ...line, number: "another" }));
    expect(await differencesWith(shop, channel, (line) => [line, ...between(line), line])).toEqual([
      [outTradeNo, "AMOUNT_DIFFERS", "REPORTED"],
      ["another", "MISSING_HERE", "REPORTED"],
    ]);
  });

  it("with another trade is money that the books don't have", async () => {
    const { outTradeNo } = await newPaidOrder(shop, channel);
    const twice = (line: BillEntry) => [line, { ...line, providerNo: "4200009999" }];
    expect(await differencesWith(shop, channel, twice)).toEqual([[outTradeNo, "MISSING_HERE", "REPORTED"]]);
    const anomaly = ["BILL_MISSING_HERE", outTradeNo, "ASK_PROVIDER", 1];
    expect(await billAnomalies(shop, [outTradeNo])).toEqual([anomaly]);
  });

  it("with parts of the amount is no difference", async () => {
    await newPaidOrder(shop, channel);
    const parts = (line: BillEntry) => [
      { ...line, amount: fen(line.amount - 100), fee: 0 },
      { ...line, amount: fen(100) },
    ];
    expect(await differencesWith(shop, channel, parts)).toEqual([]);
  });
});

describe("refunds that others made at Alipay without a number, which go by the trade's", () => {
  /** A notice that so much has gone back in all. */
  async function tell({ outTradeNo }: Scene, sum: string) {
    const tradeNo = (await attemptOf(shop, outTradeNo))?.providerTradeNo;
    const fields = { out_biz_no: tradeNo, refund_fee: sum };
    const notice = await signedCallback({ provider: "alipay", callback: "refund", outTradeNo, fields });
    expect(await deliver(shop, "alipay", notice)).toMatchObject({ body: "success" });
  }

  /** A payment's line, and one for so much of it that went back. */
  const withRefunds =
    (...amounts: readonly number[]) =>
    (line: BillEntry) =>
      line.kind === "refund"
        ? [line]
        : [line, ...amounts.map((amount) => ({ ...line, kind: "refund" as const, amount: fen(amount), fee: 0 }))];

  it("are agreed upon once their notices have come, in both directions", async () => {
    const scene = await newPaidTrade(shop);
    await tell(scene, "7.00");
    await tell(scene, "12.00");
    const { outTradeNo } = scene;
    expect(await differencesWith(shop, "alipay", withRefunds(700, 500))).toEqual([
      [outTradeNo, "MISSING_HERE", "HEALED"],
    ]);
    expect(await billAnomalies(shop, [outTradeNo])).toEqual([]);
  });

  it("are reported when more has gone back than notices told", async () => {
    const scene = await newPaidTrade(shop);
    await tell(scene, "7.00");
    const { outTradeNo } = scene;
    // Nobody can tell whether that holds what is on record.
    const found = { status: "success", providerRefundNo: null, amount: fen(1200), succeededAt: null } as const;
    const queryRefund = async () => ok(found);
    expect(await differencesWith(shop, "alipay", withRefunds(700, 500), { queryRefund })).toEqual([
      [outTradeNo, "MISSING_HERE", "REPORTED"],
    ]);
    expect((await refundsOf(shop, outTradeNo)).map(({ amount }) => amount)).toEqual([700]);
  });

  it("are recorded when no notice has come", async () => {
    const { outTradeNo } = await newPaidTrade(shop);
    const found = { status: "success", providerRefundNo: null, amount: fen(3000), succeededAt: null } as const;
    const queryRefund = async () => ok(found);
    const expected = [[outTradeNo, "MISSING_HERE", "HEALED"]];
    expect(await differencesWith(shop, "alipay", withRefunds(3000), { queryRefund })).toEqual(expected);
    expect(await refundsOf(shop, outTradeNo)).toMatchObject([{ origin: "EXTERNAL", amount: 3000, applied: false }]);
  });

  it("are not taken for others that have numbers", async () => {
    const scene = await newPaidTrade(shop);
    await giveBack(1000)(scene.outTradeNo);
    await deliverAll(shop, "alipay", scene.outTradeNo);
    expect(await refundsOf(shop, scene.outTradeNo)).toMatchObject([{ origin: "EXTERNAL", amount: 1000 }]);
    const { outTradeNo } = scene;
    expect(await differencesWith(shop, "alipay", withRefunds(800))).toEqual([[outTradeNo, "MISSING_HERE", "REPORTED"]]);
  });
});

it("tells of an amount that differs once a payment is here whose callback was lost", async () => {
  const outTradeNo = await startPayment(shop, await newOrder(shop), "wechat");
  await payAt("wechat", outTradeNo);
  expect(await differencesWith(shop, "wechat", (line) => [{ ...line, amount: fen(2999) }])).toEqual([
    [outTradeNo, "AMOUNT_DIFFERS", "REPORTED"],
    [outTradeNo, "MISSING_HERE", "HEALED"],
  ]);
});
