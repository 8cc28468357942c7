/** How requests are refused, and what never shows when something breaks. */
import { afterEach, describe, expect, it } from "vitest";
import { world } from "../../setup/slot.ts";
import { clearFaults, setFaults, signedCallback } from "../support/controls.ts";
import { newCustomer, OPERATOR, openShop, unique } from "../support/shop.ts";
import { type Answer, environment, openApi, tokenFor } from "./support.ts";

const CUSTOMER = { id: "customer-of-errors", role: "customer" } as const;

describe("input", () => {
  const api = openApi();
  const refused: [string, unknown, { path: string; message: unknown }[]][] = [
    ["no items", {}, [{ path: "items", message: expect.any(String) }]],
    ["an empty list of items", { items: [] }, [{ path: "items", message: expect.any(String) }]],
    [
      "a wrong quantity",
      {
        items: [
          { sku: "A", quantity: 0 },
          { sku: "B", quantity: 1.5 },
          { sku: "C", quantity: "1" },
        ],
      },
      [0, 1, 2].map((index) => ({ path: `items[${index}].quantity`, message: expect.any(String) })),
    ],
    [
      "the same SKU twice",
      {
        items: [
          { sku: "A", quantity: 1 },
          { sku: "A", quantity: 1 },
        ],
      },
      [{ path: "items[1].sku", message: "A is named twice" }],
    ],
    [
      "fields nobody knows, at any depth",
      { items: [{ sku: "A", quantity: 1, price: 1 }], total: 1, __proto: 1 },
      [
        { path: "items[0].price", message: "unknown field" },
        { path: "total", message: "unknown field" },
        { path: "__proto", message: "unknown field" },
      ],
    ],
    [
      "control characters in text",
      { items: [{ sku: "A", quantity: 1 }], subject: "two\nlines" },
      [{ path: "subject", message: "must be one line without control characters" }],
    ],
    [
      "a SKU of other characters",
      { items: [{ sku: "茶", quantity: 1 }] },
      [{ path: "items[0].sku", message: "must be 1 to 64 printable ASCII characters" }],
    ],
    [
      "more than a hundred items",
      { items: Array.from({ length: 101 }, (_, i) => ({ sku: `S${i}`, quantity: 1 })) },
      [{ path: "items", message: expect.any(String) }],
    ],
  ];

  it.each(refused)("with %s is refused, naming the field", async (_what, body, issues) => {
    const answer = await api.call("POST", "/orders", { as: CUSTOMER, body });
    expect(answer.status).toBe(400);
    expect(Object.keys(answer.body).sort()).toEqual(["code", "issues", "message", "requestId"]);
    expect(answer.body).toMatchObject({ code: "BAD_INPUT", issues });
  });

  it.each(["{", "[]", "null", '"text"', "{}}"])("that is no JSON object is refused (%s)", async (body) => {
    const answer = await api.call("POST", "/orders", { as: CUSTOMER, body });
    expect([answer.status, answer.body.code]).toEqual([400, "BAD_INPUT"]);
  });

  it("in a query string is held to the same rules", async () => {
    for (const query of ["limit=0", "limit=101", "limit=x", "limit=", "limit=1&limit=2", "page=1", "before=%00"]) {
      const answer = await api.call("GET", `/orders?${query}`, { as: CUSTOMER });
      expect([query, answer.status, answer.body.issues?.[0]?.path]).toEqual([query, 400, query.split("=")[0]]);
    }
  });

  it("with an amount of three decimals, or that is not what is left, is refused", async () => {
    const call = (amount: unknown) =>
      api.call("POST", "/payments/wechat/create", {
        as: CUSTOMER,
        body: { method: "WECHAT_NATIVE", orderId: "A", amount },
      });
    expect((await call("1.005")).body.issues).toEqual([{ path: "amount", message: expect.stringContaining("yuan") }]);
    expect((await call(1e21)).body.code).toBe("BAD_INPUT");
    expect((await call("1.00")).body.code).toBe("ORDER_NOT_FOUND");
  });
});

describe("addresses", () => {
  const api = openApi();
  it.each<["GET" | "POST", string]>([
    ["GET", "/nothing"],
    ["GET", "/payments/paypal/query/A"],
    ["POST", "/payments/paypal/create"],
    ["POST", "/payments/paypal/notify"],
    ["POST", "/payments/points/notify"],
    ["POST", "/payments/methods"],
  ])("%s %s is not there", async (verb, path) => {
    const answer = await api.call(verb, path, { as: OPERATOR });
    expect([answer.status, answer.body?.code]).toEqual([404, "NOT_FOUND"]);
  });

  it("of a provider that is off refuse it, and its callbacks", async () => {
    const names = Object.keys(environment()).filter((name) => name.startsWith("ALIPAY_"));
    const shop = openApi(environment(Object.fromEntries(names.map((name) => [name, undefined]))));
    const query = await shop.call("GET", "/payments/alipay/query/A", { as: OPERATOR });
    expect([query.status, query.body.code]).toEqual([400, "METHOD_UNAVAILABLE"]);
    const notify = await shop.call("POST", "/payments/alipay/notify", { body: "a=b" });
    expect([notify.status, notify.body.code]).toEqual([404, "NOT_FOUND"]);
  });

  it("that don't fit the method are refused by name", async () => {
    const body = { method: "ALIPAY_QR", orderId: "A", amount: "1.00" };
    const answer = await api.call("POST", "/payments/wechat/create", { as: OPERATOR, body });
    expect([answer.status, answer.body.code]).toEqual([400, "METHOD_PROVIDER_MISMATCH"]);
  });
});

