/** Money paid out while providers are silent or refuse, and databases lose answers: sent once, and not forgotten. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { transfers } from "../../db/schema/transfers.ts";
import { runJobs } from "../../src/jobs/run.ts";
import { createTransfer } from "../../src/payments/transfers/create-transfer.ts";
import { queryTransfer } from "../../src/payments/transfers/query-transfer.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { clearFaults, misbehave, sandbox, setFaults } from "./support/controls.ts";
import { openShop, type Shop, unique } from "./support/shop.ts";
import { anomaliesOfTransfer, providerTransfers, REQUEST, startTransfer, transferOf } from "./support/transfers.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const MINUTE = 60;
const HOUR = 3600;

const liftFaults = () => sandbox("DELETE", "faults");

/** All transfers that an operator's requests have made. */
async function madeBy(shop: Shop, requestedBy: string) {
  return await shop.db.select().from(transfers).where(eq(transfers.requestedBy, requestedBy));
}

describe("when the provider gives trouble", () => {
  const TROUBLE = ["timeout_after", "drop_after", "http_500", "bad_signature", "unsigned"] as const;

  it.each(TROUBLE)("%s: stays PROCESSING, and what had arrived is found", async (kind) => {
    const shop = openShop({ providerTimeoutMs: 250 });
    const key = unique("key");
    await misbehave({ kind, operation: "transfer", times: 9, ...(kind === "http_500" && { effect: true }) });
    const transfer = await startTransfer(shop, {}, key);
    expect(transfer).toMatchObject({ status: "PROCESSING", confirm: null });
    await liftFaults();
    await letPass(shop, 20);
    await runJobs(shop.ctx);
    const found = await startTransfer(shop, {}, key);
    expect(found).toMatchObject({ outBillNo: transfer.outBillNo, status: "AWAITING_USER" });
    expect(found.confirm).not.toBeNull();
    expect(await providerTransfers()).toHaveLength(1);
  });

  it.each(["timeout_before", "http_429", "http_503"] as const)(
    "%s: stays PROCESSING, and what never arrived is sent again, under its number",
    async (kind) => {
      const shop = openShop({ providerTimeoutMs: 250 });
      await misbehave({ kind, operation: "transfer", times: 9 });
      const transfer = await startTransfer(shop);
      expect(transfer).toMatchObject({ status: "PROCESSING" });
      await liftFaults();
      await letPass(shop, 20);
      await runJobs(shop.ctx);
      // Its first send might still be on its way.
      expect(await providerTransfers()).toEqual([]);
      await letPass(shop, MINUTE);
      await runJobs(shop.ctx);
      expect(await providerTransfers()).toMatchObject([{ outBillNo: transfer.outBillNo }]);
      expect(await queryTransfer(shop.ctx, transfer.outBillNo)).toMatchObject({ status: "AWAITING_USER" });
    },
  );

  it("a refusal of the first send ends it, and the same key hears the same again", async () => {
    const shop = openShop();
    const key = unique("key");
    const refusal = { code: "PROVIDER_REFUSED", details: { providerCode: "PARAM_ERROR" } };
    await expect(startTransfer(shop, { sceneId: "9999" }, key)).rejects.toMatchObject(refusal);
    await expect(startTransfer(shop, { sceneId: "9999" }, key)).rejects.toMatchObject(refusal);
    expect(await providerTransfers()).toEqual([]);
  });

  it("a refusal after silence ends nothing until the provider says that it knows no such number", async () => {
    const shop = openShop({ providerTimeoutMs: 250 });
    await misbehave({ kind: "timeout_before", operation: "transfer", times: 9 });
    const { outBillNo } = await startTransfer(shop);
    await liftFaults();
    await misbehave({ kind: "refuse", operation: "transfer", code: "NO_AUTH", status: 403, times: 9 });
    await misbehave({ kind: "http_500", operation: "transfer_query", times: 9 });
    await letPass(shop, 2 * MINUTE);
    await runJobs(shop.ctx);
    expect(await transferOf(shop, outBillNo)).toMatchObject({ state: "CREATED" });
    await liftFaults();
    await misbehave({ kind: "refuse", operation: "transfer", code: "NO_AUTH", status: 403, times: 9 });
    await letPass(shop, 2 * MINUTE);
    await runJobs(shop.ctx);
    expect(await transferOf(shop, outBillNo)).toMatchObject({ state: "FAILED", failureCode: "NO_AUTH" });
  });

  it("a merchant short of money pays later, under the same number", async () => {
    const shop = openShop();
    await sandbox("POST", "wechat/merchant", { balance: "empty" });
    const { outBillNo, status } = await startTransfer(shop);
    expect(status).toBe("PROCESSING");
    await letPass(shop, 2 * MINUTE);
    await runJobs(shop.ctx);
    expect(await transferOf(shop, outBillNo)).toMatchObject({ state: "CREATED" });
    await sandbox("POST", "wechat/merchant", { balance: "enough" });
    await letPass(shop, 2 * MINUTE);
    await runJobs(shop.ctx);
    expect(await transferOf(shop, outBillNo)).toMatchObject({ state: "AWAITING_USER" });
  });

  it("puts a transfer that nobody has confirmed for hours before an operator", async () => {
    const shop = openShop({ providerTimeoutMs: 250 });
    await misbehave({ kind: "timeout_before", operation: "transfer", times: 9 });
    const { outBillNo } = await startTransfer(shop);
    await misbehave({ kind: "http_500", operation: "transfer_query", times: 99 });
    await letPass(shop, 5 * HOUR);
    await runJobs(shop.ctx);
    expect(await anomaliesOfTransfer(shop, outBillNo)).toEqual([]);
    await letPass(shop, 2 * HOUR);
    await runJobs(shop.ctx);
    expect(await anomaliesOfTransfer(shop, outBillNo)).toEqual(["TRANSFER_IN_DOUBT"]);
    expect(await transferOf(shop, outBillNo)).toMatchObject({ state: "CREATED" });
  });
});

it.each([
  ["before", "drop"],
  ["after", "drop"],
] as const)("is not sent twice when the database's answers get lost %s a statement (%s)", async (when, how) => {
  for (let at = 1; at <= 7; at++) {
    await startAfresh();
    const shop = openShop();
    const operator = { id: unique("operator"), role: "operator" } as const;
    const key = unique("key");
    await setFaults({ fail: [at, at + 1].map((n) => ({ at: n, when, how })) });
    await createTransfer(shop.ctx, operator, REQUEST, key).catch(() => {});
    await clearFaults();
    await letPass(shop, 61);
    await createTransfer(shop.ctx, operator, REQUEST, key);
    await letPass(shop, 2 * MINUTE);
    await runJobs(shop.ctx);
    const [row, ...more] = await madeBy(shop, operator.id);
    expect(more).toEqual([]);
    expect(await providerTransfers()).toMatchObject([{ outBillNo: row?.outBillNo, state: "WAIT_USER_CONFIRM" }]);
    expect(row).toMatchObject({ state: "AWAITING_USER" });
  }
});
