/** Money that is paid out goes out once, whoever looks at a transfer in doubt at the same time. */
import { afterAll, beforeEach, expect, it } from "vitest";
import { runJobs } from "../../src/jobs/run.ts";
import { synchroniseTransfers } from "../../src/jobs/synchronise-transfers.ts";
import { cancelTransfer } from "../../src/payments/transfers/cancel-transfer.ts";
import { queryTransfer } from "../../src/payments/transfers/query-transfer.ts";
import { catchUp, letPass, startAfresh } from "./support/afresh.ts";
import { deliverAll, misbehave, reached, resume, sandbox, setFaults } from "./support/controls.ts";
import { interleave } from "./support/interleave.ts";
import { OPERATOR, openShop, type Shop, unique } from "./support/shop.ts";
import { anomaliesOfTransfer, providerTransfers, setPolicy, startTransfer, transferOf } from "./support/transfers.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

/** A transfer whose first send never arrived, old enough to be sent again, and two isolates that look at it. */
async function lostTransfer() {
  const [shop, elsewhere] = [openShop({ providerTimeoutMs: 400 }), openShop({ providerTimeoutMs: 400 })];
  const key = unique("key");
  await misbehave({ kind: "timeout_before", operation: "transfer", times: 9 });
  const { outBillNo } = await startTransfer(shop, {}, key);
  await sandbox("DELETE", "faults");
  await letPass(shop, 65);
  catchUp(elsewhere);
  return { shop, elsewhere, key, outBillNo };
}

const refuseOnce = () => misbehave({ kind: "refuse", operation: "transfer", code: "NO_AUTH", status: 403 });

/** What the books say has failed has not gone out. */
async function expectOneStory(shop: Shop, outBillNo: string): Promise<void> {
  const wentOut = (await providerTransfers()).length > 0;
  const failed = (await transferOf(shop, outBillNo))?.state === "FAILED";
  expect(failed && wentOut).toBe(false);
  expect(await anomaliesOfTransfer(shop, outBillNo)).not.toContain("TRANSFER_IN_DOUBT");
}

it("is not refused to one who repeats the request while another's repeat is accepted", async () => {
  const { shop, elsewhere, key, outBillNo } = await lostTransfer();
  await refuseOnce();
  const again = (where: Shop) => startTransfer(where, {}, key);
  await interleave(
    { when: "after", match: "set `transfers`.`next_check_at`" },
    () => again(shop),
    () => again(elsewhere),
  );
  await expectOneStory(shop, outBillNo);
});

it("is not refused to one who repeats the request while the job's send is accepted", async () => {
  const { shop, elsewhere, key, outBillNo } = await lostTransfer();
  await refuseOnce();
  await setFaults({ pause: [{ at: 2, when: "after", match: "set `transfers`.`next_check_at`", name: "claimed" }] });
  const job = synchroniseTransfers(shop.ctx, 50);
  await reached("claimed");
  await startTransfer(elsewhere, {}, key).catch(() => undefined);
  await resume("claimed");
  await job;
  expect((await transferOf(shop, outBillNo))?.state).toBe("FAILED");
  await expectOneStory(shop, outBillNo);
});

it("is not sent any more once an operator has taken it back", async () => {
  const { shop, elsewhere, key, outBillNo } = await lostTransfer();
  await interleave(
    { when: "before", match: "set `transfers`.`next_check_at`" },
    () => startTransfer(shop, {}, key),
    () => cancelTransfer(elsewhere.ctx, OPERATOR, outBillNo),
  );
  expect(await providerTransfers()).toEqual([]);
  expect((await transferOf(shop, outBillNo))?.state).toBe("CANCELLING");
});

it("is only asked about by those who look at it", async () => {
  const { shop, outBillNo } = await lostTransfer();
  expect(await queryTransfer(shop.ctx, outBillNo)).toMatchObject({ status: "PROCESSING" });
  expect(await providerTransfers()).toEqual([]);
});

it("that the provider refuses only when the job repeats it, is put before an operator", async () => {
  const { shop, outBillNo } = await lostTransfer();
  await misbehave({ kind: "refuse", operation: "transfer", code: "NO_AUTH", status: 403, times: 9 });
  await runJobs(shop.ctx);
  expect(await transferOf(shop, outBillNo)).toMatchObject({ state: "FAILED", failureCode: "NO_AUTH" });
  expect(await anomaliesOfTransfer(shop, outBillNo)).toEqual(["TRANSFER_FAILED"]);
});

it("that no query has reached for a day is not sent anew", async () => {
  const { shop, outBillNo } = await lostTransfer();
  await letPass(shop, 25 * 3600);
  await runJobs(shop.ctx);
  expect(await providerTransfers()).toEqual([]);
  expect(await anomaliesOfTransfer(shop, outBillNo)).toEqual(["TRANSFER_IN_DOUBT"]);
});

it("that the provider fails later is put before an operator, though only a callback tells of it", async () => {
  const shop = openShop();
  await setPolicy({ processingSeconds: 3600 });
  const { outBillNo, status } = await startTransfer(shop);
  expect(status).toBe("PROCESSING");
  await sandbox("POST", `transfers/${outBillNo}/fail`, {});
  expect(await deliverAll(shop, "wechat", outBillNo)).toMatchObject([{ status: 200 }]);
  expect(await transferOf(shop, outBillNo)).toMatchObject({ state: "FAILED" });
  expect(await anomaliesOfTransfer(shop, outBillNo)).toEqual(["TRANSFER_FAILED"]);
});