describe("when the database fails", () => {
  afterEach(clearFaults);
  const sku = unique("PRIVATE-PARAMETER");
  const body = { items: [{ sku, quantity: 1 }], subject: "a private subject" };

  it("for good, the answer is 500 and neither it nor the log says how", async () => {
    const address = new URL(world().databaseUrl);
    address.password = "a-wrong-password";
    const api = openApi(environment({ DATABASE_URL: address.href }));
    const rest = await api.call("POST", "/orders", { as: CUSTOMER, body });
    expect([rest.status, rest.body.code]).toEqual([500, "INTERNAL"]);
    expectNothingLeaked(rest.text, api.lines, [sku, "private", "a-wrong-password"]);
    const fault = api.lines.map((line) => JSON.parse(line)).find((line) => line.event === "request.failed");
    expect(fault).toMatchObject({ level: "error", where: "/api/v1/orders", requestId: rest.body.requestId });

    const token = await tokenFor(CUSTOMER);
    const trpc = await api.send(
      new Request("http://shop.test/trpc/orders.create", {
        method: "POST",
        headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
        body: JSON.stringify({ json: body }),
      }),
    );
    const text = await trpc.text();
    expect(trpc.status).toBe(500);
    expect(JSON.parse(text).error.json).toMatchObject({
      message: "Something went wrong on our side.",
      data: { code: "INTERNAL_SERVER_ERROR", reason: "INTERNAL", requestId: expect.any(String) },
    });
    expectNothingLeaked(text, api.lines, [sku, "private", "a-wrong-password"]);
  });

  it("for a while, the answer is 503 and says when to come again", async () => {
    const api = openApi();
    const customer = await newCustomer(openShop());
    const lost = (at: number) => ({ at, match: "inventory_items", when: "before" as const, how: "drop" as const });
    await setFaults({ fail: [lost(1), lost(2)] });
    const answer = await api.call("POST", "/orders", { as: customer, body });
    expect([answer.status, answer.body.code, answer.headers.get("Retry-After")]).toEqual([503, "UNAVAILABLE", "1"]);
    expectNothingLeaked(answer.text, api.lines, [sku, "private"]);
    expect((await api.call("POST", "/orders", { as: customer, body })).body.code).toBe("UNKNOWN_SKU");
  });

  it("a callback is answered so that it comes again", async () => {
    const address = new URL(world().databaseUrl);
    address.password = "a-wrong-password";
    const api = openApi(environment({ DATABASE_URL: address.href }));
    const { headers, body } = await signedCallback({ provider: "alipay", callback: "trade", fields: {} });
    const notify = "http://shop.test/api/v1/payments/alipay/notify";
    const response = await api.send(new Request(notify, { method: "POST", headers, body }));
    expect([response.status, await response.text()]).toEqual([500, "failure"]);
    expectNothingLeaked("", api.lines, ["a-wrong-password"]);
  });
});

describe("a Worker that is not configured", () => {
  const api = openApi({ JWT_SECRET: "short-secret", WECHAT_APP_ID: "wx-private" });

  it("answers every request with 500, and logs every problem by name", async () => {
    for (const path of ["/orders", "/payments/methods", "/docs"]) {
      const answer = await api.call("GET", path);
      expect([answer.status, answer.body.code]).toEqual([500, "INTERNAL"]);
      expect(answer.text).not.toMatch(/DATABASE_URL|JWT/);
    }
    const trpc = await api.send(new Request("http://shop.test/trpc/payments.methods"));
    expect(trpc.status).toBe(500);
    const log = api.lines.join("\n");
    for (const name of ["DATABASE_URL", "JWT_SECRET", "WECHAT_MCH_ID", "WECHAT_API_V3_KEY"])
      expect(log).toContain(name);
    expect(log).not.toMatch(/short-secret|wx-private/);
  });

  it("is alive, and not ready", async () => {
    expect((await api.send(new Request("http://shop.test/healthz"))).status).toBe(200);
    const ready = await api.send(new Request("http://shop.test/readyz"));
    expect([ready.status, await ready.json()]).toEqual([503, { status: "not ready" }]);
  });
});

function expectNothingLeaked(text: string, lines: readonly string[], secrets: readonly string[]): void {
  const all: Pick<Answer, "text">[] = [{ text }, ...lines.map((line) => ({ text: line }))];
  for (const { text: said } of all) {
    expect(said).not.toMatch(
      /\b(select|insert|update)\b .*(from|into|set)|Failed query|params:|\n\s+at |node_modules/i,
    );
    for (const secret of secrets) expect(said).not.toContain(secret);
  }
}
