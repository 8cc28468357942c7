/** Money frozen at a buyer's: on record first, confirmed by the buyer, told by a notice, given up in time. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { runJobs } from "../../src/jobs/run.ts";
import { fen } from "../../src/money.ts";
import { cancelAuthorisation } from "../../src/payments/pre-authorisations/cancel-authorisation.ts";
import { createAuthorisation } from "../../src/payments/pre-authorisations/create-authorisation.ts";
import { queryAuthorisation } from "../../src/payments/pre-authorisations/query-authorisation.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { deliver, deliverAll, misbehave, roundTrips, sandbox, takeDeliveries } from "./support/controls.ts";
import {
  anomaliesOfFreeze,
  authorisationOf,
  confirmFreeze,
  FREEZE,
  providerFreezes,
  refuseFreeze,
  showCode,
  startFreeze,
  tellOfFreeze,
} from "./support/pre-authorisations.ts";
import { openShop, SERVICE, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const MINUTE = 60;
const HOUR = 3600;

const liftFaults = () => sandbox("DELETE", "faults");

describe("freezing", () => {
  it("by QR code waits for the buyer and is told by a notice, in one round trip", async () => {
    const setup = openShop();
    const made = await startFreeze(setup);
    const { outOrderNo } = made;
    expect(made).toMatchObject({ status: "PENDING", amount: 1000, available: 0, authNo: null });
    expect(made.credential).toEqual({ channel: "qr", qrCode: expect.stringMatching(/^https:/) });
    await confirmFreeze(outOrderNo);
    const [callback] = await takeDeliveries(outOrderNo);
    if (!callback) throw new Error("no callback");
    const requestId = unique("request");
    const shop = openShop({ requestId });
    expect(await deliver(shop, "alipay", callback)).toMatchObject({ status: 200, body: "success" });
    await shop.idle();
    expect(await roundTrips(requestId)).toBe(1);
    const frozen = await authorisationOf(shop, outOrderNo);
    expect(frozen).toMatchObject({ state: "FROZEN", authNo: expect.any(String), credential: null });
    expect(await deliver(shop, "alipay", callback)).toMatchObject({ status: 200 });
    expect(await authorisationOf(shop, outOrderNo)).toEqual(frozen);
    expect(await anomaliesOfFreeze(shop, outOrderNo)).toEqual([]);
  });

  it("by order string begins when the application opens it", async () => {
    const shop = openShop();
    const { outOrderNo, credential } = await startFreeze(shop, { channel: "app" });
    if (credential?.channel !== "app") throw new Error("no order string");
    expect(await providerFreezes()).toEqual([]);
    expect(await queryAuthorisation(shop.ctx, outOrderNo)).toMatchObject({ status: "PENDING" });
    await sandbox("POST", "alipay/app-pay", { orderString: credential.orderString });
    await confirmFreeze(outOrderNo);
    expect(await queryAuthorisation(shop.ctx, outOrderNo)).toMatchObject({ status: "FROZEN", available: 1000 });
  });

  it("by the buyer's bar code is done at once, or once the buyer has confirmed", async () => {
    const shop = openShop();
    const atOnce = await startFreeze(shop, { channel: "barcode", authCode: await showCode() });
    expect(atOnce).toMatchObject({ status: "FROZEN", available: 1000, authNo: expect.any(String) });
    const code = await showCode({ asksPassword: true });
    const later = await startFreeze(shop, { channel: "barcode", authCode: code });
    expect(later).toMatchObject({ status: "PENDING" });
    await confirmFreeze(later.outOrderNo);
    await letPass(shop, MINUTE);
    await runJobs(shop.ctx);
    expect(await authorisationOf(shop, later.outOrderNo)).toMatchObject({ state: "FROZEN" });
  });

  it("is the same under the same key, and needs one", async () => {
    const shop = openShop();
    const key = unique("key");
    const first = await startFreeze(shop, {}, key);
    expect(await startFreeze(shop, {}, key)).toEqual(first);
    expect(await providerFreezes()).toHaveLength(1);
    await expect(startFreeze(shop, { amount: fen(1) }, key)).rejects.toMatchObject({ code: "IDEMPOTENCY_KEY_REUSED" });
    const keyless = createAuthorisation(shop.ctx, SERVICE, FREEZE, undefined);
    await expect(keyless).rejects.toMatchObject({ code: "IDEMPOTENCY_KEY_REQUIRED" });
  });

  it("is refused when the code is no good, and the same key hears the same again", async () => {
    const shop = openShop();
    const key = unique("key");
    const scanned = { channel: "barcode", authCode: "281111111111111111" } as const;
    const refusal = { code: "PROVIDER_REFUSED", details: { providerCode: "PAYMENT_AUTH_CODE_INVALID" } };
    await expect(startFreeze(shop, scanned, key)).rejects.toMatchObject(refusal);
    await expect(startFreeze(shop, scanned, key)).rejects.toMatchObject(refusal);
  });
});

describe("when the provider gives trouble", () => {
  it.each(["timeout_after", "http_500", "bad_signature"] as const)(
    "%s: what had been frozen is found",
    async (kind) => {
      const shop = openShop({ providerTimeoutMs: 250 });
      await misbehave({ kind, operation: "auth_freeze", times: 9, ...(kind === "http_500" && { effect: true }) });
      const { outOrderNo, status } = await startFreeze(shop, { channel: "barcode", authCode: await showCode() });
      expect(status).toBe("PENDING");
      await liftFaults();
      await letPass(shop, 20);
      await runJobs(shop.ctx);
      expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ state: "FROZEN" });
      expect(await providerFreezes()).toHaveLength(1);
    },
  );

  it("what never arrived is sent again under its number, and then has its code", async () => {
    const shop = openShop({ providerTimeoutMs: 250 });
    const key = unique("key");
    await misbehave({ kind: "timeout_before", operation: "auth_freeze", times: 9 });
    const { outOrderNo, credential } = await startFreeze(shop, {}, key);
    expect(credential).toBeNull();
    await liftFaults();
    await letPass(shop, 2 * MINUTE);
    await runJobs(shop.ctx);
    expect(await providerFreezes()).toMatchObject([{ outOrderNo }]);
    expect(await startFreeze(shop, {}, key)).toMatchObject({ outOrderNo, credential: { channel: "qr" } });
  });

  it("puts a freeze that nobody can say anything about before an operator", async () => {
    const shop = openShop();
    const { outOrderNo } = await startFreeze(shop);
    await misbehave({ kind: "http_500", operation: "auth_query", times: 99 });
    await letPass(shop, 2 * HOUR);
    await runJobs(shop.ctx);
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ state: "PENDING" });
    expect(await anomaliesOfFreeze(shop, outOrderNo)).toEqual(["AUTHORISATION_IN_DOUBT"]);
  });
});

describe("a notice", () => {
  it("of another amount freezes nothing, and an operator hears of it", async () => {
    const shop = openShop();
    const { outOrderNo } = await startFreeze(shop);
    expect(await tellOfFreeze(shop, outOrderNo, { amount: "0.01" })).toBe("success");
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ state: "PENDING", authNo: null });
    expect(await anomaliesOfFreeze(shop, outOrderNo)).toEqual(["AUTHORISATION_AMOUNT_DIFFERS"]);
  });

  it("of a number that nobody gave out is put before an operator", async () => {
    const shop = openShop();
    const outOrderNo = unique("unknown");
    expect(await tellOfFreeze(shop, outOrderNo)).toBe("success");
    expect(await anomaliesOfFreeze(shop, outOrderNo)).toEqual(["UNKNOWN_AUTHORISATION"]);
  });

  it.each([
    ["another application", { app_id: "9021000000000002" }],
    ["no number", { out_order_no: null }],
    ["an amount that is none", { amount: "ten" }],
  ])("of %s does not count", async (_, members) => {
    const shop = openShop();
    const { outOrderNo } = await startFreeze(shop);
    expect(await tellOfFreeze(shop, outOrderNo, members)).toBe("failure");
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ state: "PENDING" });
  });

  it("of money without its number, or of something else, changes nothing", async () => {
    const shop = openShop();
    const { outOrderNo } = await startFreeze(shop);
    expect(await tellOfFreeze(shop, outOrderNo, { auth_no: null })).toBe("success");
    expect(await tellOfFreeze(shop, outOrderNo, { out_request_no: "U1" })).toBe("success");
    expect(await tellOfFreeze(shop, outOrderNo, { status: "NEWS_OF_TOMORROW" })).toBe("success");
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ state: "PENDING" });
    expect(await anomaliesOfFreeze(shop, outOrderNo)).toEqual([]);
  });

  it("of a close ends a freeze that waits", async () => {
    const shop = openShop();
    const { outOrderNo } = await startFreeze(shop);
    expect(await tellOfFreeze(shop, outOrderNo, { status: "CLOSED", auth_no: null })).toBe("success");
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ state: "CLOSED" });
  });
});

describe("giving up", () => {
  it("closes what the buyer has opened and not confirmed", async () => {
    const shop = openShop();
    const { outOrderNo } = await startFreeze(shop);
    await refuseFreeze(outOrderNo);
    expect(await cancelAuthorisation(shop.ctx, SERVICE, outOrderNo)).toMatchObject({ status: "CLOSED" });
    expect(await providerFreezes()).toMatchObject([{ status: "CLOSED" }]);
    expect(await cancelAuthorisation(shop.ctx, SERVICE, outOrderNo)).toMatchObject({ status: "CLOSED" });
  });

  it("releases what the buyer froze in the meantime", async () => {
    const shop = openShop();
    const { outOrderNo } = await startFreeze(shop);
    await confirmFreeze(outOrderNo);
    expect(await cancelAuthorisation(shop.ctx, SERVICE, outOrderNo)).toMatchObject({ status: "CLOSED" });
    expect(await providerFreezes()).toMatchObject([{ status: "CLOSED", rest: 0 }]);
    // The notice of the freeze comes only now, and is old news.
    expect(await deliverAll(shop, "alipay", outOrderNo)).toMatchObject([{ status: 200 }]);
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ state: "CLOSED" });
    expect(await anomaliesOfFreeze(shop, outOrderNo)).toEqual([]);
  });

  it("is gone on with by a job when the provider was silent", async () => {
    const shop = openShop({ providerTimeoutMs: 250 });
    const { outOrderNo } = await startFreeze(shop);
    await refuseFreeze(outOrderNo);
    await misbehave({ kind: "timeout_before", operation: "auth_cancel", times: 9 });
    expect(await cancelAuthorisation(shop.ctx, SERVICE, outOrderNo)).toMatchObject({ status: "CANCELLING" });
    await liftFaults();
    await letPass(shop, MINUTE);
    await runJobs(shop.ctx);
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ state: "CLOSED" });
  });

  it("waits for the time to pass while the buyer may still open it", async () => {
    const shop = openShop();
    const { outOrderNo } = await startFreeze(shop, { minutes: 30 });
    expect(await cancelAuthorisation(shop.ctx, SERVICE, outOrderNo)).toMatchObject({ status: "CANCELLING" });
    await letPass(shop, 20 * MINUTE);
    await runJobs(shop.ctx);
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ state: "CANCELLING" });
    await letPass(shop, 30 * MINUTE);
    await runJobs(shop.ctx);
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ state: "CLOSED" });
  });

  it("is too late once the money is frozen", async () => {
    const shop = openShop();
    const { outOrderNo } = await startFreeze(shop, { channel: "barcode", authCode: await showCode() });
    const cancelling = cancelAuthorisation(shop.ctx, SERVICE, outOrderNo);
    await expect(cancelling).rejects.toMatchObject({ code: "AUTHORISATION_FROZEN" });
  });

  it("comes by itself when the time is over", async () => {
    const shop = openShop();
    const { outOrderNo } = await startFreeze(shop);
    await letPass(shop, HOUR);
    await runJobs(shop.ctx);
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ state: "CLOSED", nextCheckAt: null });
  });

  it("is undone by money that is frozen all the same, and an operator hears of it", async () => {
    const shop = openShop();
    const { outOrderNo, credential } = await startFreeze(shop, { channel: "app", minutes: 30 });
    if (credential?.channel !== "app") throw new Error("no order string");
    await letPass(shop, HOUR);
    await runJobs(shop.ctx);
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ state: "CLOSED" });
    // The application kept the order string: its time begins when it is opened.
    await sandbox("POST", "clock", { wallSeconds: 0 });
    await sandbox("POST", "alipay/app-pay", { orderString: credential.orderString });
    await sandbox("POST", "clock", { wallSeconds: HOUR });
    await confirmFreeze(outOrderNo);
    expect(await deliverAll(shop, "alipay", outOrderNo)).toMatchObject([{ status: 200 }]);
    expect(await authorisationOf(shop, outOrderNo)).toMatchObject({ state: "FROZEN" });
    expect(await anomaliesOfFreeze(shop, outOrderNo)).toEqual(["AUTHORISATION_LATE"]);
  });
});
