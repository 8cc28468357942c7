/** Frozen money that is let go: by the shop when the time is over, or by others behind the shop's back. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { anomalies } from "../../db/schema/records.ts";
import { runJobs } from "../../src/jobs/run.ts";
import { fen } from "../../src/money.ts";
import { cancelAuthorisation } from "../../src/payments/pre-authorisations/cancel-authorisation.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { deliverAll, misbehave, sandbox } from "./support/controls.ts";
import { interleave } from "./support/interleave.ts";
import {
  anomaliesOfFreeze,
  authorisationOf,
  cancelElsewhere,
  capture,
  confirmFreeze,
  frozenMoney,
  providerFreezes,
  releaseElsewhere,
  startFreeze,
  tellOfFreeze,
  unfreeze,
} from "./support/pre-authorisations.ts";
import { openShop, SERVICE, type Shop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const HOUR = 3600;

/** Lets the job look at everything that is frozen. */
async function nextDay(shop: Shop): Promise<void> {
  await letPass(shop, 25 * HOUR);
  await runJobs(shop.ctx);
}

/** What an operator reads about a freeze, in the order of its being seen. */
async function detailsOfFreeze(shop: Shop, outOrderNo: string) {
  const rows = await shop.db.select().from(anomalies).where(eq(anomalies.provider, "alipay"));
  return rows.map((row) => JSON.parse(row.detail)).filter((detail) => detail.outOrderNo === outOrderNo);
}

describe("a freeze whose time is over while its buyer confirms", () => {
  /** An order string that was opened late: the provider waits for longer than the shop does. */
  async function confirmedWhen(when: "before" | "after") {
    const [shop, other] = [openShop(), openShop()];
    const { outOrderNo, credential } = await startFreeze(shop, { channel: "app", minutes: 4 });
    if (credential?.channel !== "app") throw new Error("no order string");
    await letPass(shop, 120);
    await sandbox("POST", "alipay/app-pay", { orderString: credential.orderString });
    await letPass(shop, 130);
    other.advance(250);
    const stop = { when, match: "set `pre_authorisations`.`state` = 'CANCELLING'" } as const;
    await interleave(
      stop,
      () => runJobs(shop.ctx),
      async () => {
        await confirmFreeze(outOrderNo);
        expect(await deliverAll(other, "alipay", outOrderNo)).toMatchObject([{ status: 200 }]);
      },
    );
    return { shop, outOrderNo };
  }

  it("is frozen at both when the notice comes before the shop gives up", async () => {
    const { shop, outOrderNo } = await confirmedWhen("before");
    expect(await providerFreezes()).toMatchObject([{ status: "AUTHORIZED", rest: 1000 }]);
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ state: "FROZEN" });
  });

  it("is released at both when it comes after that", async () => {
    const { shop, outOrderNo } = await confirmedWhen("after");
    expect(await providerFreezes()).toMatchObject([{ status: "CLOSED", rest: 0 }]);
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ state: "CLOSED", nextCheckAt: null });
    expect(await anomaliesOfFreeze(shop, outOrderNo)).toEqual([]);
  });
});

it("a freeze given up, confirmed and released by others ends, and an operator hears of it", async () => {
  const shop = openShop();
  const { outOrderNo } = await startFreeze(shop);
  expect(await cancelAuthorisation(shop.ctx, SERVICE, outOrderNo)).toMatchObject({ status: "CANCELLING" });
  await confirmFreeze(outOrderNo);
  await releaseElsewhere(shop, outOrderNo, 1000);
  await letPass(shop, 20);
  await runJobs(shop.ctx);
  expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ state: "CLOSED", nextCheckAt: null });
  expect(await anomaliesOfFreeze(shop, outOrderNo)).toEqual(["AUTHORISATION_IN_DOUBT"]);
});

const ELSEWHERE = [
  ["released", (shop: Shop, outOrderNo: string) => releaseElsewhere(shop, outOrderNo, 1000)],
  ["cancelled", cancelElsewhere],
] as const;

