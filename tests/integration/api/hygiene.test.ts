/** What every answer carries, and odd requests of every kind: none breaks anything, none is read in two ways. */
import { describe, expect, it } from "vitest";
import { OPERATOR } from "../support/shop.ts";
import { environment, openApi, tokenFor } from "./support.ts";

const SHOP = "http://shop.test";
const FRONT = "https://front.test";
const api = openApi(environment({ CORS_ORIGINS: FRONT }));
const CUSTOMER = { id: "customer-of-hygiene", role: "customer" } as const;

async function send(path: string, init: RequestInit & { readonly as?: typeof CUSTOMER } = {}) {
  const { as, ...rest } = init;
  const request = new Request(SHOP + path, rest);
  if (as) request.headers.set("Authorization", `Bearer ${await tokenFor(as)}`);
  return api.send(request);
}

const PATHS: readonly (readonly [string, RequestInit])[] = [
  ["/healthz", {}],
  ["/readyz", {}],
  ["/metrics", {}],
  ["/nothing", {}],
  ["/api/v1/docs", {}],
  ["/api/v1/openapi.json", {}],
  ["/api/v1/payments/alipay/return", {}],
  ["/api/v1/payments/alipay/return?sign=x", {}],
  ["/api/v1/payments/methods", {}],
  ["/api/v1/orders", {}],
  ["/api/v1/orders", { method: "POST", body: "x".repeat(70_000) }],
  ["/api/v1/nothing", {}],
  ["/api/v1/payments/wechat/notify", { method: "POST", body: "{}" }],
  ["/api/v1/payments/alipay/notify", { method: "POST", body: "a=b" }],
  ["/trpc/payments.methods", {}],
  ["/trpc/orders.list", {}],
  ["/trpc/nothing", {}],
];

describe.each(PATHS)("the answer of %s", (path, init) => {
  it("is for nobody's eyes but the caller's, and shows in no frame", async () => {
    const { headers } = await send(path, init);
    const policy = headers.get("Content-Security-Policy") ?? "";
    expect(policy).toMatch(/^default-src 'none';/);
    expect(policy).toMatch(/frame-ancestors 'none'/);
    expect(policy).toMatch(/base-uri 'none'/);
    expect(policy).toMatch(/form-action 'none'/);
    expect(policy).not.toMatch(/unsafe|script-src|\*|https?:/);
    expect(headers.get("X-Frame-Options")).toBe("DENY");
    expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
    expect(headers.get("Referrer-Policy")).toBe("no-referrer");
    expect(headers.get("Strict-Transport-Security")).toBe("max-age=63072000; includeSubDomains");
    expect(headers.get("X-Request-Id")).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.has("X-Powered-By")).toBe(false);
  });

  it("stays in no cache, but for the description of the API", async () => {
    const cached = /docs|openapi/.test(path) ? "public, max-age=300" : "no-store";
    expect((await send(path, init)).headers.get("Cache-Control")).toBe(cached);
  });

  it("carries the request's own id", async () => {
    const headers = { ...init.headers, "X-Request-Id": "front-end:7" };
    expect((await send(path, { ...init, headers })).headers.get("X-Request-Id")).toBe("front-end:7");
  });
});

it("the description's style is allowed by what it is, and by nothing else", async () => {
  const page = await send("/api/v1/docs");
  const [, style = ""] = /<style>([^<]*)<\/style>/.exec(await page.text()) ?? [];
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style)));
  const hash = btoa(String.fromCharCode(...digest));
  expect(page.headers.get("Content-Security-Policy")).toContain(`style-src 'sha256-${hash}';`);
});

