/** How often somebody may call: by the bindings of wrangler.toml, as the Worker meets them. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Actor } from "../../../src/payments/context.ts";
import { LIMITS } from "../../../src/security/rate-limits.ts";
import { payAt, signedCallback } from "../support/controls.ts";
import { newOrder, startPayment } from "../support/purchases.ts";
import { openShop, unique } from "../support/shop.ts";
import { type Api, environment, openApi, tokenFor } from "./support.ts";

const SHOP = "http://shop.test";
/** The numbers of wrangler.toml, but for addresses: thirty a minute are counted sooner than six hundred. */
const BINDINGS = {
  ...Object.fromEntries(Object.values(LIMITS).map((name) => [name, Reflect.get(env, name)])),
  [LIMITS.addresses]: Reflect.get(env, LIMITS.money),
};

let api: Api;
let customer: Actor;
/** Addresses are counted as long as the tests run: each test has its own. */
let address: string;
let nextAddress = 1;

/** The counters begin anew with each minute of the clock: what a minute's end has cut in two is done again. */
function inOneMinute(attempt: () => Promise<void>): () => Promise<void> {
  const minute = () => Math.floor(Date.now() / 60_000);
  return async () => {
    for (;;) {
      startAnew();
      const begun = minute();
      const failure = await attempt().then(
        () => undefined,
        (error: unknown) => ({ error }),
      );
      if (minute() !== begun) continue;
      if (failure) throw failure.error;
      return;
    }
  };
}

function startAnew(): void {
  api = openApi({ ...environment(), ...BINDINGS });
  customer = { id: unique("limited"), role: "customer" };
  address = `2001:db8:${(nextAddress++).toString(16)}:${process.env.VITEST_POOL_ID}::1`;
}

const from = () => ({ "CF-Connecting-IP": address });

/** How many of so many requests are answered by each status, and the last answer. */
async function statuses(times: number, send: () => Promise<Response>) {
  const counts: Record<number, number> = {};
  let last = new Response();
  for (let i = 0; i < times; i++) {
    last = await send();
    counts[last.status] = (counts[last.status] ?? 0) + 1;
    if (i < times - 1) await last.text();
  }
  return { counts, last };
}

async function sendAs(actor: Actor, path: string, body?: object, headers: Record<string, string> = {}) {
  const token = await tokenFor(actor);
  return api.send(
    new Request(SHOP + path, {
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json", ...headers },
      ...(body && { method: "POST", body: JSON.stringify(body) }),
    }),
  );
}

describe("a customer", () => {
  const orderNothing = (actor = customer) => sendAs(actor, "/api/v1/orders", {});

  it(
    "may ask for twenty orders a minute, and hears when to come again; nobody else is held up",
    inOneMinute(async () => {
      const { counts, last } = await statuses(22, orderNothing);
      expect(counts).toEqual({ 400: 20, 429: 2 });
      expect(last.headers.get("Retry-After")).toBe("60");
      expect(await last.json()).toEqual({
        code: "RATE_LIMITED",
        message: "Too many requests. Slow down.",
        requestId: expect.any(String),
      });
      expect((await orderNothing({ ...customer, id: unique("other") })).status).toBe(400);
      expect((await sendAs(customer, "/api/v1/orders")).status).toBe(200);
      expect((await sendAs(customer, "/api/v1/payments/wechat/create", {})).status).toBe(400);
    }),
  );

  it(
    "is counted for each call of a batch, over either transport alike",
    inOneMinute(async () => {
      for (let i = 0; i < 15; i++) await orderNothing();
      const batch = Array.from({ length: 10 }, () => "orders.create").join();
      const calls = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [i, { json: {} }]));
      const response = await sendAs(customer, `/trpc/${batch}?batch=1`, calls);
      const answers = (await response.json()) as { error: { json: { data: { reason: string } } } }[];
      const reasons = answers.map(({ error }) => error.json.data.reason);
      expect(reasons.filter((reason) => reason === "BAD_INPUT")).toHaveLength(5);
      expect(reasons.filter((reason) => reason === "RATE_LIMITED")).toHaveLength(5);
      expect(response.headers.get("Retry-After")).toBe("60");
    }),
  );

  it(
    "who may only do less is told that first by the limit, whatever else is wrong",
    inOneMinute(async () => {
      const { counts } = await statuses(31, () => sendAs(customer, "/api/v1/refunds/x/approve", {}));
      expect(counts).toEqual({ 403: 30, 429: 1 });
    }),
  );
});

describe("those who work for many", () => {
  it.each(["service", "operator", "auditor"] as const)("(%s) do not meet the limits of customers", (role) =>
    inOneMinute(async () => {
      const actor = { id: unique(role), role };
      const { counts } = await statuses(40, () => sendAs(actor, "/api/v1/orders?limit=1"));
      expect(counts).toEqual({ 200: 40 });
      const { counts: made } = await statuses(25, () => sendAs(actor, "/api/v1/orders", {}));
      expect(made).toEqual({ [role === "auditor" ? 403 : 400]: 25 });
    })(),
  );
});

/** How the calls of so many batches of ten are answered that anybody may make. */
async function callPublic(batches: number, at: Api = api): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const names = Array.from({ length: 10 }, () => "payments.methods").join();
  for (let i = 0; i < batches; i++) {
    const response = await at.send(new Request(`${SHOP}/trpc/${names}?batch=1`, { headers: from() }));
    for (const answer of (await response.json()) as { error?: { json: { data: { reason: string } } } }[]) {
      const reason = answer.error?.json.data.reason ?? "ok";
      counts[reason] = (counts[reason] ?? 0) + 1;
    }
  }
  return counts;
}

