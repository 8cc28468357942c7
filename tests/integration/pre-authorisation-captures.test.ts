/** Frozen money taken and released in parts: never more than is frozen, each part once. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { runJobs } from "../../src/jobs/run.ts";
import { fen } from "../../src/money.ts";
import { queryAuthorisation } from "../../src/payments/pre-authorisations/query-authorisation.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { clearFaults, misbehave, providerTrades, sandbox, setFaults } from "./support/controls.ts";
import {
  anomaliesOfFreeze,
  authorisationOf,
  capture,
  confirmFreeze,
  frozenMoney,
  providerFreezes,
  startFreeze,
  unfreeze,
} from "./support/pre-authorisations.ts";
import { openShop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const MINUTE = 60;

const liftFaults = () => sandbox("DELETE", "faults");

describe("parts", () => {
  it("are captured and released until nothing is left", async () => {
    const shop = openShop();
    const { outOrderNo } = await frozenMoney(shop);
    const captured = await capture(shop, outOrderNo, { amount: fen(300), title: "第一天" });
    expect(captured).toMatchObject({ status: "FROZEN", captured: 300, released: 0, available: 700 });
    expect(captured.operations).toMatchObject([{ kind: "CAPTURE", status: "SUCCESS", amount: 300, final: false }]);
    const released = await unfreeze(shop, outOrderNo, { amount: fen(200) });
    expect(released).toMatchObject({ status: "FROZEN", captured: 300, released: 200, available: 500 });
    const done = await capture(shop, outOrderNo, { amount: fen(500) });
    expect(done).toMatchObject({ status: "FINISHED", captured: 800, released: 200, available: 0 });
    expect(done.finishedAt).not.toBeNull();
    expect(await providerFreezes()).toMatchObject([{ status: "FINISH", captured: 800, released: 200 }]);
    expect(await providerTrades()).toMatchObject([{ amount: 500 }, { amount: 300 }]);
  });

  it("are captured as the product that their way of freezing goes by", async () => {
    const shop = openShop();
    const { outOrderNo, credential } = await startFreeze(shop, { channel: "app" });
    if (credential?.channel !== "app") throw new Error("no order string");
    await sandbox("POST", "alipay/app-pay", { orderString: credential.orderString });
    await confirmFreeze(outOrderNo);
    expect(await queryAuthorisation(shop.ctx, outOrderNo)).toMatchObject({ status: "FROZEN" });
    const captured = await capture(shop, outOrderNo, { amount: fen(300) });
    expect(captured).toMatchObject({ captured: 300, operations: [{ kind: "CAPTURE", status: "SUCCESS" }] });
  });

  it("end with a final capture, which lets go of the rest", async () => {
    const shop = openShop();
    const { outOrderNo } = await frozenMoney(shop);
    await capture(shop, outOrderNo, { amount: fen(100) });
    const done = await capture(shop, outOrderNo, { amount: fen(300), final: true });
    expect(done).toMatchObject({ status: "FINISHED", captured: 400, released: 600, available: 0 });
    expect(await providerFreezes()).toMatchObject([{ status: "FINISH", captured: 400 }]);
  });

  it("are the same under the same key", async () => {
    const shop = openShop();
    const key = unique("key");
    const { outOrderNo } = await frozenMoney(shop);
    const first = await capture(shop, outOrderNo, { amount: fen(300) }, key);
    expect(await capture(shop, outOrderNo, { amount: fen(300) }, key)).toEqual(first);
    expect(await providerTrades()).toHaveLength(1);
    const another = capture(shop, outOrderNo, { amount: fen(301) }, key);
    await expect(another).rejects.toMatchObject({ code: "IDEMPOTENCY_KEY_REUSED" });
  });

  it("are never more than is frozen, one after the other or at once", async () => {
    const shop = openShop();
    const { outOrderNo } = await frozenMoney(shop);
    await expect(capture(shop, outOrderNo, { amount: fen(1001) })).rejects.toMatchObject({
      code: "AUTHORISATION_EXCEEDED",
    });
    const shops = [shop, openShop(), openShop(), openShop()];
    const asked = await Promise.allSettled(
      shops.map((each, at) => (at % 2 ? unfreeze : capture)(each, outOrderNo, { amount: fen(400) })),
    );
    const refused = asked.filter((each) => each.status === "rejected");
    expect(refused).toMatchObject([
      { reason: { code: "AUTHORISATION_EXCEEDED" } },
      { reason: { code: "AUTHORISATION_EXCEEDED" } },
    ]);
    const row = await authorisationOf(shop, outOrderNo);
    expect(row).toMatchObject({ reserved: 800 });
    expect((row?.captured ?? 0) + (row?.released ?? 0)).toBe(800);
    expect(await providerFreezes()).toMatchObject([{ rest: 200, captured: row?.captured, released: row?.released }]);
  });

  it("need frozen money", async () => {
    const shop = openShop();
    const { outOrderNo } = await startFreeze(shop);
    const early = { code: "AUTHORISATION_NOT_FROZEN" };
    await expect(capture(shop, outOrderNo, { amount: fen(1) })).rejects.toMatchObject(early);
    await expect(unfreeze(shop, "A0", { amount: fen(1) })).rejects.toMatchObject({ code: "AUTHORISATION_NOT_FOUND" });
  });
});

const PARTS = [
  ["capture", "create", "query", capture],
  ["release", "auth_unfreeze", "auth_query", unfreeze],
] as const;

describe.each(PARTS)("when the provider gives trouble, a %s", (_, operation, query, ask) => {
  it.each(["timeout_after", "http_500", "unsigned"] as const)("%s: that took effect is found", async (kind) => {
    const shop = openShop({ providerTimeoutMs: 250 });
    const { outOrderNo } = await frozenMoney(shop);
    await misbehave({ kind, operation, times: 9, ...(kind === "http_500" && { effect: true }) });
    const asked = await ask(shop, outOrderNo, { amount: fen(400) });
    expect(asked).toMatchObject({ captured: 0, released: 0, available: 600, operations: [{ status: "PROCESSING" }] });
    await liftFaults();
    await letPass(shop, 20);
    await runJobs(shop.ctx);
    const found = await queryAuthorisation(shop.ctx, outOrderNo);
    expect(found).toMatchObject({ available: 600, operations: [{ status: "SUCCESS" }] });
    expect(found.captured + found.released).toBe(400);
    expect(await providerFreezes()).toMatchObject([{ rest: 600 }]);
  });

  it("that never arrived is sent again under its number, once the provider says that it lacks it", async () => {
    const shop = openShop({ providerTimeoutMs: 250 });
    const { outOrderNo } = await frozenMoney(shop);
    await misbehave({ kind: "timeout_before", operation, times: 9 });
    await ask(shop, outOrderNo, { amount: fen(400) });
    await liftFaults();
    await misbehave({ kind: "http_500", operation: query, times: 9 });
    await letPass(shop, 2 * MINUTE);
    await runJobs(shop.ctx);
    expect(await providerFreezes()).toMatchObject([{ rest: 1000 }]);
    await liftFaults();
    await letPass(shop, 2 * MINUTE);
    await runJobs(shop.ctx);
    expect(await providerFreezes()).toMatchObject([{ rest: 600 }]);
    expect(await queryAuthorisation(shop.ctx, outOrderNo)).toMatchObject({ operations: [{ status: "SUCCESS" }] });
  });

  it("that is refused frees its part again, and the same key hears the same", async () => {
    const shop = openShop();
    const key = unique("key");
    const { outOrderNo } = await frozenMoney(shop);
    await misbehave({ kind: "refuse", operation, code: "INVALID_PARAMETER" });
    const refusal = { code: "PROVIDER_REFUSED" };
    await expect(ask(shop, outOrderNo, { amount: fen(400) }, key)).rejects.toMatchObject(refusal);
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ reserved: 0 });
    await expect(ask(shop, outOrderNo, { amount: fen(400) }, key)).rejects.toMatchObject(refusal);
    expect(await ask(shop, outOrderNo, { amount: fen(1000) })).toMatchObject({ status: "FINISHED" });
  });

  it("that is refused although it took effect is found", async () => {
    const shop = openShop();
    const { outOrderNo } = await frozenMoney(shop);
    await misbehave({ kind: "refuse", operation, code: "INVALID_PARAMETER", effect: true });
    const asked = await ask(shop, outOrderNo, { amount: fen(400) });
    expect(asked).toMatchObject({ available: 600, operations: [{ status: "SUCCESS" }] });
  });

  it("that nobody confirms for hours is put before an operator, and its part stays reserved", async () => {
    const shop = openShop({ providerTimeoutMs: 250 });
    const { outOrderNo } = await frozenMoney(shop);
    await misbehave({ kind: "timeout_before", operation, times: 9 });
    await ask(shop, outOrderNo, { amount: fen(400) });
    await misbehave({ kind: "http_500", operation: query, times: 99 });
    await letPass(shop, 7 * 60 * MINUTE);
    await runJobs(shop.ctx);
    expect(await anomaliesOfFreeze(shop, outOrderNo)).toEqual(["AUTHORISATION_OPERATION_IN_DOUBT"]);
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ reserved: 400 });
  });
});

describe.each(["before", "after"] as const)("when the database's answers get lost %s a statement", (when) => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])("is not taken twice (statement %i)", async (at) => {
    const shop = openShop();
    const key = unique("key");
    const { outOrderNo } = await frozenMoney(shop);
    await setFaults({ fail: [at, at + 1].map((n) => ({ at: n, when, how: "drop" as const })) });
    await capture(shop, outOrderNo, { amount: fen(400) }, key).catch(() => {});
    await clearFaults();
    await letPass(shop, 61);
    await capture(shop, outOrderNo, { amount: fen(400) }, key);
    await letPass(shop, 2 * MINUTE);
    await runJobs(shop.ctx);
    expect(await providerTrades()).toHaveLength(1);
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ reserved: 400, captured: 400 });
  });
});
