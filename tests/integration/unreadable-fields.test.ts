/** A key that is gone, or a value that was changed: that row waits for it, says so, and keeps nothing else from its turn. */
import { eq, inArray, sql } from "drizzle-orm";
import { afterAll, beforeEach, expect, it } from "vitest";
import { paymentTransactions, refundRecords } from "../../db/schema/payments.ts";
import { preAuthorisationOperations } from "../../db/schema/pre-authorisations.ts";
import { anomalies } from "../../db/schema/records.ts";
import { transfers } from "../../db/schema/transfers.ts";
import { fieldKeys } from "../../src/config/field-keys.ts";
import { runJobs } from "../../src/jobs/run.ts";
import { fen } from "../../src/money.ts";
import { FieldCipher } from "../../src/security/field-cipher.ts";
import { TEST_CIPHER } from "../support/field-keys.ts";
import { openApi } from "./api/support.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { misbehave, payAt, sandbox } from "./support/controls.ts";
import { anomaliesOfFreeze, capture, frozenMoney, operationsOf } from "./support/pre-authorisations.ts";
import { newOrder, newPaidOrder, startPayment } from "./support/purchases.ts";
import { attemptOf } from "./support/records.ts";
import { OPERATOR, openShop, type Shop, unique } from "./support/shop.ts";
import { anomaliesOfTransfer, providerTransfers, startTransfer, transferOf } from "./support/transfers.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const LOST = new FieldCipher(fieldKeys.parse(`lost:${btoa("l".repeat(32))}`));

/** What was logged of fields that do not open. */
const unreadable = (lines: readonly string[]) =>
  lines.map((line) => JSON.parse(line)).filter(({ event }) => event === "field.unreadable");

it("an attempt is asked about and settled all the same, with those beside it", async () => {
  const shop = openShop();
  const purchases = [await newOrder(shop), await newOrder(shop), await newOrder(shop)];
  const numbers: string[] = [];
  for (const purchase of purchases) numbers.push(await startPayment(shop, purchase, "wechat"));
  const [, bad = ""] = numbers;
  const request = await LOST.seal("{}", `payment_transactions.request:${bad}`);
  const credential = await LOST.seal("{}", `payment_transactions.credential:${bad}`);
  await shop.db.update(paymentTransactions).set({ request, credential }).where(isAttempt(bad));
  for (const number of numbers) await payAt("wechat", number);
  await letPass(shop, 60);
  await runJobs(shop.ctx, ["attempts"]);
  const states = await Promise.all(numbers.map(async (number) => (await attemptOf(shop, number))?.state));
  expect(states).toEqual(["SUCCESS", "SUCCESS", "SUCCESS"]);
});

it("an attempt is not handed out, and its caller learns no more than that it is our fault", async () => {
  const shop = openShop();
  const { customer, orderId } = await newOrder(shop);
  const api = openApi();
  const body = { orderId, amount: "30.00", method: "WECHAT_NATIVE" };
  const create = () => api.call("POST", "/payments/wechat/create", { as: customer, body });
  const outTradeNo = String((await create()).body.outTradeNo);
  const [column, other] = [`payment_transactions.credential:${outTradeNo}`, "payment_transactions.credential:OTHER"];
  const lost = await LOST.seal("{}", column);
  const swapped = await TEST_CIPHER.seal("{}", other);
  for (const [credential, key, reason] of [
    [lost, "lost", "unknown_key"],
    [swapped, "test", "damaged"],
  ] as const) {
    await shop.db.update(paymentTransactions).set({ credential }).where(isAttempt(outTradeNo));
    const answer = await create();
    expect([answer.status, answer.body.code]).toEqual([500, "INTERNAL"]);
    expect(answer.text).not.toMatch(/lost|test\.|Sealed/);
    expect(unreadable(api.lines).at(-1)).toMatchObject({
      ...{ level: "error", table: "payment_transactions", column: "credential", row: outTradeNo, key, reason },
    });
    expect(api.lines.join("\n")).not.toContain(credential);
  }
});

it("a transfer that never arrived is not sent, and those beside it are", async () => {
  const shop = openShop();
  await misbehave({ kind: "drop_before", operation: "transfer", times: 9 });
  const made = [await startTransfer(shop), await startTransfer(shop), await startTransfer(shop)];
  const [first = "", bad = "", last = ""] = made.map(({ outBillNo }) => outBillNo);
  await sandbox("DELETE", "faults");
  await damage(shop, bad);
  await letPass(shop, 80);
  await runJobs(shop.ctx, ["transfers"]);
  const arrived = (await providerTransfers()).map(({ outBillNo }) => outBillNo);
  expect(arrived.toSorted()).toEqual([first, last].toSorted());
  expect(await transferOf(shop, bad)).toMatchObject({ state: "CREATED", nextCheckAt: expect.any(Date) });
  expect(unreadable(shop.lines)).toMatchObject([
    { table: "transfers", column: "request", row: bad, key: "test", reason: "damaged" },
  ]);
});

