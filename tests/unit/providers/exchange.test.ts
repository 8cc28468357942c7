import { describe, expect, test } from "vitest";
import { exchange, openExchange } from "../../../src/providers/exchange.ts";
import { pause } from "../../../src/providers/pause.ts";

const REQUEST = { method: "GET", url: "https://provider.test/", headers: {} } as const;
const signal = () => AbortSignal.timeout(5000);

describe("an exchange", () => {
  test("gives status, headers and bytes", async () => {
    const reply = await exchange(async () => new Response("{}", { status: 404 }), REQUEST, signal());
    expect(reply).toMatchObject({ kind: "answered", status: 404, body: new TextEncoder().encode("{}") });
  });

  test.each([520, 522, 523, 530])("takes %d for a host that can't be reached", async (status) => {
    const reply = await exchange(async () => new Response("error code: 1016", { status }), REQUEST, signal());
    expect(reply).toEqual({ kind: "unknown", cause: "network", message: "the connection failed" });
  });

  test.each([500, 502, 503, 504, 519, 531])("takes %d for an answer", async (status) => {
    const reply = await exchange(async () => new Response(null, { status }), REQUEST, signal());
    expect(reply).toMatchObject({ kind: "answered", status });
  });

  test("tells a broken body from one that took too long", async () => {
    const failing = async () =>
      new Response(new ReadableStream({ start: (controller) => controller.error(new Error("reset")) }));
    expect(await exchange(failing, REQUEST, signal())).toMatchObject({ cause: "network" });
    expect(await exchange(failing, REQUEST, AbortSignal.abort())).toMatchObject({ cause: "timeout" });
  });

  test("can leave the body to be read, of any length", async () => {
    const reply = await openExchange(async () => new Response(new Uint8Array(2 * 1024 * 1024)), REQUEST, signal());
    const length = reply.kind === "opened" ? (await reply.response.arrayBuffer()).byteLength : 0;
    expect(length).toBe(2 * 1024 * 1024);
  });
});

describe("a pause", () => {
  test("ends with its time, or with the signal when that is sooner", async () => {
    const start = Date.now();
    await pause(20, signal());
    expect(Date.now() - start).toBeGreaterThanOrEqual(15);
    await pause(5000, AbortSignal.timeout(20));
    await pause(5000, AbortSignal.abort());
    expect(Date.now() - start).toBeLessThan(1000);
  });
});
