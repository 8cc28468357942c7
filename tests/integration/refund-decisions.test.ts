/** Refunds that their caller had the right to decide wait for nobody: they go on by the same request, or not at all. */
import { afterAll, beforeEach, expect, it } from "vitest";
import { approveRefund, declineRefund, listRefunds } from "../../src/payments/refunds/decide-refund.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { expectAllWell } from "./support/all-well.ts";
import { clearFaults, setFaults } from "./support/controls.ts";
import { interleave, STATEMENTS } from "./support/interleave.ts";
import { type Paid, partOf, partsAtProvider } from "./support/parts.ts";
import { newPaidOrder } from "./support/purchases.ts";
import { refundsOf } from "./support/records.ts";
import { OPERATOR, openShop, SERVICE, type Shop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

/** The refunds of an order that an operator sees when deciding. */
async function waitingFor(shop: Shop, { orderId }: Paid): Promise<string[]> {
  const { refunds } = await listRefunds(shop.ctx, { state: "REQUESTED", limit: 50 });
  return refunds.filter((refund) => refund.orderId === orderId).map(({ refundId }) => refundId);
}

async function expectNoDecision(shop: Shop, paid: Paid): Promise<void> {
  expect(await waitingFor(shop, paid)).toEqual([]);
  const left = (await refundsOf(shop, paid.outTradeNo)).find(({ state }) => state === "REQUESTED");
  expect(left).toMatchObject({ decidedBy: expect.any(String), decidedAt: null });
  for (const decide of [approveRefund, declineRefund]) {
    const decided = decide(shop.ctx, OPERATOR, left?.id ?? "");
    await expect(decided).rejects.toMatchObject({ code: "REFUND_NOT_REQUESTED" });
  }
}

it("one that came too soon can't be granted beside the one that its caller asked for instead", async () => {
  const [shop, elsewhere] = [openShop(), openShop()];
  const paid = await newPaidOrder(shop, "wechat");
  const key = unique("refund");
  const [one] = await interleave(
    { when: "before", match: STATEMENTS.reserveRefund },
    () => partOf(shop, paid, key, SERVICE),
    () => partOf(elsewhere, paid, unique("refund"), SERVICE, 200),
  );
  expect(one).toMatchObject({ status: "rejected", reason: { code: "REFUND_TOO_SOON" } });
  await letPass(shop, 60);
  await partOf(shop, paid, unique("refund"), SERVICE);
  await letPass(shop, 60);
  await expectNoDecision(shop, paid);
  expect(await partsAtProvider(paid)).toBe(2);
  expect(await partOf(shop, paid, key, SERVICE)).toMatchObject({ status: "PROCESSING", amount: 100 });
  expect(await partsAtProvider(paid)).toBe(3);
  await expectAllWell(shop, paid);
});

it.each([
  ["service", SERVICE],
  ["operator", OPERATOR],
] as const)(
  "one of the shop's %s that broke off before it was reserved goes on by the same request alone",
  async (_, actor) => {
    const shop = openShop();
    const paid = await newPaidOrder(shop, "wechat");
    const key = unique("refund");
    const match = STATEMENTS.reserveRefund;
    await setFaults({ fail: [1, 2].map((at) => ({ at, match, when: "before", how: "drop" })) });
    await expect(partOf(shop, paid, key, actor)).rejects.toMatchObject({ name: "DatabaseUnavailable" });
    await clearFaults();
    await expectNoDecision(shop, paid);
    expect(await partOf(shop, paid, key, actor)).toMatchObject({ status: "PROCESSING" });
    expect(await refundsOf(shop, paid.outTradeNo)).toHaveLength(1);
    await expectAllWell(shop, paid);
  },
);

it("one of a customer goes on by the same request though the shop asks operators by now", async () => {
  const [automatic, shop] = [openShop({ settings: { customerRefunds: "auto" } }), openShop()];
  const paid = await newPaidOrder(shop, "wechat");
  const key = unique("refund");
  const match = STATEMENTS.reserveRefund;
  await setFaults({ fail: [1, 2].map((at) => ({ at, match, when: "before", how: "drop" })) });
  await expect(partOf(automatic, paid, key, paid.customer)).rejects.toMatchObject({ name: "DatabaseUnavailable" });
  await clearFaults();
  await expectNoDecision(shop, paid);
  expect(await partOf(shop, paid, key, paid.customer)).toMatchObject({ status: "PROCESSING" });
  await expectAllWell(shop, paid);
});

it("a customer's request is what an operator decides", async () => {
  const shop = openShop();
  const paid = await newPaidOrder(shop, "wechat");
  const { refundId } = await partOf(shop, paid, unique("refund"), paid.customer);
  expect(await waitingFor(shop, paid)).toEqual([refundId]);
  expect(await approveRefund(shop.ctx, OPERATOR, refundId)).toMatchObject({ status: "PROCESSING" });
  expect(await waitingFor(shop, paid)).toEqual([]);
});
