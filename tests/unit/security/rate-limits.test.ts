/** Limits as far as they are our own code: what counts as what, and what happens without a binding. */
import { describe, expect, it } from "vitest";
import { ROLES, type Role } from "../../../src/payments/context.ts";
import { LIMITS, type Limit, PERIOD_SECONDS, RateLimits, readLimiters } from "../../../src/security/rate-limits.ts";
import { createLogger } from "../../../src/telemetry/log.ts";
import wrangler from "../../../wrangler.toml?raw";

/** Limits that let everything through, and tell what was counted. */
function watched() {
  const counted: (readonly [Limit, string])[] = [];
  const names = Object.keys(LIMITS) as Limit[];
  const limiterOf = (name: Limit) => ({
    limit: async ({ key }: { readonly key: string }) => {
      counted.push([name, key]);
      return { success: true };
    },
  });
  return { counted, limits: new RateLimits(Object.fromEntries(names.map((name) => [name, limiterOf(name)]))) };
}

describe("a call counts", () => {
  const cases: readonly (readonly [Role, string, string, Limit])[] = [
    ["customer", "orders.list", "query", "reads"],
    ["customer", "payments.query", "query", "reads"],
    ["customer", "orders.create", "mutation", "orders"],
    ["customer", "payments.create", "mutation", "payments"],
    ["customer", "combined.create", "mutation", "payments"],
    ["customer", "refunds.create", "mutation", "money"],
    ["customer", "orders.cancel", "mutation", "money"],
    ["customer", "whatever.comes", "mutation", "money"],
    ["service", "orders.create", "mutation", "services"],
    ["service", "orders.get", "query", "services"],
    ["operator", "refunds.create", "mutation", "operators"],
    ["auditor", "operations.audit", "query", "operators"],
  ];
  it.each(cases)("of a %s to %s (%s) as one of %s", async (role, path, type, limit) => {
    const { limits, counted } = watched();
    await limits.countCall({ id: "somebody", role }, path, type);
    expect(counted).toEqual([[limit, `${role} somebody`]]);
  });

  it("for nobody but this user in this role", async () => {
    const { limits, counted } = watched();
    for (const role of ROLES) await limits.countCall({ id: "same", role }, "orders.list", "query");
    expect(new Set(counted.map(([, key]) => key)).size).toBe(ROLES.length);
  });
});

describe("without a binding", () => {
  it("nothing is limited", async () => {
    const limits = new RateLimits({});
    for (let i = 0; i < 1000; i++) await limits.count("orders", "somebody");
  });

  it("or with one that fails, calls go on and the log says so", async () => {
    const lines: string[] = [];
    const log = createLogger(
      {},
      (line) => lines.push(line),
      () => 0,
    );
    const limit = () => Promise.reject(new Error("no counters today"));
    await new RateLimits({ orders: { limit } }, log).count("orders", "somebody");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ event: "rate_limit.failed", limit: "orders" }]);
    expect(lines.join()).not.toMatch(/somebody|counters/);
  });

  it("but with a variable of its name, none is taken for one", () => {
    expect(readLimiters({ RATE_LIMIT_READS: "300", RATE_LIMIT_ORDERS: { limit: 20 } })).toEqual({});
  });
});

it("beyond a limit says when to come again, and the log names nobody", async () => {
  const lines: string[] = [];
  const log = createLogger(
    {},
    (line) => lines.push(line),
    () => 0,
  );
  const limits = new RateLimits({ orders: { limit: async () => ({ success: false }) } }, log);
  const refusal = limits.countCall({ id: "somebody", role: "customer" }, "orders.create", "mutation");
  await expect(refusal).rejects.toMatchObject({ code: "RATE_LIMITED", status: 429, details: { retryAfter: 60 } });
  expect(lines.join()).toContain('"event":"rate_limit.exceeded"');
  expect(lines.join()).not.toContain("somebody");
});

it("wrangler.toml binds every limit, each by a counter of its own and for the period that callers are told", () => {
  const bound = [
    ...wrangler.matchAll(
      /^\[\[ratelimits\]\]\nname = "(\w+)"\nnamespace_id = "(\d+)"\nsimple = \{ limit = (\d+), period = (\d+) \}$/gm,
    ),
  ];
  expect(bound.map(([, name]) => name).sort()).toEqual(Object.values(LIMITS).sort());
  expect(new Set(bound.map(([, , namespace]) => namespace)).size).toBe(bound.length);
  expect(bound.map(([, , , , period]) => Number(period))).toEqual(bound.map(() => PERIOD_SECONDS));
});
