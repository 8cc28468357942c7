/** What holds for every request: sizes, batches, names, headers, and the notify routes. */
import { describe, expect, it } from "vitest";
import { signedCallback } from "../support/controls.ts";
import { OPERATOR } from "../support/shop.ts";
import { environment, openApi, tokenFor } from "./support.ts";

const SHOP = "http://shop.test";
const api = openApi();

function post(path: string, body: BodyInit, headers: Record<string, string> = {}): Promise<Response> {
  return api.send(
    new Request(SHOP + path, { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body }),
  );
}

/** A body whose length nobody announces. */
function streamed(bytes: number): ReadableStream<Uint8Array> {
  let left = bytes;
  return new ReadableStream({
    pull(controller) {
      const part = Math.min(left, 16_384);
      controller.enqueue(new Uint8Array(part).fill(0x20));
      left -= part;
      if (left === 0) controller.close();
    },
  });
}

describe("sizes", () => {
  it.each(["/api/v1/orders", "/trpc/orders.create"])(
    "over 64 KiB are refused at %s, announced or not",
    async (path) => {
      for (const body of [" ".repeat(65_537), streamed(65_537)]) {
        const response = await post(path, body);
        expect(response.status).toBe(413);
        expect(await response.json()).toMatchObject({ code: "PAYLOAD_TOO_LARGE", requestId: expect.any(String) });
      }
      expect((await post(path, " ".repeat(65_536))).status).not.toBe(413);
    },
  );

  it("of callbacks may be 256 KiB", async () => {
    for (const path of ["/api/v1/payments/alipay/notify", "/api/v1/payments/wechat/refund/notify"]) {
      expect((await post(path, "x".repeat(262_145))).status).toBe(413);
      expect((await post(path, streamed(262_145))).status).toBe(413);
      expect((await post(path, "x".repeat(262_144))).status).toBe(401);
    }
  });
});

describe("batches over tRPC", () => {
  const batch = (size: number) => {
    const names = Array.from({ length: size }, () => "payments.methods").join();
    return api.send(new Request(`${SHOP}/trpc/${names}?batch=1`));
  };

  it("may have ten calls, and no more", async () => {
    const ten = await batch(10);
    expect([ten.status, ((await ten.json()) as unknown[]).length]).toEqual([200, 10]);
    const eleven = await batch(11);
    expect(eleven.status).toBe(400);
    expect(await eleven.text()).toContain('"reason":"BAD_INPUT"');
  });

  it("keep each call's own error", async () => {
    const response = await api.send(new Request(`${SHOP}/trpc/payments.methods,points.balance?batch=1`));
    const [methods, balance] = (await response.json()) as [object, { error: { json: { data: object } } }];
    expect(methods).toHaveProperty("result");
    expect(balance.error.json.data).toMatchObject({ code: "UNAUTHORIZED", httpStatus: 401, reason: "UNAUTHENTICATED" });
  });
});

describe("malformed calls over tRPC", () => {
  it.each([
    ["a body that is no JSON", () => post("/trpc/orders.create", "{"), 400, "BAD_INPUT"],
    ["a procedure nobody knows", () => post("/trpc/orders.steal", "{}"), 404, "NOT_FOUND"],
    ["a query sent as a mutation", () => post("/trpc/payments.methods", "{}"), 405, "BAD_INPUT"],
    [
      "another content type",
      () => post("/trpc/orders.create", "a=b", { "Content-Type": "text/plain" }),
      415,
      "BAD_INPUT",
    ],
  ])("%s", async (_what, send, status, reason) => {
    const response = await send();
    const answer = (await response.json()) as { error: { json: { message: string; data: object } } };
    expect([response.status, answer.error.json.data]).toMatchObject([status, { reason }]);
    expect(JSON.stringify(answer)).not.toMatch(/stack|\\n *at /);
  });
});

