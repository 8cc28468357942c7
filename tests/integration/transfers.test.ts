/** Money paid out: on record before the provider hears of it, sent once, and followed to its end. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { runJobs } from "../../src/jobs/run.ts";
import { fen } from "../../src/money.ts";
import { createTransfer } from "../../src/payments/transfers/create-transfer.ts";
import { queryTransfer } from "../../src/payments/transfers/query-transfer.ts";
import { world } from "../setup/slot.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { deliver, deliverAll, misbehave, roundTrips, takeDeliveries } from "./support/controls.ts";
import { heard } from "./support/heard.ts";
import { OPERATOR, openShop, unique } from "./support/shop.ts";
import {
  anomaliesOfTransfer,
  confirmAt,
  providerTransfers,
  REQUEST,
  setPolicy,
  startTransfer,
  transferOf,
} from "./support/transfers.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const MINUTE = 60;
const HOUR = 3600;

it("waits for its recipient, whose client gets what it confirms with, and ends by a callback", async () => {
  const shop = openShop();
  const transfer = await startTransfer(shop);
  const { outBillNo } = transfer;
  const [there] = await providerTransfers();
  expect(transfer).toMatchObject({ status: "AWAITING_USER", amount: 1000, providerBillNo: there?.transferBillNo });
  expect(transfer.confirm).toEqual({
    mchId: world().env.WECHAT_MCH_ID,
    appId: world().env.WECHAT_APP_ID,
    package: there?.packageInfo,
  });
  await confirmAt(outBillNo);
  await letPass(shop, MINUTE);
  expect(await deliverAll(shop, "wechat", outBillNo)).toMatchObject([{ status: 200 }]);
  const done = await queryTransfer(shop.ctx, outBillNo);
  expect(done).toMatchObject({ status: "SUCCESS", confirm: null, failureCode: null });
  expect(done.finishedAt).not.toBeNull();
});

it("books the callback of its end in one round trip, and its repeat changes nothing", async () => {
  const setup = openShop();
  const { outBillNo } = await startTransfer(setup);
  await confirmAt(outBillNo);
  await letPass(setup, MINUTE);
  const [callback] = await takeDeliveries(outBillNo);
  if (!callback) throw new Error("no callback");
  const requestId = unique("request");
  const shop = openShop({ requestId });
  shop.advance(MINUTE);
  expect(await deliver(shop, "wechat", callback)).toMatchObject({ status: 200 });
  await shop.idle();
  expect(await roundTrips(requestId)).toBe(1);
  const booked = await transferOf(shop, outBillNo);
  expect(await deliver(shop, "wechat", callback)).toMatchObject({ status: 200 });
  await shop.idle();
  expect(await transferOf(shop, outBillNo)).toEqual(booked);
  expect(await anomaliesOfTransfer(shop, outBillNo)).toEqual([]);
});

it("sends the recipient's name encrypted, and keeps it nowhere in the clear", async () => {
  const shop = openShop();
  const { outBillNo } = await startTransfer(shop, { amount: fen(200_000), userName: "张三丰" });
  expect(await providerTransfers()).toMatchObject([{ userName: "张三丰", amount: 200_000 }]);
  const row = await transferOf(shop, outBillNo);
  expect(row?.encryptedFor).toBe(world().env.WECHAT_PUBLIC_KEY_ID);
  expect(JSON.stringify(row)).not.toContain("张三丰");
  expect(shop.lines.join("\n")).not.toMatch(/张三丰|oOfcl_the_recipient_01/);
});

it("gives up when its recipient lets a day pass", async () => {
  const shop = openShop();
  const { outBillNo } = await startTransfer(shop);
  await misbehave({ kind: "callback_lost" });
  await letPass(shop, 25 * HOUR);
  await runJobs(shop.ctx);
  expect(await queryTransfer(shop.ctx, outBillNo)).toMatchObject({ status: "FAILED", failureCode: "OVERDUE_CLOSE" });
});

it("follows a transfer that takes its time, and finds out what its recipient needs", async () => {
  const shop = openShop();
  await setPolicy({ acceptedSeconds: 30, processingSeconds: 30 });
  const transfer = await startTransfer(shop);
  expect(transfer).toMatchObject({ status: "PROCESSING", confirm: null });
  await letPass(shop, 2 * MINUTE);
  const asked = await queryTransfer(shop.ctx, transfer.outBillNo);
  expect(asked).toMatchObject({ status: "AWAITING_USER", confirm: { package: expect.stringMatching(/.+/) } });
});

describe("under an idempotency key", () => {
  it("is the same transfer again", async () => {
    const shop = openShop();
    const key = unique("key");
    const first = await startTransfer(shop, {}, key);
    expect(await startTransfer(shop, {}, key)).toEqual(first);
    expect(await providerTransfers()).toHaveLength(1);
    await expect(startTransfer(shop, { amount: fen(2000) }, key)).rejects.toMatchObject({
      code: "IDEMPOTENCY_KEY_REUSED",
    });
  });

  it("is made once by two calls at once", async () => {
    const shop = openShop();
    const key = unique("key");
    const calls = await Promise.allSettled([shop, openShop()].map((caller) => startTransfer(caller, {}, key)));
    const { outBillNo } = await startTransfer(shop, {}, key);
    for (const told of heard(calls)) expect(told.outBillNo).toBe(outBillNo);
    expect(await providerTransfers()).toHaveLength(1);
  });

  it("is required", async () => {
    const shop = openShop();
    const refusal = createTransfer(shop.ctx, OPERATOR, REQUEST, undefined);
    await expect(refusal).rejects.toMatchObject({ code: "IDEMPOTENCY_KEY_REQUIRED" });
    expect(await providerTransfers()).toEqual([]);
  });
});