describe("browsers of other sites", () => {
  const asked = (origin: string, path = "/api/v1/payments/methods") => send(path, { headers: { Origin: origin } });
  const preflight = (origin: string, path = "/api/v1/orders") =>
    send(path, {
      method: "OPTIONS",
      headers: {
        Origin: origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
      },
    });

  it.each(["/api/v1/payments/methods", "/trpc/payments.methods"])(
    "may read %s from a front end alone",
    async (path) => {
      const { headers } = await asked(FRONT, path);
      expect(headers.get("Access-Control-Allow-Origin")).toBe(FRONT);
      expect(headers.get("Access-Control-Allow-Credentials")).toBeNull();
      expect(headers.get("Access-Control-Expose-Headers")).toBe("X-Request-Id,Retry-After");
      expect(headers.get("Vary")).toMatch(/\bOrigin\b/);
      for (const origin of [
        "https://evil.test",
        "null",
        "http://front.test",
        "https://front.test:444",
        "https://FRONT.test",
        `${FRONT}.evil.test`,
      ]) {
        const refused = (await asked(origin, path)).headers;
        expect([origin, refused.get("Access-Control-Allow-Origin")]).toEqual([origin, null]);
        expect(refused.get("Vary")).toMatch(/\bOrigin\b/);
      }
    },
  );

  it("are told by a preflight what they may send", async () => {
    for (const path of ["/api/v1/orders", "/trpc/orders.create"]) {
      const { status, headers } = await preflight(FRONT, path);
      expect([status, headers.get("Access-Control-Allow-Methods")]).toEqual([204, "GET,POST"]);
      expect(headers.get("Access-Control-Allow-Headers")).toBe(
        "Authorization,Content-Type,Idempotency-Key,X-Request-Id",
      );
      expect(headers.get("Vary")).toMatch(/\bOrigin\b/);
      expect((await preflight("https://evil.test", path)).headers.get("Access-Control-Allow-Origin")).toBeNull();
    }
  });
});

describe("methods", () => {
  it.each([
    ["PUT", "/api/v1/orders", 404],
    ["DELETE", "/api/v1/orders/A", 404],
    ["PATCH", "/api/v1/payments/wechat/create", 404],
    ["GET", "/api/v1/payments/wechat/create", 404],
    ["POST", "/api/v1/payments/methods", 404],
    ["GET", "/api/v1/payments/wechat/notify", 404],
    ["POST", "/healthz", 404],
    ["PUT", "/trpc/orders.create", 405],
    ["DELETE", "/trpc/orders.list", 405],
    ["GET", "/trpc/orders.create", 405],
    ["POST", "/trpc/orders.list", 405],
  ])("%s %s is answered with %i", async (method, path, status) => {
    const body = method === "GET" ? {} : { body: "{}", headers: { "Content-Type": "application/json" } };
    const response = await send(path, { method, as: CUSTOMER, ...body });
    expect(response.status).toBe(status);
    expect(JSON.stringify(await response.json())).toMatch(/BAD_INPUT|NOT_FOUND/);
  });

  it("HEAD says what GET would, without a body, and changes nothing", async () => {
    for (const [path, status] of [
      ["/healthz", 200],
      ["/api/v1/docs", 200],
      ["/api/v1/orders", 401],
      ["/api/v1/payments/wechat/create", 404],
    ] as const) {
      const response = await send(path, { method: "HEAD" });
      expect([path, response.status, await response.text()]).toEqual([path, status, ""]);
    }
  });
});

