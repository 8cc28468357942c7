/** Money that others give back at Alipay: on record with its amount, outside of our own ceiling, and put before an operator. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { anomalies } from "../../db/schema/records.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { startRefund } from "./support/alipay-refunds.ts";
import { giveBack, newPaidTrade, type Scene, tradeNotice } from "./support/alipay-trades.ts";
import { deliver, deliverAll, misbehave, sandbox, signedCallback, takeDeliveries } from "./support/controls.ts";
import { interleave } from "./support/interleave.ts";
import { anomaliesOf, attemptOf, refundsOf } from "./support/records.ts";
import { openShop, type Shop } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

/** What is on record of refunds that others made, in fen. */
async function recordedOf(shop: Shop, { outTradeNo }: Scene): Promise<number[]> {
  const refunds = await refundsOf(shop, outTradeNo);
  const external = refunds.filter(({ origin }) => origin === "EXTERNAL");
  expect(external.every(({ state, applied }) => state === "SUCCESS" && !applied)).toBe(true);
  return external.map(({ amount }) => amount).sort((a, b) => a - b);
}

/** What the anomalies of a kind say of their money. */
async function saidOf(shop: Shop, { outTradeNo }: Scene) {
  const found = await shop.db.select().from(anomalies).where(eq(anomalies.outTradeNo, outTradeNo));
  return found.map(({ kind, detail }) => [kind, (JSON.parse(detail) as { amount?: string | null }).amount]).sort();
}

describe("a refund made in the console under a number of its own", () => {
  it("is recorded with the amount that Alipay says when asked, as often as it is told", async () => {
    const shop = openShop();
    const scene = await newPaidTrade(shop);
    for (const amount of [700, 500]) await giveBack(amount)(scene.outTradeNo);
    const notices = await takeDeliveries(scene.outTradeNo);
    for (const notice of [...notices, ...notices]) {
      expect((await deliver(shop, "alipay", notice)).body).toBe("success");
    }
    expect(await recordedOf(shop, scene)).toEqual([500, 700]);
    expect(await saidOf(shop, scene)).toEqual([
      ["UNKNOWN_REFUND", "5.00"],
      ["UNKNOWN_REFUND", "7.00"],
    ]);
    expect(await attemptOf(shop, scene.outTradeNo)).toMatchObject({ refunding: 0, refunded: 0 });
  });

  it("comes again while Alipay does not say how much it was, and an operator hears of it at once", async () => {
    const shop = openShop();
    const scene = await newPaidTrade(shop);
    await giveBack(700)(scene.outTradeNo);
    await misbehave({ kind: "http_500", operation: "refund_query", times: 9 });
    expect(await deliverAll(shop, "alipay", scene.outTradeNo)).toMatchObject([{ status: 500, body: "failure" }]);
    expect(await anomaliesOf(shop, scene.outTradeNo)).toEqual(["UNKNOWN_REFUND"]);
    expect(await recordedOf(shop, scene)).toEqual([]);
    await sandbox("DELETE", "faults");
    await letPass(shop, 300);
    expect(await deliverAll(shop, "alipay", scene.outTradeNo)).toMatchObject([{ body: "success" }]);
    expect(await recordedOf(shop, scene)).toEqual([700]);
  });
});

describe("refunds made in the console without a number, which all go by the trade's", () => {
  /** A notice of such a refund, when so much has gone back in all. */
  async function unnumbered(shop: Shop, { outTradeNo }: Scene, sum: string) {
    const tradeNo = (await attemptOf(shop, outTradeNo))?.providerTradeNo;
    const fields = { out_biz_no: tradeNo, refund_fee: sum };
    const notice = await signedCallback({ provider: "alipay", callback: "refund", outTradeNo, fields });
    return () => deliver(shop, "alipay", notice);
  }

  it.each([
    ["in their order", [0, 1, 0, 1], [500, 700], ["UNKNOWN_REFUND", "UNKNOWN_REFUND"]],
    ["the last one first", [1, 0, 1], [1200], ["UNKNOWN_REFUND"]],
  ] as const)("are recorded by how far the sum of all refunds has risen: told %s", async (_, order, amounts, kinds) => {
    const shop = openShop();
    const scene = await newPaidTrade(shop);
    await startRefund(shop, scene, 1000);
    const notices = [await unnumbered(shop, scene, "17.00"), await unnumbered(shop, scene, "22.00")];
    for (const index of order) expect((await notices[index]?.())?.body).toBe("success");
    expect(await recordedOf(shop, scene)).toEqual(amounts);
    expect(await anomaliesOf(shop, scene.outTradeNo)).toEqual(kinds);
  });

  it.each([
    ["smaller", "7.00", "12.00", [1200]],
    ["greater", "12.00", "7.00", [500, 700]],
  ] as const)("are counted once when two are told at once, the %s sum first", async (_, one, other, amounts) => {
    const [shop, elsewhere] = [openShop(), openShop()];
    const scene = await newPaidTrade(shop);
    const [first, second] = [await unnumbered(shop, scene, one), await unnumbered(elsewhere, scene, other)];
    const [held] = await interleave({ when: "before", match: "insert into `refund_records`" }, first, second);
    // What it would have put on record has been moved by the other: it has to come again.
    expect(held).toMatchObject({ value: { body: "failure" } });
    for (const again of [first, second]) expect((await again()).body).toBe("success");
    expect(await recordedOf(shop, scene)).toEqual(amounts);
  });

  it("come again while a refund of ours is under way, which the sum may or may not hold", async () => {
    const shop = openShop();
    const scene = await newPaidTrade(shop);
    await misbehave({ kind: "refund_abnormal", operation: "refund" });
    const { refundId } = await startRefund(shop, scene, 1000);
    const tell = await unnumbered(shop, scene, "17.00");
    expect((await tell()).body).toBe("failure");
    expect(await anomaliesOf(shop, scene.outTradeNo)).toEqual(["UNKNOWN_REFUND"]);
    await sandbox("POST", `refunds/alipay/${refundId}`, { status: "SUCCESS" });
    await deliverAll(shop, "alipay", scene.outTradeNo);
    expect((await tell()).body).toBe("success");
    expect(await recordedOf(shop, scene)).toEqual([700]);
  });
});

describe("a trade that is TRADE_CLOSED after a refund of a part by us", () => {
  const tellClosed = async (shop: Shop, { outTradeNo }: Scene) =>
    (await deliver(shop, "alipay", await tradeNotice(outTradeNo, { refund_fee: "30.00" }))).body;

  it("tells an operator that the rest has been taken back, once", async () => {
    const shop = openShop();
    const scene = await newPaidTrade(shop);
    await startRefund(shop, scene, 500);
    await giveBack(2500)(scene.outTradeNo);
    for (const _copy of [1, 2]) expect(await tellClosed(shop, scene)).toBe("success");
    expect(await anomaliesOf(shop, scene.outTradeNo)).toEqual(["MONEY_GONE_BACK"]);
    expect(await attemptOf(shop, scene.outTradeNo)).toMatchObject({ disposition: "APPLIED", refunded: 500 });
  });

  it("is no news when the rest is on record as given back in the console", async () => {
    const shop = openShop();
    const scene = await newPaidTrade(shop);
    await startRefund(shop, scene, 500);
    await giveBack(2500)(scene.outTradeNo);
    await deliverAll(shop, "alipay", scene.outTradeNo);
    expect(await tellClosed(shop, scene)).toBe("success");
    expect(await recordedOf(shop, scene)).toEqual([2500]);
    expect(await anomaliesOf(shop, scene.outTradeNo)).toEqual(["UNKNOWN_REFUND"]);
  });
});
