/** Bindings that are missing, fail or hang: payments go on without them. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { LIMITS } from "../../src/security/rate-limits.ts";
import { environment, openApi } from "./api/support.ts";
import { startAfresh } from "./support/afresh.ts";
import { payAt, signedCallback, takeDeliveries } from "./support/controls.ts";
import { newOrder } from "./support/purchases.ts";
import { openShop } from "./support/shop.ts";
import { signing } from "./support/wechat-keys.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const fails = () => Promise.reject(new Error("the binding is down"));
const hangs = () => new Promise<never>(() => {});

/** By certificates alone, whose list is what the cache is for. */
const CERTIFICATES = { WECHAT_PUBLIC_KEY_ID: undefined, WECHAT_PUBLIC_KEY: undefined };

const CACHES = {
  "is missing": {},
  fails: { PAYMENT_CACHE: { get: fails, put: fails } },
  hangs: { PAYMENT_CACHE: { get: hangs, put: hangs } },
  "holds nonsense": { PAYMENT_CACHE: { get: async () => '{"body":1,"downloadedAt":"never"}', put: async () => {} } },
};

const LIMITERS = {
  "are missing": undefined,
  fail: { limit: fails },
  hang: { limit: hangs },
  "answer nonsense": { limit: async () => null },
};

/** A purchase from its order to its callback. Gives the statuses, and how long it took. */
async function buy(bindings: object) {
  const api = openApi(bindings);
  const { customer: as, orderId } = await newOrder(openShop());
  const startedAt = Date.now();
  const body = { method: "WECHAT_NATIVE", orderId, amount: "30.00" };
  const created = await api.call("POST", "/payments/wechat/create", { as, body });
  const createdMs = Date.now() - startedAt;
  const outTradeNo = String(created.body?.outTradeNo);
  await payAt("wechat", outTradeNo);
  const [callback] = await takeDeliveries(outTradeNo);
  if (!callback) throw new Error("no callback");
  const tell = async (url: string, { headers, body: bytes }: typeof callback) => {
    const response = await api.send(new Request(url, { method: "POST", headers, body: bytes }));
    await response.body?.cancel();
    return response.status;
  };
  const notify = "https://shop.test/api/v1/payments/wechat/notify";
  const toldAt = Date.now();
  const told = await tell(notify, callback);
  const toldMs = Date.now() - toldAt;
  const forged = await tell(notify, await signedCallback({ provider: "wechat", callback: "trade", flaw: "unsigned" }));
  const read = await api.call("GET", `/orders/${orderId}`, { as });
  const methods = await api.call("GET", "/payments/methods");
  return {
    statuses: [created.status, told, forged, read.status, methods.status],
    state: read.body.status,
    createdMs,
    toldMs,
    api,
  };
}

describe("a cache that", () => {
  it.each(Object.entries(CACHES))("%s costs time, and no payment", async (_, binding) => {
    await signing({ publicKeySwitch: false, publicKeyShare: 0 });
    const { statuses, state, createdMs, toldMs } = await buy({ ...environment(CERTIFICATES), ...binding });
    expect([statuses, state]).toEqual([[201, 200, 401, 200, 200], "PAID"]);
    expect(createdMs).toBeLessThan(3000);
    expect(toldMs).toBeLessThan(5000);
  });
});

describe("rate limits that", () => {
  it.each(Object.entries(LIMITERS))("%s limit nothing", async (_, binding) => {
    const bindings = Object.fromEntries(Object.values(LIMITS).map((name) => [name, binding]));
    const { statuses, state, createdMs, toldMs, api } = await buy({ ...environment(), ...bindings });
    expect([statuses, state]).toEqual([[201, 200, 401, 200, 200], "PAID"]);
    expect(createdMs).toBeLessThan(3000);
    expect(toldMs).toBeLessThan(3000);
    expect(api.lines.filter((line) => /"event":"rate_limit/.test(line)).length).toBeGreaterThan(0);
  });
});

it.each(["PAYMENT_CACHE", ...Object.values(LIMITS)])(
  "a %s that is no binding stops the start, by name",
  async (name) => {
    const api = openApi({ ...environment(), [name]: "a text of that name" });
    const answer = await api.call("GET", "/payments/methods");
    expect([answer.status, answer.body.code]).toEqual([500, "INTERNAL"]);
    expect(api.lines.join("\n")).toContain(`${name}: must be`);
  },
);