describe("bodies", () => {
  const order = (body: BodyInit, type: string | undefined = "application/json", path = "/api/v1/orders") => {
    const request = { method: "POST", as: CUSTOMER, body, headers: type === undefined ? {} : { "Content-Type": type } };
    return send(path, request);
  };
  const bytes = (...values: number[]) => new Uint8Array([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, ...values, 0x22, 0x7d]);

  it.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/json; charset=gbk",
    "multipart/form-data; boundary=x",
    "application/xml",
    "",
  ])("called %j are not taken for JSON", async (type) => {
    for (const path of ["/api/v1/orders", "/trpc/orders.create"]) {
      const response = await order("{}", type, path);
      expect([400, 415]).toContain(response.status);
      expect(await response.text()).toContain("BAD_INPUT");
    }
  });

  it("that are forms do not reach a procedure over tRPC either, even one that needs nothing", async () => {
    const form = new FormData();
    form.set("json", "{}");
    const headers = { Authorization: `Bearer ${await tokenFor(OPERATOR)}` };
    for (const body of [
      form,
      new URLSearchParams({ json: "{}" }),
      new Blob(["{}"], { type: "application/octet-stream" }),
    ]) {
      const response = await send("/trpc/operations.runJobs", { method: "POST", headers, body });
      expect([response.status, (await response.json()) as object]).toMatchObject([
        400,
        { issues: [{ path: "Content-Type" }] },
      ]);
    }
  });

  it.each<[string, BodyInit, string]>([
    ["bytes that are no UTF-8", bytes(0xff), "must be UTF-8"],
    ["characters written in too many bytes", bytes(0xc0, 0xaf), "must be UTF-8"],
    ["GBK", bytes(0xb2, 0xe8), "must be UTF-8"],
    ["a member twice", '{"items":[{"sku":"A","quantity":1,"quantity":2}]}', "is given twice"],
    ["a member twice, once in other words", '{"subject":"a","sub\\u006aect":"b"}', "is given twice"],
    ["__proto__", '{"__proto__":{"role":"operator"}}', "unknown field"],
    ["constructor", '{"constructor":{"prototype":{}}}', "unknown field"],
    ["a well of brackets", `{"items":${"[".repeat(20_000)}${"]".repeat(20_000)}}`, "nested deeper"],
  ])("with %s are refused over both transports", async (_what, body, says) => {
    const over = typeof body === "string" ? `{"json":${body}}` : body;
    for (const response of [await order(body), await order(over, "application/json", "/trpc/orders.create")]) {
      const text = await response.text();
      expect([response.status, text]).toEqual([400, expect.stringContaining("BAD_INPUT")]);
      expect(text).toContain(says);
    }
    expect(Object.prototype).not.toHaveProperty("role");
  });

  it.each([
    ["1e400", "items[0].quantity"],
    ["9007199254740993", "items[0].quantity"],
    ["-1", "items[0].quantity"],
    ["1.0000000000000002", "items[0].quantity"],
    ["0x10", ""],
    ['"1"', "items[0].quantity"],
    ["null", "items[0].quantity"],
    ["true", "items[0].quantity"],
    ["[1]", "items[0].quantity"],
  ])("with the number %s are refused by the field's name", async (quantity, path) => {
    const response = await order(`{"items":[{"sku":"A","quantity":${quantity}}]}`);
    const answer = (await response.json()) as { issues: { path: string }[] };
    expect([response.status, answer.issues[0]?.path]).toEqual([400, path]);
  });
});

describe("addresses", () => {
  it.each(["__proto__", "constructor", "prototype", "hasOwnProperty", "limit[]", "limit%5B%5D", "LIMIT", "%00"])(
    "with the parameter %s are refused by its name",
    async (name) => {
      const response = await send(`/api/v1/orders?${name}=1`, { as: CUSTOMER });
      const answer = (await response.json()) as { code: string; issues: { path: string; message: string }[] };
      expect([response.status, answer.code]).toEqual([400, "BAD_INPUT"]);
      expect(answer.issues).toMatchObject([{ path: decodeURIComponent(name), message: "unknown field" }]);
    },
  );

  it.each([
    "/api/v1/orders/%E0%A4%A",
    "/api/v1/orders/%00",
    "/api/v1/orders/..%2f..%2freadyz",
    "/api/v1/orders/__proto__",
    `/api/v1/orders/${"a".repeat(15_000)}`,
    `/api/v1/${"a/".repeat(7000)}`,
    `/trpc/${"a,".repeat(3000)}?batch=1`,
    "/trpc/__proto__",
    "/trpc/orders.__proto__",
    "/trpc/orders.constructor.name",
    `/trpc/orders.list?input=${"%5B".repeat(4000)}`,
    "/trpc/orders.list?input=%FF",
    `/trpc/orders.list?input=${encodeURIComponent('{"json":{"limit":1,"limit":2}}')}`,
    "//api/v1/orders",
    "/api/v1/orders?limit=%FF",
    "/api/v1/orders?%FF=1",
  ])("such as %s break nothing", async (path) => {
    const response = await send(path, { as: CUSTOMER });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    expect(await response.text()).not.toMatch(/\\n +at |TypeError|SyntaxError|node_modules/);
  });
});