describe("an address", () => {
  const tryToken = (network = address) => {
    const headers = { Authorization: "Bearer not.a.token", "CF-Connecting-IP": network };
    return api.send(new Request(`${SHOP}/api/v1/orders`, { headers }));
  };

  it(
    "may try out sixty tokens a minute; those who have a good one are not held up by it",
    inOneMinute(async () => {
      const { counts, last } = await statuses(61, () => tryToken());
      expect(counts).toEqual({ 401: 60, 429: 1 });
      expect(last.headers.get("Retry-After")).toBe("60");
      expect((await tryToken(address.replace("::1", "::ffff"))).status).toBe(429);
      expect((await tryToken("203.0.113.9")).status).toBe(401);
      expect((await sendAs(customer, "/api/v1/orders", undefined, from())).status).toBe(200);
    }),
  );

  it(
    "is what the edge says, whatever else the caller claims",
    inOneMinute(async () => {
      let i = 0;
      const { counts } = await statuses(61, () =>
        api.send(
          new Request(`${SHOP}/api/v1/orders`, {
            headers: { ...from(), "X-Forwarded-For": `10.0.0.${i++}`, "X-Real-IP": `10.0.0.${i}` },
          }),
        ),
      );
      expect(counts).toEqual({ 401: 60, 429: 1 });
    }),
  );

  it(
    "may send sixty bodies that nobody can read",
    inOneMinute(async () => {
      const send = () =>
        api.send(
          new Request(`${SHOP}/trpc/orders.create`, {
            method: "POST",
            headers: { ...from(), "Content-Type": "application/json" },
            body: '{"json":{},"json":{}}',
          }),
        );
      expect((await statuses(61, send)).counts).toEqual({ 400: 60, 429: 1 });
    }),
  );

  it(
    "may look at what is open to all as often as its limit says, all of it together",
    inOneMinute(async () => {
      const paths = ["/healthz", "/api/v1/docs", "/api/v1/openapi.json", "/api/v1/payments/alipay/return"];
      let i = 0;
      const look = () => api.send(new Request(`${SHOP}${paths[i++ % 4]}`, { headers: from() }));
      expect((await statuses(8, look)).counts).toEqual({ 200: 8 });
      expect(await callPublic(2)).toEqual({ ok: 20 });
      expect(await callPublic(1)).toEqual({ ok: 2, RATE_LIMITED: 8 });
      expect((await look()).status).toBe(429);
      expect((await sendAs(customer, "/api/v1/payments/methods", undefined, from())).status).toBe(200);
    }),
  );
});

describe("callbacks", () => {
  const post = (provider: string, { headers, body }: { headers: HeadersInit; body: BodyInit }, network = address) => {
    const request = new Request(`${SHOP}/api/v1/payments/${provider}/notify`, { method: "POST", headers, body });
    request.headers.set("CF-Connecting-IP", network);
    return api.send(request);
  };

  it.each([
    ["wechat", /"code":"FAIL"/],
    ["alipay", /^failure$/],
  ] as const)("of %s that are forged are put off beyond their limit, before anything is verified", (provider, words) =>
    inOneMinute(async () => {
      const { headers, body } = await signedCallback({ provider, callback: "trade", flaw: "bad_signature" });
      const { counts, last } = await statuses(100, () => post(provider, { headers, body }));
      expect((counts[401] ?? 0) + (counts[429] ?? 0)).toBe(100);
      expect(counts[401]).toBeGreaterThanOrEqual(61);
      expect(counts[429]).toBeGreaterThan(20);
      if (last.status === 429) expect(last.headers.get("Retry-After")).toBe("60");
      expect(await last.text()).toMatch(words);
      const unverified = api.lines.filter((line) => line.includes("callback.unverified")).length;
      expect(unverified).toBe(counts[401]);
    })(),
  );

  it(
    "that are genuine are taken while others flood, from another address or from the same",
    inOneMinute(async () => {
      const shop = openShop();
      const outTradeNo = await startPayment(shop, await newOrder(shop), "wechat");
      await payAt("wechat", outTradeNo);
      const forged = await signedCallback({ provider: "wechat", callback: "trade", flaw: "bad_signature" });
      await statuses(100, () => post("wechat", forged));
      const genuine = await signedCallback({ provider: "wechat", callback: "trade", outTradeNo });
      expect((await post("wechat", genuine, "203.0.113.200")).status).toBe(200);
      // From the flooded address too: if not this one, then the repeat.
      const { counts } = await statuses(1, async () => {
        for (let tries = 0; ; tries++) {
          const response = await post("wechat", genuine);
          if (response.status !== 429 || tries > 500) return response;
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      });
      expect(counts).toEqual({ 200: 1 });
      expect((await statuses(20, () => post("wechat", forged))).counts).toEqual({ 401: 20 });
    }),
  );

  it(
    "are not counted among anything else that the address does",
    inOneMinute(async () => {
      const headers = { ...from(), Authorization: "Bearer not.a.token" };
      await statuses(61, () => api.send(new Request(`${SHOP}/api/v1/orders`, { headers })));
      expect(await callPublic(4)).toEqual({ ok: 30, RATE_LIMITED: 10 });
      const forged = await signedCallback({ provider: "wechat", callback: "trade", flaw: "bad_signature" });
      expect((await post("wechat", forged)).status).toBe(401);
    }),
  );
});

it(
  "a Worker without bindings limits nothing and says so once",
  inOneMinute(async () => {
    const bare = openApi();
    expect(await callPublic(61, bare)).toEqual({ ok: 610 });
    const told = bare.lines.map((line) => JSON.parse(line)).filter(({ event }) => event === "rate_limits.missing");
    expect(told).toMatchObject([{ level: "warn", bindings: Object.values(LIMITS).join(" ") }]);
  }),
);