describe("names of requests", () => {
  it("are the caller's own when sane, and stand in headers, errors and the log", async () => {
    const own = await api.call("GET", "/nothing", { headers: { "X-Request-Id": "front-end:42" } });
    expect([own.headers.get("X-Request-Id"), own.body.requestId]).toEqual(["front-end:42", "front-end:42"]);
    const line = JSON.parse(api.lines.at(-1) ?? "");
    expect(line).toMatchObject({
      level: "info",
      event: "request",
      requestId: "front-end:42",
      method: "GET",
      path: "/api/v1/nothing",
      status: 404,
      durationMs: expect.any(Number),
    });
  });

  it.each(["x".repeat(65), "a b", '"}'])("are made up otherwise (%s)", async (given) => {
    const answer = await api.call("GET", "/nothing", { headers: { "X-Request-Id": given } });
    expect(answer.headers.get("X-Request-Id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("carry no query string and no token into the log", async () => {
    await api.call("GET", "/orders?before=secret-cursor", { as: OPERATOR });
    const token = await tokenFor(OPERATOR);
    expect(api.lines.join("\n")).not.toMatch(new RegExp(`secret-cursor|${token.slice(0, 20)}`));
  });
});

describe("browsers", () => {
  const preflight = (shop: ReturnType<typeof openApi>, origin: string) =>
    shop.send(
      new Request(`${SHOP}/api/v1/orders`, {
        method: "OPTIONS",
        headers: { Origin: origin, "Access-Control-Request-Method": "POST" },
      }),
    );

  it("of the configured front ends may call, no others", async () => {
    const shop = openApi(environment({ CORS_ORIGINS: "https://front.test" }));
    const allowed = await preflight(shop, "https://front.test");
    expect(allowed.headers.get("Access-Control-Allow-Origin")).toBe("https://front.test");
    expect(allowed.headers.get("Access-Control-Allow-Headers")).toContain("Idempotency-Key");
    expect((await preflight(shop, "https://evil.test")).headers.get("Access-Control-Allow-Origin")).toBeNull();
    expect((await preflight(api, "https://front.test")).headers.get("Access-Control-Allow-Origin")).toBeNull();
  });

  it("are told to keep to themselves, and never to cache", async () => {
    const { headers } = await api.call("GET", "/payments/methods");
    expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
    expect(headers.get("Cache-Control")).toBe("no-store");
  });
});

describe("what needs no token", () => {
  it("says whether the Worker lives and whether its database answers", async () => {
    const health = await api.send(new Request(`${SHOP}/healthz`));
    expect([health.status, await health.json()]).toEqual([200, { status: "ok" }]);
    const ready = await api.send(new Request(`${SHOP}/readyz`));
    expect([ready.status, await ready.json()]).toEqual([200, { status: "ready" }]);
  });

  it("shows the API's description, as JSON and as a page that loads nothing", async () => {
    const { body } = await api.call("GET", "/openapi.json");
    expect([body.openapi, Object.keys(body.paths ?? {})]).toEqual(["3.1.0", expect.arrayContaining(["/orders"])]);
    const page = await api.call("GET", "/docs");
    expect(page.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
    expect(page.text).toContain("POST /payments/{provider}/create");
    expect(page.text).toContain("AMOUNT_MISMATCH");
    expect(page.text).not.toMatch(/<script|src=|https?:/);
  });
});

describe("callbacks that don't verify", () => {
  it.each([
    ["wechat", 401, /"code":"FAIL"/],
    ["alipay", 401, /^failure$/],
  ] as const)("of %s are refused in its own words, without a reason", async (provider, status, words) => {
    const request = { provider, callback: "trade", flaw: "bad_signature" };
    const { headers, body } = await signedCallback(request);
    for (const path of ["notify", "refund/notify"]) {
      const response = await post(`/api/v1/payments/${provider}/${path}`, body, headers);
      expect(response.status).toBe(status);
      expect(await response.text()).toMatch(words);
    }
  });
});
