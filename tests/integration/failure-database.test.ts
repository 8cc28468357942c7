/** The database, failing in every way: what callers see, what is sent again, and what is left of it. */
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { DatabaseUnavailable } from "../../db/run.ts";
import { readConfig } from "../../src/config.ts";
import { JOB_NAMES, runJobs } from "../../src/jobs/run.ts";
import { runAudit } from "../../src/payments/audit/run-audit.ts";
import type { Actor } from "../../src/payments/context.ts";
import { getOrder } from "../../src/payments/orders/read-order.ts";
import { createServices } from "../../src/services.ts";
import { environment, openApi, tokenFor } from "./api/support.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { deliverEverything, payAt, type SignedDelivery, signedCallback, takeDeliveries } from "./support/controls.ts";
import { emptyBooks } from "./support/empty-books.ts";
import {
  ANY_FAULTS,
  DATABASE_FAULTS,
  type Fault,
  hang,
  isAlipay,
  isDatabase,
  isWechat,
  openWay,
} from "./support/failing.ts";
import { STATEMENTS } from "./support/interleave.ts";
import { newOrder } from "./support/purchases.ts";
import { newCustomer, newSku, OPERATOR, openShop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const way = openWay();
const asked: string[] = [];
const listening: typeof fetch = (input, init) => {
  const url = new URL(String(input));
  if (isWechat(url) || isAlipay(url)) asked.push(url.pathname);
  return way.fetch(input, init);
};
const api = openApi(environment(), listening);

const CUSTOMER: Actor = { id: "somebody", role: "customer" };
const UNAVAILABLE = "503 UNAVAILABLE 1";

/** Status, code and Retry-After of an answer, or what it says in a provider's own words. */
async function shown(response: Response): Promise<string> {
  const text = await response.text();
  const code = /"reason":"(\w+)"/.exec(text)?.[1] ?? /"code":"(\w+)"/.exec(text)?.[1] ?? text.slice(0, 16);
  const wait = response.headers.get("Retry-After");
  return [response.status, code, ...(wait === null ? [] : [wait])].join(" ").trim();
}

const SHOP = "https://shop.test";
const headersOf = async (as: Actor) => ({
  Authorization: `Bearer ${await tokenFor(as)}`,
  "Content-Type": "application/json",
  "Idempotency-Key": unique("key"),
});
const get = async (path: string, as?: Actor) =>
  shown(await api.send(new Request(SHOP + path, { headers: as ? await headersOf(as) : {} })));
const statusOf = async (path: string) => (await get(path)).slice(0, 3);
const post = async (path: string, as: Actor, body: object) =>
  shown(
    await api.send(
      new Request(SHOP + path, { method: "POST", headers: await headersOf(as), body: JSON.stringify(body) }),
    ),
  );
const tell = async (provider: string, { headers, body }: SignedDelivery) =>
  shown(await api.send(new Request(`${SHOP}/api/v1/payments/${provider}/notify`, { method: "POST", headers, body })));

const ORDER = "0".repeat(26);
const items = [{ sku: "SKU", quantity: 1 }];
let callbacks: Record<"wechat" | "alipay", SignedDelivery>;
beforeAll(async () => {
  callbacks = {
    wechat: await signedCallback({ provider: "wechat", callback: "trade" }),
    alipay: await signedCallback({ provider: "alipay", callback: "trade" }),
  };
});

/** Every kind of call, and what it comes to while there is no database. */
const CALLS: Readonly<Record<string, readonly [call: () => Promise<string>, answer: string]>> = {
  "whether it lives": [() => statusOf("/healthz"), "200"],
  "whether it is ready": [() => statusOf("/readyz"), "503"],
  "the description": [() => statusOf("/api/v1/docs"), "200"],
  "the description for programs": [() => statusOf("/api/v1/openapi.json"), "200"],
  "the methods": [() => statusOf("/api/v1/payments/methods"), "200"],
  "a list": [() => get("/api/v1/orders", CUSTOMER), UNAVAILABLE],
  "an order": [() => get(`/api/v1/orders/${ORDER}`, CUSTOMER), UNAVAILABLE],
  "the same over tRPC": [
    () => get(`/trpc/orders.list?input=${encodeURIComponent('{"json":{}}')}`, CUSTOMER),
    UNAVAILABLE,
  ],
  "a new order": [() => post("/api/v1/orders", CUSTOMER, { items }), UNAVAILABLE],
  "a payment": [
    () => post("/api/v1/payments/wechat/create", CUSTOMER, { method: "WECHAT_NATIVE", orderId: ORDER, amount: "1.00" }),
    UNAVAILABLE,
  ],
  "a query": [() => get(`/api/v1/payments/alipay/query/${ORDER}`, CUSTOMER), UNAVAILABLE],
  "a refund": [() => post("/api/v1/payments/wechat/refund", OPERATOR, { orderId: ORDER, reason: "退货" }), UNAVAILABLE],
  "a balance of points": [() => get("/api/v1/points", CUSTOMER), UNAVAILABLE],
  anomalies: [() => get("/api/v1/operations/anomalies", OPERATOR), UNAVAILABLE],
  "WeChat Pay's callback": [() => tell("wechat", callbacks.wechat), "500 FAIL"],
  "Alipay's callback": [() => tell("alipay", callbacks.alipay), "500 failure"],
};

const EXPECTED = Object.fromEntries(Object.entries(CALLS).map(([name, [, answer]]) => [name, answer]));

async function everyCall(): Promise<Record<string, string>> {
  const answers = Object.entries(CALLS).map(async ([name, [call]]) => [name, await call()] as const);
  return Object.fromEntries(await Promise.all(answers));
}

describe.each(Object.entries<Fault>(DATABASE_FAULTS))("a database that %s", (_, fault) => {
  it("is told to callers by a clear code, with when to come again, and to providers so that they do", async () => {
    way.spoil({ where: isDatabase, fault });
    asked.length = 0;
    const startedAt = Date.now();
    expect(await everyCall()).toEqual(EXPECTED);
    expect(Date.now() - startedAt).toBeLessThan(5000);
    await api.idle();
    way.heal();
    expect(asked).toEqual([]);
    expect(api.lines.join("\n")).not.toMatch(/select `|insert into|max_user|read-only option/);
  });
});

it("a database that hangs keeps nobody who needs none, and callbacks not for five seconds", {
  timeout: 60_000,
}, async () => {
  way.spoil({ where: isDatabase, fault: hang });
  const startedAt = Date.now();
  const took: Record<string, number> = {};
  const answers = Object.entries(CALLS).map(async ([name, [call]]) => {
    const said = await call();
    took[name] = Date.now() - startedAt;
    return [name, said];
  });
  expect(Object.fromEntries(await Promise.all(answers))).toEqual(EXPECTED);
  await api.idle();
  way.heal();
  for (const name of ["whether it lives", "the description", "the methods"]) expect(took[name]).toBeLessThan(1500);
  for (const name of ["WeChat Pay's callback", "Alipay's callback"]) expect(took[name]).toBeLessThan(5000);
  expect(Math.max(...Object.values(took))).toBeLessThan(15_000);
});

it("a question is asked twice, a statement that guards itself sent twice, the very same", async () => {
  way.spoil({ where: isDatabase, fault: ANY_FAULTS["says {}"] });
  await get("/api/v1/orders", CUSTOMER);
  expect(way.struck).toHaveLength(2);
  way.spoil({ where: isDatabase, fault: ANY_FAULTS["says {}"], match: STATEMENTS.settle });
  expect(await tell("wechat", await signedCallback({ provider: "wechat", callback: "trade" }))).toBe("500 FAIL");
  await api.idle();
  way.heal();
  expect(way.struck).toHaveLength(2);
  expect(way.struck[0]).toBe(way.struck[1]);
});

/** Statements whose answer is lost after they took effect, and of which a caller hears nothing but that. */
const STEPS = {
  order: "update `orders`",
  attempt: STATEMENTS.insertAttempt,
  credential: STATEMENTS.openAttempt,
  settlement: STATEMENTS.settle,
  refund: "insert into `refund_records`",
  reservation: STATEMENTS.reserveRefund,
};

it.each(["breaks off", "says {}", "shows a page", "is overloaded, 429"] as const)(
  "nothing half-done is left of a purchase every step of which the database answers wrongly (it %s)",
  { timeout: 60_000 },
  async (name) => {
    const shop = openShop();
    await emptyBooks(shop);
    const [customer, sku] = [await newCustomer(shop), await newSku(shop, 10)];
    const lose = (match: string) =>
      way.spoil({ where: isDatabase, fault: ANY_FAULTS[name], times: 2, match, when: "after" });
    /** The first call may be sending it for a minute. */
    const aMinuteLater = () =>
      shop.db.execute(
        sql`update refund_records set decided_at = decided_at - interval 61 second where state = 'CREATED'`,
      );
    /** As callers do: the same again, with the same key, when told so. */
    const insist = async (step: string, path: string, as: Actor, body: object): Promise<Record<string, string>> => {
      const headers = await headersOf(as);
      lose(step);
      for (let tries = 0; tries < 4; tries++) {
        const request = new Request(SHOP + path, { method: "POST", headers, body: JSON.stringify(body) });
        const response = await api.send(request);
        if (response.ok) return await response.json();
        expect(await shown(response)).toMatch(/^(?:503 UNAVAILABLE|409 REQUEST_IN_PROGRESS) \d+$/);
        way.heal();
        if (response.status === 409) await aMinuteLater();
      }
      throw new Error(`${path} never came to an end`);
    };
    const { orderId = "" } = await insist(STEPS.order, "/api/v1/orders", customer, { items: [{ sku, quantity: 2 }] });
    const method = { method: "WECHAT_NATIVE", orderId, amount: "20.00" };
    await insist(STEPS.attempt, "/api/v1/payments/wechat/create", customer, method);
    const { outTradeNo = "" } = await insist(STEPS.credential, "/api/v1/payments/wechat/create", customer, method);
    await payAt("wechat", outTradeNo);
    const [callback] = await takeDeliveries(outTradeNo);
    if (!callback) throw new Error("no callback");
    lose(STEPS.settlement);
    expect(await tell("wechat", callback)).toBe("500 FAIL");
    way.heal();
    expect(await tell("wechat", callback)).toBe("200 SUCCESS");
    const refund = { orderId, reason: "退货" };
    await insist(STEPS.refund, "/api/v1/payments/wechat/refund", OPERATOR, { ...refund, amount: "5.00" });
    await insist(STEPS.reservation, "/api/v1/payments/wechat/refund", OPERATOR, { ...refund, amount: "6.00" });
    way.heal();
    await api.idle();
    await letPass(shop, 6 * 60);
    await runJobs(shop.ctx);
    await deliverEverything(shop);
    await letPass(shop, 60);
    await runJobs(shop.ctx);
    await shop.idle();
    await expectBooksInOrder(shop, { orderIds: [orderId], skus: [sku], users: [customer.id] });
    const audited = await runAudit(async (statement) => (await shop.db.execute(statement)).rows, {
      now: new Date(shop.ctx.now()),
    });
    expect(audited.results.filter(({ findings }) => findings > 0)).toEqual([]);
  },
);

it("a run of the jobs without a database comes to its end, says so, and the next one does everything", async () => {
  const shop = openShop();
  const { orderId } = await newOrder(shop);
  await letPass(shop, 31 * 60);
  const lines: string[] = [];
  const surroundings = { fetch: way.fetch, now: shop.ctx.now, writeLog: (line: string) => void lines.push(line) };
  const services = createServices(readConfig(environment()), surroundings);
  const jobs = () => runJobs(services.jobContext({ requestId: unique("run"), waitUntil: () => {} }));
  way.spoil({ where: isDatabase, fault: ANY_FAULTS["is gone"] });
  await expect(jobs()).rejects.toThrow(DatabaseUnavailable);
  way.heal();
  const failed = lines.filter((line) => line.includes('"job.failed"')).map((line) => JSON.parse(line).job);
  expect(failed.length).toBeGreaterThan(JOB_NAMES.length / 2);
  await jobs();
  expect(await getOrder(shop.ctx, OPERATOR, orderId)).toMatchObject({ status: "CLOSED" });
});
