/** Refunds that others made, as bills alone tell of them: on their way, without a notice, of money that is gone. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { billDifferences } from "../../db/schema/bills.ts";
import { fen } from "../../src/money.ts";
import type { BillEntry } from "../../src/providers/bill.ts";
import { ok } from "../../src/providers/outcome.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { giveBack, newPaidTrade } from "./support/alipay-trades.ts";
import {
  billAnomalies,
  differencesIn,
  differencesWith,
  eachLine,
  openDay,
  reconcile,
  untilTomorrow,
  withBills,
  withProvider,
} from "./support/bills.ts";
import { payAt, sandbox } from "./support/controls.ts";
import { newOrder, newPaidOrder, startPayment } from "./support/purchases.ts";
import { anomaliesOf, attemptOf, refundsOf } from "./support/records.ts";
import type { Shop } from "./support/shop.ts";

let shop: Shop;
beforeEach(async () => {
  shop = await openDay();
});
afterAll(startAfresh);

describe("a refund that others made at WeChat Pay and that is on its way", () => {
  const onItsWay = (line: BillEntry) => [line.kind === "refund" ? { ...line, status: "processing" as const } : line];
  const found = { status: "processing", providerRefundNo: null, amount: fen(700), succeededAt: null } as const;

  async function giveSomeBack() {
    const { outTradeNo } = await newPaidOrder(shop, "wechat");
    const path = `trades/wechat/${outTradeNo}/console-refund`;
    const { outRefundNo } = await sandbox<{ outRefundNo: string }>("POST", path, { amount: 700 });
    const findRefund = async () => ok({ outTradeNo, providerTradeNo: "", refund: found });
    return { outTradeNo, outRefundNo, findRefund };
  }

  it("is recorded as soon as it has arrived", async () => {
    const { outTradeNo, outRefundNo, findRefund } = await giveSomeBack();
    expect(await differencesWith(shop, "wechat", onItsWay, { findRefund })).toEqual([
      [outRefundNo, "MISSING_HERE", "OPEN"],
    ]);
    for (let days = 0; days < 3; days++) {
      await letPass(shop, 86_400);
      await reconcile(withProvider(shop, "wechat", { findRefund }));
    }
    expect(await billAnomalies(shop, [outTradeNo])).toEqual([]);
    await letPass(shop, 3600);
    await reconcile(shop);
    expect(await refundsOf(shop, outTradeNo)).toMatchObject([{ origin: "EXTERNAL", amount: 700 }]);
    expect(await billAnomalies(shop, [outTradeNo])).toEqual([]);
  });

  it("is put before an operator when it does not arrive", async () => {
    const { outTradeNo, findRefund } = await giveSomeBack();
    await differencesWith(shop, "wechat", onItsWay, { findRefund });
    await letPass(shop, 8 * 86_400);
    await reconcile(withProvider(shop, "wechat", { findRefund }));
    const anomaly = ["BILL_MISSING_HERE", outTradeNo, "ASK_PROVIDER", 1];
    expect(await billAnomalies(shop, [outTradeNo])).toEqual([anomaly]);
  });

  it("is no news when it came to nothing", async () => {
    const { outRefundNo, outTradeNo, findRefund } = await giveSomeBack();
    const closed = async () => ok({ outTradeNo, providerTradeNo: "", refund: { ...found, status: "closed" } as const });
    await differencesWith(shop, "wechat", onItsWay, { findRefund });
    await letPass(shop, 3600);
    await reconcile(withProvider(shop, "wechat", { findRefund: closed }));
    const rows = await shop.db.select().from(billDifferences).where(eq(billDifferences.number, outRefundNo));
    expect(rows).toMatchObject([{ state: "HEALED" }]);
  });
});

it("books nothing more of money that is gone when it is first seen", async () => {
  const { outTradeNo } = await startedPayment();
  await payAt("alipay", outTradeNo);
  await giveBack(3000)(outTradeNo);
  const date = await untilTomorrow(shop, 10);
  // The refund alone is in this bill, so that its payment can't have been asked about before.
  const onlyRefunds = (line: BillEntry) => (line.kind === "refund" ? [line] : []);
  await reconcile(withBills(shop, "alipay", eachLine(onlyRefunds)));
  expect((await differencesIn(shop, date)).map(([, ...rest]) => rest)).toEqual([["MISSING_HERE", "HEALED"]]);
  expect(await refundsOf(shop, outTradeNo)).toEqual([]);
  expect(await attemptOf(shop, outTradeNo)).toMatchObject({ state: "SUCCESS", unappliedReason: "GONE_BACK" });
});

async function startedPayment() {
  return { outTradeNo: await startPayment(shop, await newOrder(shop), "alipay") };
}

describe.each(["QR", "JSAPI"] as const)("a payment by Alipay (%s) that somebody gave back in full", (opening) => {
  it("is found and recorded though no notice came", async () => {
    const { outTradeNo } = await newPaidTrade(shop, opening);
    await giveBack(3000)(outTradeNo);
    const date = await untilTomorrow(shop, 10);
    await reconcile(shop);
    expect((await differencesIn(shop, date)).map(([, ...rest]) => rest)).toEqual([["MISSING_HERE", "HEALED"]]);
    expect(await refundsOf(shop, outTradeNo)).toMatchObject([{ origin: "EXTERNAL", amount: 3000, state: "SUCCESS" }]);
    expect(await anomaliesOf(shop, outTradeNo)).toEqual(["UNKNOWN_REFUND"]);
  });
});
