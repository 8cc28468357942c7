/** Transfers by Alipay, which takes none back: given up as long as it does not have them. Failures that nobody waits for. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { runJobs } from "../../src/jobs/run.ts";
import { cancelTransfer } from "../../src/payments/transfers/cancel-transfer.ts";
import { queryTransfer } from "../../src/payments/transfers/query-transfer.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { openCertifiedShop } from "./support/certified.ts";
import { misbehave, sandbox } from "./support/controls.ts";
import { OPERATOR, type Shop, unique } from "./support/shop.ts";
import {
  alipayTransfers,
  anomaliesOfTransfer,
  arriveLate,
  moveAlipayTransfer,
  setAlipayPolicy,
  startAlipayTransfer,
  transferOf,
} from "./support/transfers.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const MINUTE = 60;
const DAY = 86_400;

const setBalance = (balance: "empty" | "enough") => sandbox("POST", "alipay/application", { balance });
const giveUp = (shop: Shop, outBillNo: string) => cancelTransfer(shop.ctx, OPERATOR, outBillNo);

/** A transfer that Alipay does not have, for want of money. */
async function unpaidTransfer() {
  const shop = await openCertifiedShop({ providerTimeoutMs: 1000 });
  const key = unique("key");
  await setBalance("empty");
  const { outBillNo, status } = await startAlipayTransfer(shop, {}, key);
  expect(status).toBe("PROCESSING");
  return { shop, key, outBillNo };
}

async function lookEachMinute(shop: Shop, times: number): Promise<void> {
  for (let look = 0; look < times; look++) {
    await letPass(shop, MINUTE);
    await runJobs(shop.ctx);
  }
}

describe("a transfer that Alipay does not have", () => {
  it("is given up, and never goes out, whatever money comes in", async () => {
    const { shop, key, outBillNo } = await unpaidTransfer();
    expect(await giveUp(shop, outBillNo)).toMatchObject({ status: "CANCELLING" });
    await setBalance("enough");
    await lookEachMinute(shop, 3);
    expect(await giveUp(shop, outBillNo)).toMatchObject({ status: "CANCELLED" });
    expect(await startAlipayTransfer(shop, {}, key)).toMatchObject({ outBillNo, status: "CANCELLED" });
    await lookEachMinute(shop, 2);
    expect(await alipayTransfers()).toEqual([]);
    expect(await anomaliesOfTransfer(shop, outBillNo)).toEqual([]);
  });

  it("is given up even when nobody sends it any more", async () => {
    const { shop, outBillNo } = await unpaidTransfer();
    await letPass(shop, 2 * DAY);
    expect(await giveUp(shop, outBillNo)).toMatchObject({ status: "CANCELLING" });
    await lookEachMinute(shop, 3);
    expect(await transferOf(shop, outBillNo)).toMatchObject({ state: "CANCELLED" });
  });

  it("is not dropped while Alipay does not say so", async () => {
    const { shop, outBillNo } = await unpaidTransfer();
    await misbehave({ kind: "http_500", operation: "transfer_query", times: 99 });
    expect(await giveUp(shop, outBillNo)).toMatchObject({ status: "CANCELLING" });
    await lookEachMinute(shop, 4);
    expect(await transferOf(shop, outBillNo)).toMatchObject({ state: "CANCELLING" });
  });

  it("and that arrives after it was given up goes on, and can't be given up any more", async () => {
    const { shop, outBillNo } = await unpaidTransfer();
    await giveUp(shop, outBillNo);
    await setBalance("enough");
    await setAlipayPolicy({ status: "DEALING" });
    await arriveLate(shop, outBillNo);
    await lookEachMinute(shop, 1);
    expect(await transferOf(shop, outBillNo)).toMatchObject({ state: "PROCESSING" });
    await expect(giveUp(shop, outBillNo)).rejects.toMatchObject({ code: "TRANSFER_IRREVOCABLE" });
    await moveAlipayTransfer(outBillNo, "succeed");
    await lookEachMinute(shop, 1);
    expect(await queryTransfer(shop.ctx, outBillNo)).toMatchObject({ status: "SUCCESS" });
  });

  it("and that arrives even after it was dropped is put before an operator", async () => {
    const { shop, outBillNo } = await unpaidTransfer();
    await giveUp(shop, outBillNo);
    await lookEachMinute(shop, 3);
    expect(await transferOf(shop, outBillNo)).toMatchObject({ state: "CANCELLED" });
    await setBalance("enough");
    await arriveLate(shop, outBillNo);
    await letPass(shop, 11 * MINUTE);
    await runJobs(shop.ctx);
    expect(await anomaliesOfTransfer(shop, outBillNo)).toEqual(["TRANSFER_IN_DOUBT"]);
  });
});

describe("a transfer that Alipay has after all, its answer lost", () => {
  it.each([
    ["SUCCESS", "TRANSFER_FINAL", "SUCCESS"],
    ["DEALING", "TRANSFER_IRREVOCABLE", "PROCESSING"],
  ])("%s: is not given up (%s)", async (status, code, state) => {
    const shop = await openCertifiedShop({ providerTimeoutMs: 400 });
    await setAlipayPolicy({ status });
    await misbehave({ kind: "timeout_after", operation: "transfer" });
    const { outBillNo } = await startAlipayTransfer(shop);
    await expect(giveUp(shop, outBillNo)).rejects.toMatchObject({ code });
    expect(await transferOf(shop, outBillNo)).toMatchObject({ state });
  });
});

describe("a transfer that fails when nobody waits for the answer any more", () => {
  const HEARINGS = [
    ["the job", runTheJobs],
    ["an operator who looks", (shop: Shop, outBillNo: string) => queryTransfer(shop.ctx, outBillNo)],
  ] as const;

  it.each(HEARINGS)("is put before an operator, once, when %s hears of it", async (_, hear) => {
    const shop = await openCertifiedShop();
    await setAlipayPolicy({ status: "DEALING" });
    const { outBillNo } = await startAlipayTransfer(shop);
    await moveAlipayTransfer(outBillNo, "fail");
    await hear(shop, outBillNo);
    expect(await transferOf(shop, outBillNo)).toMatchObject({ state: "FAILED", nextCheckAt: null });
    await runTheJobs(shop);
    expect(await anomaliesOfTransfer(shop, outBillNo)).toEqual(["TRANSFER_FAILED"]);
  });
});

async function runTheJobs(shop: Shop): Promise<void> {
  await letPass(shop, MINUTE);
  await runJobs(shop.ctx);
}
