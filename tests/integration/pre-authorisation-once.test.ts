/** Frozen money is taken and let go once, whoever looks at a capture or a release in doubt at the same time. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { runJobs } from "../../src/jobs/run.ts";
import { synchroniseFreezes, synchroniseOperations } from "../../src/jobs/synchronise-pre-authorisations.ts";
import { fen } from "../../src/money.ts";
import { queryAuthorisation } from "../../src/payments/pre-authorisations/query-authorisation.ts";
import { catchUp, letPass, startAfresh } from "./support/afresh.ts";
import { clearFaults, misbehave, providerTrades, reached, resume, sandbox, setFaults } from "./support/controls.ts";
import { interleave } from "./support/interleave.ts";
import {
  anomaliesOfFreeze,
  authorisationOf,
  capture,
  frozenMoney,
  operationsOf,
  providerFreezes,
  refuseFreeze,
  startFreeze,
  unfreeze,
} from "./support/pre-authorisations.ts";
import { openShop, type Shop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const MINUTE = 60;
const liftFaults = () => sandbox("DELETE", "faults");

/** Two isolates, of which the second takes part only in what a test says. */
const twoShops = () => [openShop({ providerTimeoutMs: 400 }), openShop({ providerTimeoutMs: 400 })] as const;

/** A capture of 4.00 whose first send never arrived, old enough to be sent again. */
async function lostCapture() {
  const [shop, elsewhere] = twoShops();
  const { outOrderNo } = await frozenMoney(shop);
  await misbehave({ kind: "timeout_before", operation: "create", times: 9 });
  await capture(shop, outOrderNo, { amount: fen(400) });
  await liftFaults();
  await letPass(shop, 65);
  catchUp(elsewhere);
  return { shop, elsewhere, outOrderNo };
}

/** A freeze by QR code whose first send never arrived, old enough to be sent again. */
async function lostFreeze() {
  const [shop, elsewhere] = twoShops();
  const key = unique("key");
  await misbehave({ kind: "timeout_before", operation: "auth_freeze", times: 9 });
  const { outOrderNo } = await startFreeze(shop, {}, key);
  await liftFaults();
  await letPass(shop, 65);
  catchUp(elsewhere);
  return { shop, elsewhere, key, outOrderNo };
}

/** Stops the job after it has claimed the send: the second time that it moves the time of a next look. */
async function stopJobAtSend(job: () => Promise<unknown>, table: string): Promise<() => Promise<void>> {
  const match = `set \`${table}\`.\`next_check_at\``;
  await setFaults({ pause: [{ at: 2, when: "after", match, name: "claimed" }] });
  const running = job();
  await reached("claimed");
  return async () => {
    await resume("claimed");
    await running;
  };
}

async function expectBooksAsAtProvider(shop: Shop, outOrderNo: string): Promise<void> {
  const row = await authorisationOf(shop, outOrderNo);
  const [freeze] = await providerFreezes();
  expect(row?.captured).toBe(freeze?.captured);
  expect((row?.amount ?? 0) - (row?.reserved ?? 0)).toBe(freeze?.rest);
}

describe("a final capture", () => {
  const IN_DOUBT = [
    ["capture", "create", capture],
    ["release", "auth_unfreeze", unfreeze],
  ] as const;

  it.each(IN_DOUBT)("does not let go of what a %s in doubt is to take", async (_, operation, ask) => {
    const shop = openShop({ providerTimeoutMs: 250 });
    const key = unique("key");
    const { outOrderNo } = await frozenMoney(shop);
    await misbehave({ kind: "timeout_before", operation });
    await ask(shop, outOrderNo, { amount: fen(300) });
    const final = () => capture(shop, outOrderNo, { amount: fen(500), final: true }, key);
    await expect(final()).rejects.toMatchObject({ code: "AUTHORISATION_BUSY", details: { retryAfter: 15 } });
    expect(await providerFreezes()).toMatchObject([{ status: "AUTHORIZED", rest: 1000 }]);
    await letPass(shop, 65);
    await runJobs(shop.ctx);
    expect(await final()).toMatchObject({ status: "FINISHED", available: 0 });
    expect(await providerFreezes()).toMatchObject([{ status: "FINISH" }]);
    await expectBooksAsAtProvider(shop, outOrderNo);
    expect(await anomaliesOfFreeze(shop, outOrderNo)).toEqual([]);
  });

  it("reserves nothing when another capture got in between", async () => {
    const [shop, elsewhere] = twoShops();
    const { outOrderNo } = await frozenMoney(shop);
    await misbehave({ kind: "timeout_before", operation: "create" });
    const [final] = await interleave(
      { when: "before", match: "insert into `pre_authorisation_operations`" },
      () => capture(shop, outOrderNo, { amount: fen(500), final: true }),
      () => capture(elsewhere, outOrderNo, { amount: fen(300) }),
    );
    expect(final).toMatchObject({ status: "rejected", reason: { code: "AUTHORISATION_EXCEEDED" } });
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ reserved: 300, state: "FROZEN" });
  });
});

