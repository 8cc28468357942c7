/** Refunds that their caller had the right to decide wait for nobody: they go on by the same request, or not at all. */
import { afterAll, beforeEach, expect, it } from "vitest";
import { approveRefund, declineRefund, listRefunds } from "../../src/payments/refunds/decide-refund.ts";
import { recordedRefund } from "../../src/payments/refunds/view.ts";
import { ProviderRegistry } from "../../src/providers/registry.ts";
import { startAfresh } from "./support/afresh.ts";
import { expectAllWell } from "./support/all-well.ts";
import { clearFaults, setFaults } from "./support/controls.ts";
import { STATEMENTS } from "./support/interleave.ts";
import { overriding } from "./support/overriding.ts";
import { type Paid, partOf, partsAtProvider } from "./support/parts.ts";
import { newPaidOrder } from "./support/purchases.ts";
import { actionsOn } from "./support/receipts.ts";
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

it("one that broke off can't be granted beside the one that its caller asked for instead", async () => {
  const shop = openShop();
  const paid = await newPaidOrder(shop, "wechat");
  const key = unique("refund");
  const match = STATEMENTS.reserveRefund;
  await setFaults({ fail: [1, 2].map((at) => ({ at, match, when: "before", how: "drop" })) });
  await expect(partOf(shop, paid, key, SERVICE)).rejects.toMatchObject({ name: "DatabaseUnavailable" });
  await clearFaults();
  await partOf(shop, paid, unique("refund"), SERVICE);
  await expectNoDecision(shop, paid);
  expect(await partsAtProvider(paid)).toBe(1);
  expect(await partOf(shop, paid, key, SERVICE)).toMatchObject({ status: "PROCESSING", amount: 100 });
  await expectAllWell(shop, paid);
  expect(await partsAtProvider(paid)).toBe(2);
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

it("one of an operator that died before its entry in the trail is in it before anything is reserved", async () => {
  const shop = openShop();
  const paid = await newPaidOrder(shop, "wechat");
  const key = unique("refund");
  const match = "insert into `operator_actions`";
  await setFaults({ fail: [1, 2].map((at) => ({ at, match, when: "before", how: "drop" })) });
  await expect(partOf(shop, paid, key, OPERATOR)).rejects.toMatchObject({ name: "DatabaseUnavailable" });
  await clearFaults();
  expect(await partOf(shop, paid, key, OPERATOR)).toMatchObject({ status: "PROCESSING" });
  const [refund] = await refundsOf(shop, paid.outTradeNo);
  expect(await actionsOn(shop, refund?.id ?? "")).toEqual(["refunds.create: 部分退款"]);
});

it.each([
  ["grants", approveRefund],
  ["declines", declineRefund],
] as const)(
  "the trail of an operator who %s a request holds their own words, and never the buyer's",
  async (_, decide) => {
    const shop = openShop();
    const paid = await newPaidOrder(shop, "wechat");
    const { refundId } = await partOf(shop, paid, unique("refund"), paid.customer);
    await decide({ ...shop.ctx, operatorsReason: "same as last time" }, OPERATOR, refundId);
    const trail = await actionsOn(shop, refundId);
    expect(trail.map((line) => line.split(": ")[1])).toEqual(["same as last time"]);
  },
);

it("a request is sent in the words on record, whatever the shop would write by now", async () => {
  const shop = openShop();
  const paid = await newPaidOrder(shop, "wechat");
  const { refundId } = await partOf(shop, paid, unique("refund"), paid.customer);
  const sent: string[] = [];
  const wechat = shop.ctx.providers.get("wechat");
  const renamed = overriding(wechat, {
    prepareRefund: (draft) => wechat.prepareRefund({ ...draft, reason: "another text" }),
    refund: (refund, call) => {
      sent.push(refund.request);
      return wechat.refund(refund, call);
    },
  });
  const providers = new ProviderRegistry([renamed, shop.ctx.providers.get("points")]);
  await approveRefund({ ...shop.ctx, providers }, OPERATOR, refundId);
  const [refund] = await refundsOf(shop, paid.outTradeNo);
  if (!refund) throw new Error("no refund");
  const { request } = await recordedRefund(shop.ctx, refund);
  expect(request).not.toContain("another text");
  expect(sent).toEqual([request]);
});

it("a customer's request is what an operator decides", async () => {
  const shop = openShop();
  const paid = await newPaidOrder(shop, "wechat");
  const { refundId } = await partOf(shop, paid, unique("refund"), paid.customer);
  expect(await waitingFor(shop, paid)).toEqual([refundId]);
  expect(await approveRefund(shop.ctx, OPERATOR, refundId)).toMatchObject({ status: "PROCESSING" });
  expect(await waitingFor(shop, paid)).toEqual([]);
});
