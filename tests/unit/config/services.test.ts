import { describe, expect, it } from "vitest";
import { readConfig } from "../../../src/config.ts";
import { callContext } from "../../../src/payments/context.ts";
import { createServices } from "../../../src/services.ts";
import { FIELD_ENCRYPTION_KEYS } from "../../support/field-keys.ts";
import { NOW } from "../providers/support/calls.ts";
import { testKeys } from "../providers/support/keys.ts";
import { MCH_ID, signatureHeaders } from "../providers/support/wechat.ts";

const SHOP = { DATABASE_URL: "https://user:password@db.test", JWT_SECRET: "s".repeat(32), FIELD_ENCRYPTION_KEYS };
const CONFIG = readConfig(SHOP);

const TROUBLE = {
  level: "warn",
  event: "provider.trouble",
  provider: "wechat",
  call: "GET /v3/certificates",
  cause: "network",
};

function open() {
  const lines: string[] = [];
  const work: Promise<unknown>[] = [];
  const surroundings = { fetch, now: () => 0, writeLog: (line: string) => void lines.push(line) };
  const services = createServices(CONFIG, surroundings);
  const scope = { requestId: "request-1", waitUntil: (promise: Promise<unknown>) => void work.push(promise) };
  return { services, scope, lines, work };
}

describe("time for provider calls", () => {
  it("is one budget for a request, begun with its first call", () => {
    const { services, scope } = open();
    const ctx = services.requestContext(scope);
    expect(ctx.providerBudget()).toBe(ctx.providerBudget());
    expect(services.requestContext(scope).providerBudget()).not.toBe(ctx.providerBudget());
  });

  it("is a budget of its own for each call of a job, and for what is deferred", async () => {
    const { services, scope, work } = open();
    const job = services.jobContext(scope);
    expect(job.providerBudget()).not.toBe(job.providerBudget());
    const ctx = services.requestContext(scope);
    const signals: AbortSignal[] = [];
    ctx.defer(async (later) => signals.push(later.providerBudget(), later.providerBudget()));
    await Promise.all(work);
    expect(signals).toHaveLength(2);
    expect(signals[0]).toBe(signals[1]);
    expect(signals[0]).not.toBe(ctx.providerBudget());
  });
});

describe("deferred work", () => {
  it("is kept alive, and its failure ends in the log under the request's name", async () => {
    const { services, scope, work, lines } = open();
    services.requestContext(scope).defer(async () => {
      throw new TypeError("what went wrong is not for the log");
    });
    expect(work).toHaveLength(1);
    await expect(Promise.all(work)).resolves.toBeDefined();
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: "error", event: "deferred.failed", error: "TypeError", requestId: "request-1" },
    ]);
    expect(lines.join()).not.toContain("not for the log");
  });
});

it("offers points without any provider configured", () => {
  const { services, scope } = open();
  expect(services.requestContext(scope).providers.methods()).toEqual(["POINTS"]);
});

it("lets the isolates share WeChat Pay's certificates through the namespace that is bound, and logs what fails", async () => {
  const { merchant, platform } = await testKeys();
  const asked: string[] = [];
  const get = async (key: string) => {
    asked.push(key);
    return null;
  };
  const config = readConfig({
    ...SHOP,
    WECHAT_APP_ID: "wx0000000000000000",
    WECHAT_MCH_ID: MCH_ID,
    WECHAT_API_V3_KEY: "k".repeat(32),
    WECHAT_API_CLIENT_KEY: merchant.privatePem,
    WECHAT_API_SERIAL_NO: "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
    WECHAT_NOTIFY_URL: "https://shop.test/notify",
    WECHAT_REFUND_NOTIFY_URL: "https://shop.test/refund/notify",
    PAYMENT_CACHE: { get, put: async () => {} },
  });
  const unreachable = () => Promise.reject(new TypeError("no network"));
  const lines: string[] = [];
  const writeLog = (line: string) => void lines.push(line);
  const services = createServices(config, { fetch: unreachable, now: () => NOW, writeLog });
  const { providers } = services.requestContext({ requestId: "request-1", waitUntil: () => {} });
  const headers = await signatureHeaders("{}", { key: platform, serial: "5DEA10EF" });
  const callback = { headers, body: new TextEncoder().encode("{}") };
  expect(await providers.get("wechat").verifyCallback(callback, NOW)).toMatchObject({ reason: "unknown_serial" });
  expect(asked).toEqual([`wechat/platform-certificates/${MCH_ID}`]);
  // A callback belongs to no budget, nor do the certificates that it needs.
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([TROUBLE, TROUBLE]);
  lines.length = 0;
  const context = services.requestContext({ requestId: "request-2", waitUntil: () => {} });
  await context.providers.get("wechat").renewKeys?.({ ...callContext(context, true), now: () => NOW + 60_000 });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject(Array(2).fill({ ...TROUBLE, requestId: "request-2" }));
});
