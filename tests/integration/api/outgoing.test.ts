/** What callers see when something that the shop calls sends it elsewhere, or never stops talking. */
import { describe, expect, it } from "vitest";
import { createApp } from "../../../src/app.ts";
import { createLoader } from "../../../src/services.ts";
import { world } from "../../setup/slot.ts";
import { newOrder } from "../support/purchases.ts";
import { openShop } from "../support/shop.ts";
import { environment, tokenFor } from "./support.ts";

/** A Worker some of whose calls are answered here. */
function openWith(answer: (url: URL) => Response | undefined) {
  const called: string[] = [];
  const lines: string[] = [];
  const surroundings = {
    fetch: async (input: RequestInfo | URL, init?: RequestInit) => {
      const url = new URL(String(input));
      called.push(url.host);
      return answer(url) ?? fetch(input, init);
    },
    now: () => Date.now(),
    writeLog: (line: string) => void lines.push(line),
  };
  const app = createApp(createLoader(surroundings), surroundings);
  const execution = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };
  return { called, lines, send: async (request: Request) => app.fetch(request, environment(), execution) };
}

const elsewhere = (status: number) => new Response(null, { status, headers: { Location: "https://evil.example/" } });
const isSandbox = ({ host }: URL) => host === new URL(world().sandboxUrl).host;
const isDatabase = ({ host }: URL) => host === new URL(world().gatewayUrl).host;

describe.each([301, 302, 303, 307, 308])("a redirect by %i", (status) => {
  it("of a provider is not followed, and leaves the payment in doubt", async () => {
    const { customer, orderId } = await newOrder(openShop());
    const shop = openWith((url) => (isSandbox(url) ? elsewhere(status) : undefined));
    const request = new Request("http://shop.test/api/v1/payments/wechat/create", {
      method: "POST",
      headers: { Authorization: `Bearer ${await tokenFor(customer)}`, "Content-Type": "application/json" },
      body: JSON.stringify({ method: "WECHAT_NATIVE", orderId, amount: "30.00" }),
    });
    const response = await shop.send(request);
    expect([502, 504]).toContain(response.status);
    expect(await response.json()).toHaveProperty("transactionId");
    expect(shop.called).not.toContain("evil.example");
  });

  it("of the database is not followed, and counts as no answer", async () => {
    const shop = openWith((url) => (isDatabase(url) ? elsewhere(status) : undefined));
    const headers = { Authorization: `Bearer ${await tokenFor({ id: "somebody", role: "customer" })}` };
    const response = await shop.send(new Request("http://shop.test/api/v1/orders", { headers }));
    expect([response.status, response.headers.get("Retry-After")]).toEqual([503, "1"]);
    expect(shop.called).not.toContain("evil.example");
  });
});

it("a database that never stops talking is not listened to for ever", async () => {
  const flood = () =>
    new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(4 * 1024 * 1024)) }));
  const shop = openWith((url) => (isDatabase(url) ? flood() : undefined));
  const headers = { Authorization: `Bearer ${await tokenFor({ id: "somebody", role: "customer" })}` };
  const response = await shop.send(new Request("http://shop.test/api/v1/orders", { headers }));
  expect(response.status).toBeGreaterThanOrEqual(500);
  expect(await response.text()).not.toMatch(/OutgoingRefused|too long/);
});