const DAY = 86_400;

/** Refunds that never arrived, the first of them with a request that no key opens. */
async function lostRefunds(shop: Shop): Promise<readonly string[]> {
  await misbehave({ kind: "drop_before", operation: "refund", times: 9 });
  const ids: string[] = [];
  for (const reason of ["尺码不合适", "颜色不对"]) {
    const { orderId } = await newPaidOrder(shop, "wechat");
    ids.push((await shop.manager.refund(OPERATOR, { provider: "wechat", orderId, reason }, unique("key"))).refundId);
  }
  await sandbox("DELETE", "faults");
  const [bad = ""] = ids;
  const request = await LOST.seal("{}", `refund_records.request:${bad}`);
  await shop.db.update(refundRecords).set({ request }).where(eq(refundRecords.id, bad));
  return ids;
}

it("a refund that never arrived comes before an operator after six hours, as one anomaly, and the next one is sent", async () => {
  const shop = openShop();
  const ids = await lostRefunds(shop);
  const doubts = () =>
    shop.db
      .select({ kind: anomalies.kind, state: anomalies.state, refundId: anomalies.refundId })
      .from(anomalies)
      .where(inArray(anomalies.refundId, [...ids]));
  await letPass(shop, 3600);
  await runJobs(shop.ctx, ["refunds"]);
  expect(await doubts()).toEqual([]);
  for (let day = 0; day < 2; day++) {
    await letPass(shop, DAY);
    await runJobs(shop.ctx, ["refunds"]);
    expect(await doubts()).toEqual([{ kind: "REFUND_IN_DOUBT", state: "OPEN", refundId: ids[0] }]);
  }
  const states = await shop.db
    .select({ state: refundRecords.state })
    .from(refundRecords)
    .where(inArray(refundRecords.id, [...ids]))
    .orderBy(refundRecords.id);
  expect(states.map(({ state }) => state)).toEqual(["CREATED", "SUCCESS"]);
  expect(unreadable(shop.lines)).toContainEqual(
    expect.objectContaining({ table: "refund_records", column: "request", row: ids[0], reason: "unknown_key" }),
  );
});

it("a transfer and a capture that never arrived come before an operator after six hours", async () => {
  const shop = openShop();
  await misbehave({ kind: "drop_before", operation: "transfer", times: 9 });
  const { outBillNo } = await startTransfer(shop);
  const { outOrderNo } = await frozenMoney(shop);
  await misbehave({ kind: "drop_before", operation: "create", times: 9 });
  await capture(shop, outOrderNo, { amount: fen(400) });
  const [{ number = "" } = {}] = await operationsOf(shop, outOrderNo);
  await sandbox("DELETE", "faults");
  await damage(shop, outBillNo);
  const request = await LOST.seal("{}", `pre_authorisation_operations.request:${number}`);
  await shop.db
    .update(preAuthorisationOperations)
    .set({ request })
    .where(eq(preAuthorisationOperations.number, number));
  for (const [hours, doubts] of [
    [5, [[], []]],
    [2, [["TRANSFER_IN_DOUBT"], ["AUTHORISATION_OPERATION_IN_DOUBT"]]],
  ] as const) {
    await letPass(shop, hours * 3600);
    await runJobs(shop.ctx, ["transfers", "freezeOperations"]);
    expect([await anomaliesOfTransfer(shop, outBillNo), await anomaliesOfFreeze(shop, outOrderNo)]).toEqual(doubts);
  }
});

it("a refund is listed without the words that can't be read", async () => {
  const shop = openShop();
  const ids: string[] = [];
  for (const reason of ["尺码不合适", "颜色不对"]) {
    const { customer, orderId } = await newPaidOrder(shop, "wechat");
    ids.push((await shop.manager.refund(customer, { provider: "wechat", orderId, reason }, unique("key"))).refundId);
  }
  await shop.db.execute(
    sql`update refund_records set reason = ${await LOST.seal("x", "nowhere")} where id = ${ids[0]}`,
  );
  const { body } = await openApi().call("GET", `/refunds?limit=2&before=${ids[1]}Z`, { as: OPERATOR });
  const listed = Object.values(body.refunds ?? {}).map((refund) => refund.reason);
  expect(listed).toEqual(["颜色不对", "(unreadable)"]);
});

function isAttempt(outTradeNo: string) {
  return eq(paymentTransactions.outTradeNo, outTradeNo);
}

async function damage(shop: Shop, outBillNo: string): Promise<void> {
  const text = sql`concat(left(${transfers.request}, char_length(${transfers.request}) - 4), 'AAAA')`;
  await shop.db.update(transfers).set({ request: text }).where(eq(transfers.outBillNo, outBillNo));
}