describe.each(ELSEWHERE)("frozen money that others have %s", (_, act) => {
  const hearings = [
    ["a day later by the job", nextDay],
    ["at once by a notice of it", tellOfRelease],
  ] as const;

  it.each(hearings)("is found gone %s, and an operator hears of it", async (_how, hear) => {
    const shop = openShop();
    const { outOrderNo } = await frozenMoney(shop);
    await act(shop, outOrderNo);
    await hear(shop, outOrderNo);
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ state: "FINISHED", nextCheckAt: null });
    expect(await anomaliesOfFreeze(shop, outOrderNo)).toEqual(["AUTHORISATION_IN_DOUBT"]);
    await expect(capture(shop, outOrderNo, { amount: fen(1) })).rejects.toMatchObject({
      code: "AUTHORISATION_NOT_FROZEN",
    });
  });
});

async function tellOfRelease(shop: Shop, outOrderNo: string, answer = "success"): Promise<void> {
  const members = { notify_type: "fund_auth_unfreeze", operation_type: "UNFREEZE", out_request_no: unique("U") };
  expect(await tellOfFreeze(shop, outOrderNo, members)).toBe(answer);
}

describe("frozen money", () => {
  it("of which others have released a part stays frozen, and an operator hears what is left", async () => {
    const shop = openShop();
    const { outOrderNo } = await frozenMoney(shop);
    await capture(shop, outOrderNo, { amount: fen(200) });
    await releaseElsewhere(shop, outOrderNo, 300);
    await nextDay(shop);
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ state: "FROZEN", captured: 200, released: 0 });
    expect(await anomaliesOfFreeze(shop, outOrderNo)).toEqual(["AUTHORISATION_IN_DOUBT"]);
    expect(await detailsOfFreeze(shop, outOrderNo)).toMatchObject([{ reported: "5.00" }]);
  });

  it("that is frozen still is looked at again the day after, and troubles nobody", async () => {
    const shop = openShop();
    const { outOrderNo } = await frozenMoney(shop);
    await capture(shop, outOrderNo, { amount: fen(200) });
    for (let day = 0; day < 3; day++) await nextDay(shop);
    const row = await authorisationOf(shop, outOrderNo);
    expect(row).toMatchObject({ state: "FROZEN" });
    expect(row?.nextCheckAt?.getTime()).toBeGreaterThan(shop.ctx.now() + 23 * HOUR * 1000);
    expect(await anomaliesOfFreeze(shop, outOrderNo)).toEqual([]);
  });

  it("is not thought to be missing while a release of the shop's own is in doubt", async () => {
    const shop = openShop({ providerTimeoutMs: 250 });
    const { outOrderNo } = await frozenMoney(shop);
    await misbehave({ kind: "timeout_after", operation: "auth_unfreeze" });
    const released = await unfreeze(shop, outOrderNo, { amount: fen(1000) });
    expect(released).toMatchObject({ status: "FROZEN", operations: [{ status: "PROCESSING" }] });
    await tellOfRelease(shop, outOrderNo);
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ state: "FROZEN", reserved: 1000 });
    await letPass(shop, 20);
    await runJobs(shop.ctx);
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ state: "FINISHED", released: 1000 });
    expect(await anomaliesOfFreeze(shop, outOrderNo)).toEqual([]);
  });

  it("that a notice hints at is asked for again when the provider was silent", async () => {
    const shop = openShop();
    const { outOrderNo } = await frozenMoney(shop);
    await releaseElsewhere(shop, outOrderNo, 1000);
    await misbehave({ kind: "http_500", operation: "auth_query", times: 9 });
    await tellOfRelease(shop, outOrderNo, "failure");
    await sandbox("DELETE", "faults");
    await tellOfRelease(shop, outOrderNo);
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ state: "FINISHED" });
  });

  it("is not ended by old news that it was closed", async () => {
    const shop = openShop();
    const { outOrderNo } = await frozenMoney(shop);
    expect(await tellOfFreeze(shop, outOrderNo, { status: "CLOSED", auth_no: null })).toBe("success");
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ state: "FROZEN" });
    expect(await anomaliesOfFreeze(shop, outOrderNo)).toEqual([]);
  });

  it("of nobody's, hinted at by a notice, is put before an operator", async () => {
    const shop = openShop();
    const outOrderNo = unique("unknown");
    await tellOfRelease(shop, outOrderNo);
    expect(await anomaliesOfFreeze(shop, outOrderNo)).toEqual(["UNKNOWN_AUTHORISATION"]);
  });
});
