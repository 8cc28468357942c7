/** Transfers taken back, and news of them that don't fit: a final state stays, and an operator hears of the rest. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { runJobs } from "../../src/jobs/run.ts";
import { cancelTransfer } from "../../src/payments/transfers/cancel-transfer.ts";
import { queryTransfer } from "../../src/payments/transfers/query-transfer.ts";
import { world } from "../setup/slot.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { deliver, deliverAll, misbehave, sandbox, signedCallback } from "./support/controls.ts";
import { OPERATOR, openShop, type Shop, unique } from "./support/shop.ts";
import { anomaliesOfTransfer, confirmAt, providerTransfers, startTransfer, transferOf } from "./support/transfers.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const MINUTE = 60;

const liftFaults = () => sandbox("DELETE", "faults");

describe("taking a transfer back", () => {
  it("is done by the provider a little later, and told", async () => {
    const shop = openShop();
    const { outBillNo } = await startTransfer(shop);
    expect(await cancelTransfer(shop.ctx, OPERATOR, outBillNo)).toMatchObject({ status: "CANCELLING", confirm: null });
    await letPass(shop, MINUTE);
    expect(await deliverAll(shop, "wechat", outBillNo)).toMatchObject([{ status: 200 }]);
    expect(await cancelTransfer(shop.ctx, OPERATOR, outBillNo)).toMatchObject({ status: "CANCELLED" });
    await expect(confirmAt(outBillNo)).rejects.toThrow("409");
  });

  it("is too late when the money is out", async () => {
    const shop = openShop();
    const { outBillNo } = await startTransfer(shop);
    await confirmAt(outBillNo);
    await letPass(shop, MINUTE);
    const cancelling = cancelTransfer(shop.ctx, OPERATOR, outBillNo);
    await expect(cancelling).rejects.toMatchObject({ code: "TRANSFER_FINAL" });
    expect(await queryTransfer(shop.ctx, outBillNo)).toMatchObject({ status: "SUCCESS" });
  });

  it("changes nothing when the recipient has confirmed, and the transfer ends as it does", async () => {
    const shop = openShop();
    const { outBillNo } = await startTransfer(shop);
    await confirmAt(outBillNo);
    expect(await cancelTransfer(shop.ctx, OPERATOR, outBillNo)).toMatchObject({ status: "CANCELLING" });
    await letPass(shop, MINUTE);
    await runJobs(shop.ctx);
    expect(await queryTransfer(shop.ctx, outBillNo)).toMatchObject({ status: "SUCCESS" });
    expect(await anomaliesOfTransfer(shop, outBillNo)).toEqual([]);
  });

  it("is gone on with by a job when the provider was silent", async () => {
    const shop = openShop();
    const { outBillNo } = await startTransfer(shop);
    await misbehave({ kind: "http_500", operation: "transfer_cancel", times: 9 });
    expect(await cancelTransfer(shop.ctx, OPERATOR, outBillNo)).toMatchObject({ status: "CANCELLING" });
    expect(await providerTransfers()).toMatchObject([{ state: "WAIT_USER_CONFIRM" }]);
    await liftFaults();
    for (let run = 0; run < 2; run++) {
      await letPass(shop, MINUTE);
      await runJobs(shop.ctx);
    }
    expect(await providerTransfers()).toMatchObject([{ state: "CANCELLED" }]);
    expect(await queryTransfer(shop.ctx, outBillNo)).toMatchObject({ status: "CANCELLED" });
  });

  it("keeps one that never arrived from being sent again", async () => {
    const shop = openShop({ providerTimeoutMs: 250 });
    await misbehave({ kind: "timeout_before", operation: "transfer", times: 9 });
    const { outBillNo } = await startTransfer(shop);
    await liftFaults();
    expect(await cancelTransfer(shop.ctx, OPERATOR, outBillNo)).toMatchObject({ status: "CANCELLING" });
    for (let run = 0; run < 3; run++) {
      expect(await transferOf(shop, outBillNo)).toMatchObject({ state: "CANCELLING" });
      await letPass(shop, MINUTE);
      await runJobs(shop.ctx);
    }
    expect(await queryTransfer(shop.ctx, outBillNo)).toMatchObject({ status: "CANCELLED" });
    expect(await providerTransfers()).toEqual([]);
  });

  it("also takes back one whose send arrives only afterwards", async () => {
    const shop = openShop({ providerTimeoutMs: 250 });
    await misbehave({ kind: "timeout_after", operation: "transfer", times: 9 });
    const { outBillNo } = await startTransfer(shop);
    await liftFaults();
    await cancelTransfer(shop.ctx, OPERATOR, outBillNo);
    await letPass(shop, MINUTE);
    await runJobs(shop.ctx);
    expect(await queryTransfer(shop.ctx, outBillNo)).toMatchObject({ status: "CANCELLED" });
  });
});

/** A callback of a transfer's end with whatever members a test wants, validly signed. */
async function tell(shop: Shop, outBillNo: string, members: Readonly<Record<string, unknown>> = {}) {
  const plaintext = JSON.stringify({
    mch_id: world().env.WECHAT_MCH_ID,
    out_bill_no: outBillNo,
    transfer_bill_no: "1330000071100999991182020050700019480001",
    transfer_amount: 1000,
    state: "SUCCESS",
    openid: "oOfcl_the_recipient_01",
    create_time: "2026-11-22T12:00:00+08:00",
    update_time: "2026-11-22T12:00:05+08:00",
    ...members,
  });
  const order = { provider: "wechat", callback: "trade", event: "MCHTRANSFER.BILL.FINISHED", plaintext };
  const answer = await deliver(shop, "wechat", await signedCallback(order));
  await shop.idle();
  return answer.status;
}

