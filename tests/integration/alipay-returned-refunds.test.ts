/** Refunds that the buyer's bank sends back: Alipay says so once, to the application, and an operator has to hear of it. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, expect, it } from "vitest";
import { anomalies, notifications } from "../../db/schema/records.ts";
import { startAfresh } from "./support/afresh.ts";
import { refundStandingOf, startRefund } from "./support/alipay-refunds.ts";
import { NOTIFY_URL } from "./support/alipay-subjects.ts";
import { newPaidTrade, type Scene } from "./support/alipay-trades.ts";
import { deliverAll, sandbox } from "./support/controls.ts";
import { openShop, type Shop } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

async function refundAnsweredBy(shop: Shop, status: "S" | "F") {
  const scene = await newPaidTrade(shop, "QR");
  const { refundId, outRefundNo } = await startRefund(shop, scene);
  await sandbox("POST", "alipay/application", { gatewayUrl: NOTIFY_URL });
  await sandbox("POST", `refunds/alipay/${outRefundNo}/deposit-back`, { status });
  const answers = await deliverAll(shop, "alipay", scene.outTradeNo);
  expect(answers).toEqual([expect.objectContaining({ status: 200, body: "success" })]);
  return { scene, refundId };
}

const anomaliesOf = (shop: Shop, { outTradeNo }: Scene) =>
  shop.db.select().from(anomalies).where(eq(anomalies.outTradeNo, outTradeNo));

const outcomesOf = async (shop: Shop, { outTradeNo }: Scene) =>
  (await shop.db.select().from(notifications).where(eq(notifications.outTradeNo, outTradeNo)))
    .filter(({ event }) => event.includes("depositback"))
    .map(({ outcome }) => outcome);

it("is an anomaly that names the order, and the refund stays what it is", async () => {
  const shop = openShop();
  const { scene, refundId } = await refundAnsweredBy(shop, "F");
  const [anomaly, ...more] = await anomaliesOf(shop, scene);
  expect(anomaly).toMatchObject({ kind: "REFUND_RETURNED", state: "OPEN", orderId: scene.orderId, refundId });
  expect(JSON.parse(anomaly?.detail ?? "")).toMatchObject({ amount: "30.00", returned: "30.00", state: "SUCCESS" });
  expect(more).toEqual([]);
  expect(await refundStandingOf(shop, scene)).toEqual(["SUCCESS", 0, 3000]);
  expect(await outcomesOf(shop, scene)).toEqual(["ANOMALY"]);
});

it("is no anomaly when the bank took it", async () => {
  const shop = openShop();
  const { scene } = await refundAnsweredBy(shop, "S");
  expect(await anomaliesOf(shop, scene)).toEqual([]);
  expect(await outcomesOf(shop, scene)).toEqual([]);
});
