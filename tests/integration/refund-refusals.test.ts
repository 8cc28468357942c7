/** Refusals of a refund that nobody waits for, and refusals that are the echo of a call which took effect. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { runJobs } from "../../src/jobs/run.ts";
import { approveRefund } from "../../src/payments/refunds/decide-refund.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { expectAllWell } from "./support/all-well.ts";
import { deliverAll, misbehave, sandbox } from "./support/controls.ts";
import { type Paid, partOf } from "./support/parts.ts";
import { newPaidOrder } from "./support/purchases.ts";
import { anomaliesOf, refundsOf } from "./support/records.ts";
import { OPERATOR, openShop, SERVICE, type Shop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const liftFaults = () => sandbox("DELETE", "faults");
const refuseRefunds = () => misbehave({ kind: "refuse", operation: "refund", code: "NO_AUTH", status: 403, times: 9 });
const errorsOf = (shop: Shop) => shop.lines.filter((line) => line.includes('"level":"error"'));

describe("a refund that is refused when it is sent again", () => {
  /** Ways to a refund that is on its way, its caller content. */
  const ASKED = [
    ["an operator's", (shop: Shop, paid: Paid) => partOf(shop, paid)],
    ["a service's", (shop: Shop, paid: Paid) => partOf(shop, paid, unique("refund"), SERVICE)],
    [
      "a customer's",
      async (shop: Shop, paid: Paid) => {
        const { refundId } = await partOf(shop, paid, unique("refund"), paid.customer);
        return await approveRefund(shop.ctx, OPERATOR, refundId);
      },
    ],
  ] as const;

  async function unheard(shop: Shop, ask: (typeof ASKED)[number][1]) {
    const paid = await newPaidOrder(shop, "wechat");
    await misbehave({ kind: "drop_before", operation: "refund", times: 9 });
    const refund = await ask(shop, paid);
    expect(refund).toMatchObject({ status: "PROCESSING" });
    await liftFaults();
    await refuseRefunds();
    await letPass(shop, 70);
    return { paid, refund };
  }

  it.each(ASKED)("by the job is put before an operator, and the job is content: %s", async (_, ask) => {
    const shop = openShop();
    const { paid } = await unheard(shop, ask);
    await runJobs(shop.ctx);
    expect(await refundsOf(shop, paid.outTradeNo)).toMatchObject([{ state: "CLOSED", failureCode: "NO_AUTH" }]);
    expect(await anomaliesOf(shop, paid.outTradeNo)).toEqual(["REFUND_FAILED"]);
    expect(errorsOf(shop)).toEqual([]);
    await liftFaults();
    await expectAllWell(shop, paid);
  });

  it("by a query is told as it stands", async () => {
    const shop = openShop();
    const { paid, refund } = await unheard(shop, ASKED[0][1]);
    const asked = await shop.manager.queryRefund(OPERATOR, "wechat", refund.refundId);
    expect(asked).toMatchObject({ status: "CLOSED", failureCode: "NO_AUTH" });
    expect(await anomaliesOf(shop, paid.outTradeNo)).toEqual(["REFUND_FAILED"]);
  });
});

it("a refusal that its caller hears is no anomaly", async () => {
  const shop = openShop();
  const paid = await newPaidOrder(shop, "wechat");
  await refuseRefunds();
  await expect(partOf(shop, paid)).rejects.toMatchObject({ code: "PROVIDER_REFUSED" });
  expect(await anomaliesOf(shop, paid.outTradeNo)).toEqual([]);
});

describe("an ABNORMAL refund", () => {
  const target = { type: "MERCHANT_BANK_CARD" } as const;
  const ACCOUNT = { bankType: "CMB_DEBIT", bankAccount: "6225880137012345", realName: "张三" };

  async function stuck(shop: Shop) {
    const paid = await newPaidOrder(shop, "wechat");
    await misbehave({ kind: "refund_abnormal", outTradeNo: paid.outTradeNo });
    const { refundId } = await partOf(shop, paid);
    await letPass(shop, 61);
    await deliverAll(shop, "wechat", paid.outTradeNo);
    return { paid, refund: { provider: "wechat", refundId } as const };
  }

  it("whose first way out took effect unheard is on its way, whatever the second is told", async () => {
    const shop = openShop({ providerTimeoutMs: 400 });
    const { paid, refund } = await stuck(shop);
    const toBuyer = { ...refund, target: { type: "USER_BANK_CARD", ...ACCOUNT } } as const;
    for (const operation of ["abnormal_refund", "refund_query"]) {
      await misbehave({ kind: "drop_after", operation, times: 9 });
    }
    const silence = shop.manager.resolveAbnormalRefund(OPERATOR, toBuyer);
    await expect(silence).rejects.toMatchObject({ code: "PROVIDER_SILENT" });
    expect(await refundsOf(shop, paid.outTradeNo)).toMatchObject([{ state: "ABNORMAL" }]);
    await liftFaults();
    const again = await shop.manager.resolveAbnormalRefund(OPERATOR, { ...refund, target });
    expect(again).toMatchObject({ status: "PROCESSING" });
    expect(await refundsOf(shop, paid.outTradeNo)).toMatchObject([{ state: "PROCESSING" }]);
    await expectAllWell(shop, paid);
  });

  it("whose way out took effect though its answer was lost is found on its way at once", async () => {
    const shop = openShop();
    const { refund } = await stuck(shop);
    await misbehave({ kind: "drop_after", operation: "abnormal_refund", times: 9 });
    const resolved = await shop.manager.resolveAbnormalRefund(OPERATOR, { ...refund, target });
    expect(resolved).toMatchObject({ status: "PROCESSING" });
  });

  it("that is refused a way out stays, and says so", async () => {
    const shop = openShop();
    const { paid, refund } = await stuck(shop);
    await misbehave({ kind: "refuse", operation: "abnormal_refund", code: "NO_AUTH", status: 403 });
    const refused = shop.manager.resolveAbnormalRefund(OPERATOR, { ...refund, target });
    await expect(refused).rejects.toMatchObject({ code: "PROVIDER_REFUSED", details: { providerCode: "NO_AUTH" } });
    expect(await refundsOf(shop, paid.outTradeNo)).toMatchObject([{ state: "ABNORMAL" }]);
  });
});