describe("a capture that never arrived", () => {
  it("is sent by one alone, whoever looks meanwhile", async () => {
    const { shop, elsewhere, outOrderNo } = await lostCapture();
    const goOn = await stopJobAtSend(() => synchroniseOperations(shop.ctx, 50), "pre_authorisation_operations");
    await queryAuthorisation(elsewhere.ctx, outOrderNo);
    await synchroniseOperations(elsewhere.ctx, 50);
    await letPass(elsewhere, 50);
    await synchroniseOperations(elsewhere.ctx, 50);
    expect(await providerTrades()).toEqual([]);
    await goOn();
    expect(await providerTrades()).toMatchObject([{ amount: 400 }]);
    await expectBooksAsAtProvider(shop, outOrderNo);
  });

  it("is not sent by a job so slow that another has sent it since", async () => {
    const { shop, elsewhere, outOrderNo } = await lostCapture();
    await interleave(
      { when: "after", match: "set `pre_authorisation_operations`.`next_check_at`" },
      () => synchroniseOperations(shop.ctx, 50),
      async () => {
        await letPass(elsewhere, 20);
        await misbehave({ kind: "timeout_before", operation: "create" });
        await synchroniseOperations(elsewhere.ctx, 50);
      },
    );
    // What the other has sent may still arrive.
    expect(await providerTrades()).toEqual([]);
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ reserved: 400, captured: 0 });
  });

  it("is not sent by who looks at it", async () => {
    const { shop, outOrderNo } = await lostCapture();
    expect(await queryAuthorisation(shop.ctx, outOrderNo)).toMatchObject({ operations: [{ status: "PROCESSING" }] });
    expect(await providerTrades()).toEqual([]);
  });

  it("and is refused when the job repeats it, is put before an operator, and its part is free", async () => {
    const { shop, outOrderNo } = await lostCapture();
    await misbehave({ kind: "refuse", operation: "create", code: "PAYMENT_REQUEST_HAS_RISK" });
    await runJobs(shop.ctx);
    expect(await anomaliesOfFreeze(shop, outOrderNo)).toEqual(["AUTHORISATION_OPERATION_FAILED"]);
    expect(await operationsOf(shop, outOrderNo)).toMatchObject([{ state: "FAILED" }]);
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ reserved: 0 });
  });

  it("although it was begun long ago, is given its time", async () => {
    const shop = openShop({ providerTimeoutMs: 250 });
    const key = unique("key");
    const { outOrderNo } = await frozenMoney(shop);
    const match = "set `pre_authorisation_operations`.`state` = 'CREATED'";
    await setFaults({ fail: [1, 2].map((at) => ({ at, match, when: "before", how: "drop" }) as const) });
    await expect(capture(shop, outOrderNo, { amount: fen(400) }, key)).rejects.toThrow();
    await clearFaults();
    await letPass(shop, 2 * MINUTE);
    await misbehave({ kind: "timeout_before", operation: "create" });
    await capture(shop, outOrderNo, { amount: fen(400) }, key);
    await letPass(shop, 30);
    await runJobs(shop.ctx);
    expect(await providerTrades()).toEqual([]);
    await letPass(shop, 35);
    await runJobs(shop.ctx);
    expect(await providerTrades()).toMatchObject([{ amount: 400 }]);
  });
});

describe("a freeze that never arrived", () => {
  it("is sent by one alone, so that no refusal hides that it was accepted", async () => {
    const { shop, elsewhere, key, outOrderNo } = await lostFreeze();
    await misbehave({ kind: "refuse", operation: "auth_freeze", code: "ACCESS_FORBIDDEN" });
    const goOn = await stopJobAtSend(() => synchroniseFreezes(shop.ctx, 50), "pre_authorisations");
    expect(await startFreeze(elsewhere, {}, key)).toMatchObject({ status: "PENDING" });
    await goOn();
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ state: "FAILED" });
    expect(await providerFreezes()).toEqual([]);
  });

  it("is neither sent nor, once its time is over, cancelled by who looks at it", async () => {
    const { shop, outOrderNo } = await lostFreeze();
    expect(await queryAuthorisation(shop.ctx, outOrderNo)).toMatchObject({ status: "PENDING" });
    expect(await providerFreezes()).toEqual([]);
    // A clock that is behind: the provider waits for longer than the shop does.
    const { outOrderNo: other } = await startFreeze(shop, { minutes: 30 });
    await refuseFreeze(other);
    shop.advance(45 * MINUTE);
    expect(await queryAuthorisation(shop.ctx, other)).toMatchObject({ status: "PENDING" });
    expect(await providerFreezes()).toMatchObject([{ outOrderNo: other, status: "INIT" }]);
  });
});
