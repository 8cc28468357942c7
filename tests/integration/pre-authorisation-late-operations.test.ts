/** Captures that the books had given up, and that the provider has done all the same. */
import { afterAll, beforeEach, expect, it } from "vitest";
import { runJobs } from "../../src/jobs/run.ts";
import { fen } from "../../src/money.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { misbehave, providerTrades, sandbox } from "./support/controls.ts";
import {
  anomaliesOfFreeze,
  arriveLate,
  authorisationOf,
  capture,
  frozenMoney,
  operationsOf,
  providerFreezes,
  unfreeze,
} from "./support/pre-authorisations.ts";
import { openShop } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const MINUTE = 60;
const HOUR = 3600;

/** Frozen money, and a capture of 4.00 that the provider refused when it did not have it. */
async function refusedCapture() {
  const shop = openShop({ providerTimeoutMs: 400 });
  const { outOrderNo } = await frozenMoney(shop);
  await misbehave({ kind: "refuse", operation: "create", code: "PAYMENT_REQUEST_HAS_RISK" });
  const part = { amount: fen(400) };
  await expect(capture(shop, outOrderNo, part)).rejects.toMatchObject({ code: "PROVIDER_REFUSED" });
  const [refused] = await operationsOf(shop, outOrderNo);
  if (!refused) throw new Error("no capture");
  const stateOf = async () => (await operationsOf(shop, outOrderNo)).find((each) => each.number === refused.number);
  return { shop, outOrderNo, number: refused.number, stateOf };
}

it("are booked, their part is taken again, and an operator hears of it", async () => {
  const { shop, outOrderNo, number, stateOf } = await refusedCapture();
  await arriveLate(shop, outOrderNo, number);
  // The money is taken once more by who was told that it had not been.
  await capture(shop, outOrderNo, { amount: fen(400) });
  await letPass(shop, 11 * MINUTE);
  await runJobs(shop.ctx);
  expect(await stateOf()).toMatchObject({ state: "SUCCESS", failureCode: null, nextCheckAt: null });
  expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ reserved: 800, captured: 800 });
  expect(await providerFreezes()).toMatchObject([{ captured: 800, rest: 200 }]);
  expect(await anomaliesOfFreeze(shop, outOrderNo)).toEqual(["AUTHORISATION_OPERATION_IN_DOUBT"]);
});

it("wait for room, should others have reserved the money meanwhile", async () => {
  const { shop, outOrderNo, number, stateOf } = await refusedCapture();
  await arriveLate(shop, outOrderNo, number);
  await misbehave({ kind: "timeout_before", operation: "auth_unfreeze" });
  await misbehave({ kind: "http_500", operation: "auth_query", times: 99 });
  await unfreeze(shop, outOrderNo, { amount: fen(700) });
  await letPass(shop, 11 * MINUTE);
  await runJobs(shop.ctx);
  expect(await stateOf()).toMatchObject({ state: "FAILED" });
  expect(await anomaliesOfFreeze(shop, outOrderNo)).toEqual(["AUTHORISATION_OPERATION_IN_DOUBT"]);
  expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ reserved: 700, captured: 0 });
  await sandbox("DELETE", "faults");
  // The release that is in doubt is refused now, for so much is not frozen any more.
  await letPass(shop, HOUR);
  await runJobs(shop.ctx);
  await letPass(shop, 24 * HOUR);
  await runJobs(shop.ctx);
  expect(await stateOf()).toMatchObject({ state: "SUCCESS" });
  expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ reserved: 400, captured: 400, released: 0 });
});

it("are looked for through a day and no longer, and without news nobody is troubled", async () => {
  const { shop, outOrderNo, stateOf } = await refusedCapture();
  for (const seconds of [11 * MINUTE, 25 * HOUR]) {
    expect((await stateOf())?.nextCheckAt).not.toBeNull();
    await letPass(shop, seconds);
    await runJobs(shop.ctx);
  }
  expect(await stateOf()).toMatchObject({ state: "FAILED", nextCheckAt: null });
  expect(await anomaliesOfFreeze(shop, outOrderNo)).toEqual([]);
  expect(await providerTrades()).toEqual([]);
});
