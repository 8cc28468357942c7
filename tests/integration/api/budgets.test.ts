/** Time that providers may take, and work that goes on without a caller. */
import { eq } from "drizzle-orm";
import { afterEach, describe, expect, it, vi } from "vitest";
import { orders } from "../../../db/schema/orders.ts";
import worker from "../../../src/index.ts";
import { FIELD_ENCRYPTION_KEYS } from "../../support/field-keys.ts";
import { misbehave, sandbox } from "../support/controls.ts";
import { newOrder } from "../support/purchases.ts";
import { openShop } from "../support/shop.ts";
import { environment, openApi } from "./support.ts";

afterEach(() => sandbox("DELETE", "faults"));

const execution = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };

describe("a silent provider", () => {
  it("does not keep the caller waiting, and the attempt can be gone on with", async () => {
    const { customer: as, orderId } = await newOrder(openShop());
    const api = openApi(environment({ PROVIDER_TIMEOUT_MS: "300" }));
    await misbehave({ kind: "timeout_before", operation: "create" });
    const body = { method: "WECHAT_NATIVE", orderId, amount: "30.00" };
    // The simulator hangs until its caller gives up: that an answer comes at all is the budget's doing.
    const silent = await api.call("POST", "/payments/wechat/create", { as, body });
    expect([silent.status, silent.body.code]).toEqual([504, "PROVIDER_SILENT"]);
    const again = await api.call("POST", "/payments/wechat/create", { as, body });
    expect(again.body).toMatchObject({ transactionId: silent.body.transactionId, status: "PENDING" });
  });

  it("leaves a cancelled order closing", async () => {
    const { customer: as, orderId } = await newOrder(openShop());
    const api = openApi(environment({ PROVIDER_TIMEOUT_MS: "300" }));
    const body = { method: "WECHAT_NATIVE", orderId, amount: "30.00" };
    await api.call("POST", "/payments/wechat/create", { as, body });
    await misbehave({ kind: "timeout_before", operation: "close" });
    const closing = await api.call("POST", `/orders/${orderId}/cancel`, { as });
    expect([closing.status, closing.body.status]).toEqual([202, "CLOSING"]);
    const settled = await openApi().call("POST", `/orders/${orderId}/cancel`, { as });
    expect([settled.status, settled.body.status]).toEqual([200, "CLOSED"]);
  });

  it("that asks to come later says when", async () => {
    const { customer: as, orderId } = await newOrder(openShop());
    await misbehave({ kind: "http_429", operation: "create" });
    const body = { method: "WECHAT_NATIVE", orderId, amount: "30.00" };
    const busy = await openApi().call("POST", "/payments/wechat/create", { as, body });
    expect([busy.status, busy.body.code, busy.headers.get("Retry-After")]).toEqual([429, "PROVIDER_BUSY", "5"]);
    expect(busy.body).not.toHaveProperty("retryAfter");
  });
});

describe("the schedule", () => {
  it("closes orders whose time is over", async () => {
    const shop = openShop();
    const { orderId, customer: as } = await newOrder(shop);
    const past = new Date(Date.now() - 1000);
    await shop.db.update(orders).set({ expiresAt: past, nextCheckAt: past }).where(eq(orders.id, orderId));
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    await worker.scheduled({}, environment(), execution);
    log.mockRestore();
    const { body } = await openApi().call("GET", `/orders/${orderId}`, { as });
    expect(body).toMatchObject({ status: "CLOSED", closeReason: "EXPIRED" });
  });

  it.each([
    ["the Worker is not configured", {}, "DATABASE_URL: is missing"],
    ["the database can't be reached", environmentWithoutDatabase(), "UNAVAILABLE"],
  ])("fails when %s, and only the log says why", async (_what, bindings, why) => {
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    const failure = await worker.scheduled({}, bindings, execution).catch((error: unknown) => error);
    const lines = log.mock.calls.flat().join("\n");
    log.mockRestore();
    expect(failure).toEqual(new Error("the scheduled jobs failed"));
    expect(failure).not.toHaveProperty("cause");
    expect(lines).toContain(why);
    expect(lines).not.toMatch(/select|next_check_at/);
  });

  it("and requests are served by one entry", async () => {
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    const response = await worker.fetch(new Request("http://shop.test/readyz"), environment(), execution);
    log.mockRestore();
    expect(await response.json()).toEqual({ status: "ready" });
  });
});

function environmentWithoutDatabase(): object {
  return { DATABASE_URL: "http://user:password@127.0.0.1:1", JWT_SECRET: "s".repeat(32), FIELD_ENCRYPTION_KEYS };
}
