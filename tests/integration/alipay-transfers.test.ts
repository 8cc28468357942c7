/** Money paid out by Alipay: on record first, sent once, followed to its end, and watched while it may come back. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { runJobs } from "../../src/jobs/run.ts";
import { fen } from "../../src/money.ts";
import { cancelTransfer } from "../../src/payments/transfers/cancel-transfer.ts";
import { queryTransfer } from "../../src/payments/transfers/query-transfer.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { openCertifiedShop } from "./support/certified.ts";
import { misbehave, sandbox } from "./support/controls.ts";
import { OPERATOR, openShop, unique } from "./support/shop.ts";
import {
  alipayTransfers,
  anomaliesOfTransfer,
  moveAlipayTransfer,
  setAlipayPolicy,
  startAlipayTransfer,
  transferOf,
} from "./support/transfers.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const MINUTE = 60;
const HOUR = 3600;
const DAY = 24 * HOUR;
const NAMED = { identity: "13800001234", identityType: "ALIPAY_LOGON_ID", name: "张三丰" } as const;

const liftFaults = () => sandbox("DELETE", "faults");

describe("a transfer", () => {
  it("is done at once, without its recipient's doing", async () => {
    const shop = await openCertifiedShop();
    const transfer = await startAlipayTransfer(shop);
    const [there] = await alipayTransfers();
    expect(there).toMatchObject({ outBizNo: transfer.outBillNo, amount: 1000, status: "SUCCESS" });
    expect(transfer).toMatchObject({
      provider: "alipay",
      status: "SUCCESS",
      payee: { identity: "2088000000000003", identityType: "ALIPAY_USER_ID" },
      providerBillNo: there?.orderId,
      confirm: null,
    });
    expect(transfer.finishedAt).not.toBeNull();
  });

  it("is refused in public-key mode, with what it takes", async () => {
    await expect(startAlipayTransfer(openShop())).rejects.toMatchObject({
      code: "METHOD_UNAVAILABLE",
      message: expect.stringContaining("certificate mode"),
    });
  });

  it("names its recipient to Alipay, and keeps a sign-in name in part only", async () => {
    const shop = await openCertifiedShop();
    const transfer = await startAlipayTransfer(shop, { payee: NAMED });
    expect(await alipayTransfers()).toMatchObject([{ payee: NAMED }]);
    expect(transfer).toMatchObject({ payee: { identity: "138****34" } });
    expect(shop.lines.join("\n")).not.toMatch(/张三丰|13800001234/);
  });

  it("needs a name with a sign-in name, and 0.10 for an account but 0.01 for a red packet", async () => {
    const shop = await openCertifiedShop();
    const { name: _, ...nameless } = NAMED;
    await expect(startAlipayTransfer(shop, { payee: nameless })).rejects.toMatchObject({ field: "payee_info.name" });
    await expect(startAlipayTransfer(shop, { amount: fen(9) })).rejects.toMatchObject({ field: "trans_amount" });
    expect(await alipayTransfers()).toEqual([]);
    const packet = { amount: fen(1), productCode: "STD_RED_PACKET" } as const;
    expect(await startAlipayTransfer(shop, packet)).toMatchObject({ status: "SUCCESS", productCode: "STD_RED_PACKET" });
  });

  it("can't be taken back", async () => {
    const shop = await openCertifiedShop();
    await setAlipayPolicy({ status: "DEALING" });
    const { outBillNo } = await startAlipayTransfer(shop);
    await expect(cancelTransfer(shop.ctx, OPERATOR, outBillNo)).rejects.toMatchObject({ code: "TRANSFER_IRREVOCABLE" });
    expect(await transferOf(shop, outBillNo)).toMatchObject({ state: "PROCESSING" });
  });

  it.each([
    ["succeed", { status: "SUCCESS", failureCode: null }],
    ["fail", { status: "FAILED", failureCode: "PAYEE_ACCOUNT_STATUS_ERROR" }],
  ] as const)("that takes its time is followed until it is told to %s", async (move, end) => {
    const shop = await openCertifiedShop();
    await setAlipayPolicy({ status: "DEALING" });
    const { outBillNo, status } = await startAlipayTransfer(shop);
    expect(status).toBe("PROCESSING");
    await moveAlipayTransfer(outBillNo, move);
    await letPass(shop, MINUTE);
    await runJobs(shop.ctx);
    expect(await queryTransfer(shop.ctx, outBillNo)).toMatchObject(end);
  });

  it("is the same again under the same key", async () => {
    const shop = await openCertifiedShop();
    const key = unique("key");
    const first = await startAlipayTransfer(shop, {}, key);
    expect(await startAlipayTransfer(shop, {}, key)).toEqual(first);
    expect(await alipayTransfers()).toHaveLength(1);
    const another = startAlipayTransfer(shop, { amount: fen(2000) }, key);
    await expect(another).rejects.toMatchObject({ code: "IDEMPOTENCY_KEY_REUSED" });
  });
});

describe("when Alipay gives trouble", () => {
  it.each(["timeout_after", "drop_after", "http_500", "bad_signature", "unsigned"] as const)(
    "%s: stays PROCESSING, and what had arrived is found",
    async (kind) => {
      const shop = await openCertifiedShop({ providerTimeoutMs: 250 });
      await misbehave({ kind, operation: "transfer", times: 9, ...(kind === "http_500" && { effect: true }) });
      const { outBillNo, status } = await startAlipayTransfer(shop);
      expect(status).toBe("PROCESSING");
      await liftFaults();
      await letPass(shop, 20);
      await runJobs(shop.ctx);
      expect(await queryTransfer(shop.ctx, outBillNo)).toMatchObject({ status: "SUCCESS" });
      expect(await alipayTransfers()).toHaveLength(1);
    },
  );

  it.each(["timeout_before", "http_429", "http_503"] as const)(
    "%s: what never arrived is sent again under its number, once Alipay says that it lacks it",
    async (kind) => {
      const shop = await openCertifiedShop({ providerTimeoutMs: 250 });
      await misbehave({ kind, operation: "transfer", times: 9 });
      const { outBillNo, status } = await startAlipayTransfer(shop);
      expect(status).toBe("PROCESSING");
      await liftFaults();
      await misbehave({ kind: "http_500", operation: "transfer_query", times: 9 });
      await letPass(shop, 2 * MINUTE);
      await runJobs(shop.ctx);
      expect(await alipayTransfers()).toEqual([]);
      await liftFaults();
      await letPass(shop, 2 * MINUTE);
      await runJobs(shop.ctx);
      expect(await alipayTransfers()).toMatchObject([{ outBizNo: outBillNo }]);
      expect(await queryTransfer(shop.ctx, outBillNo)).toMatchObject({ status: "SUCCESS" });
    },
  );

  it("is sent no second time within one call", async () => {
    const shop = await openCertifiedShop();
    await misbehave({ kind: "http_500", operation: "transfer", times: 1 });
    expect(await startAlipayTransfer(shop)).toMatchObject({ status: "PROCESSING" });
    expect(await alipayTransfers()).toEqual([]);
  });

  it("a definite no ends it, and the same key hears the same again", async () => {
    const shop = await openCertifiedShop();
    const key = unique("key");
    const nobody = { payee: { identity: "2088000000000404", identityType: "ALIPAY_USER_ID" } } as const;
    const refusal = { code: "PROVIDER_REFUSED", details: { providerCode: "PAYEE_NOT_EXIST" } };
    await expect(startAlipayTransfer(shop, nobody, key)).rejects.toMatchObject(refusal);
    await expect(startAlipayTransfer(shop, nobody, key)).rejects.toMatchObject(refusal);
  });

  it("a no to what took effect all the same does not end it", async () => {
    const shop = await openCertifiedShop();
    await misbehave({ kind: "refuse", operation: "transfer", code: "PAYEE_NOT_EXIST", effect: true });
    expect(await startAlipayTransfer(shop)).toMatchObject({ status: "SUCCESS" });
  });

  it("an account short of money pays later, under the same number", async () => {
    const shop = await openCertifiedShop();
    await sandbox("POST", "alipay/application", { balance: "empty" });
    const { outBillNo, status } = await startAlipayTransfer(shop);
    expect(status).toBe("PROCESSING");
    await sandbox("POST", "alipay/application", { balance: "enough" });
    await letPass(shop, 2 * MINUTE);
    await runJobs(shop.ctx);
    expect(await alipayTransfers()).toMatchObject([{ outBizNo: outBillNo, status: "SUCCESS" }]);
    expect(await transferOf(shop, outBillNo)).toMatchObject({ state: "SUCCESS" });
  });
});

describe("money that comes back", () => {
  it("because nobody opened the red packet, is RETURNED, and an operator hears of it", async () => {
    const shop = await openCertifiedShop();
    const { outBillNo } = await startAlipayTransfer(shop, { productCode: "STD_RED_PACKET" });
    await letPass(shop, 26 * HOUR);
    await runJobs(shop.ctx);
    expect(await transferOf(shop, outBillNo)).toMatchObject({ state: "RETURNED", nextCheckAt: null });
    expect(await anomaliesOfTransfer(shop, outBillNo)).toEqual(["TRANSFER_RETURNED"]);
  });

  it("days later is noticed as well, and then nobody looks any more", async () => {
    const shop = await openCertifiedShop();
    const [returned, kept] = [await startAlipayTransfer(shop), await startAlipayTransfer(shop)];
    for (let day = 0; day < 2; day++) {
      await letPass(shop, 26 * HOUR);
      await runJobs(shop.ctx);
    }
    await moveAlipayTransfer(returned.outBillNo, "return");
    await letPass(shop, 2 * DAY);
    await runJobs(shop.ctx);
    expect(await transferOf(shop, returned.outBillNo)).toMatchObject({ state: "RETURNED" });
    expect(await transferOf(shop, kept.outBillNo)).toMatchObject({ state: "SUCCESS", nextCheckAt: null });
    expect(await anomaliesOfTransfer(shop, kept.outBillNo)).toEqual([]);
  });

  it("is seen when somebody asks", async () => {
    const shop = await openCertifiedShop();
    const { outBillNo } = await startAlipayTransfer(shop);
    await moveAlipayTransfer(outBillNo, "return");
    expect(await queryTransfer(shop.ctx, outBillNo)).toMatchObject({ status: "RETURNED" });
  });
});