describe("a callback", () => {
  it("that comes before the answer to the request, ends the transfer all the same", async () => {
    const shop = openShop({ providerTimeoutMs: 250 });
    await misbehave({ kind: "timeout_after", operation: "transfer", times: 9 });
    const { outBillNo } = await startTransfer(shop);
    expect(await tell(shop, outBillNo)).toBe(200);
    expect(await queryTransfer(shop.ctx, outBillNo)).toMatchObject({ status: "SUCCESS" });
  });

  it("of an earlier state changes nothing that is final", async () => {
    const shop = openShop();
    const { outBillNo } = await startTransfer(shop);
    expect(await tell(shop, outBillNo)).toBe(200);
    expect(await tell(shop, outBillNo, { state: "WAIT_USER_CONFIRM" })).toBe(200);
    expect(await transferOf(shop, outBillNo)).toMatchObject({ state: "SUCCESS" });
    expect(await anomaliesOfTransfer(shop, outBillNo)).toEqual([]);
  });

  it.each([
    ["SUCCESS", "FAIL", "SUCCESS"],
    ["FAIL", "SUCCESS", "FAILED"],
    ["CANCELLED", "SUCCESS", "CANCELLED"],
  ])("of %s and then of %s leaves it %s, and an operator hears of it", async (first, second, state) => {
    const shop = openShop();
    const { outBillNo } = await startTransfer(shop);
    expect(await tell(shop, outBillNo, { state: first })).toBe(200);
    expect(await tell(shop, outBillNo, { state: second })).toBe(200);
    expect(await transferOf(shop, outBillNo)).toMatchObject({ state });
    expect(await anomaliesOfTransfer(shop, outBillNo)).toEqual(["TRANSFER_IN_DOUBT"]);
  });

  it("is not cut off by a refusal of a transfer that took effect all the same", async () => {
    const shop = openShop();
    await misbehave({ kind: "refuse", operation: "transfer", code: "PARAM_ERROR", status: 400, effect: true });
    const { outBillNo } = await startTransfer(shop);
    expect(await tell(shop, outBillNo)).toBe(200);
    expect(await transferOf(shop, outBillNo)).toMatchObject({ state: "SUCCESS" });
    expect(await anomaliesOfTransfer(shop, outBillNo)).toEqual([]);
  });

  it("of a transfer that the provider had refused is a contradiction", async () => {
    const shop = openShop();
    await misbehave({ kind: "refuse", operation: "transfer", code: "PARAM_ERROR", status: 400 });
    const refused = await startTransfer(shop).catch((error: { details: { transactionId: string } }) => error);
    const outBillNo = "details" in refused ? refused.details.transactionId : "";
    expect(await tell(shop, outBillNo)).toBe(200);
    expect(await transferOf(shop, outBillNo)).toMatchObject({ state: "FAILED" });
    expect(await anomaliesOfTransfer(shop, outBillNo)).toEqual(["TRANSFER_IN_DOUBT"]);
  });

  it("of another amount changes nothing, and an operator hears of it", async () => {
    const shop = openShop();
    const { outBillNo } = await startTransfer(shop);
    expect(await tell(shop, outBillNo, { transfer_amount: 100_000 })).toBe(200);
    expect(await transferOf(shop, outBillNo)).toMatchObject({ state: "AWAITING_USER", amount: 1000 });
    expect(await anomaliesOfTransfer(shop, outBillNo)).toEqual(["TRANSFER_AMOUNT_DIFFERS"]);
  });

  it("of a number that nobody gave out is put before an operator", async () => {
    const shop = openShop();
    const outBillNo = unique("unknown").replaceAll("-", "");
    expect(await tell(shop, outBillNo)).toBe(200);
    expect(await anomaliesOfTransfer(shop, outBillNo)).toEqual(["UNKNOWN_TRANSFER"]);
  });
});
