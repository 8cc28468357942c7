/** GET /metrics: for whom, in which form, from whichever isolate, and when the database is gone. */
import { sql } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { ANOMALY_KINDS } from "../../../db/schema/records.ts";
import { runJobs } from "../../../src/jobs/run.ts";
import { recordAnomaly } from "../../../src/payments/anomalies.ts";
import type { Actor } from "../../../src/payments/context.ts";
import { type Family, parsePrometheus } from "../../support/prometheus.ts";
import { startAfresh } from "../support/afresh.ts";
import { clearFaults, deliverAll, payAt, roundTrips, setFaults } from "../support/controls.ts";
import { emptyBooks } from "../support/empty-books.ts";
import { newOrder, newPaidOrder } from "../support/purchases.ts";
import { newCustomer, OPERATOR, openShop, SERVICE, unique } from "../support/shop.ts";
import { environment, openApi, tokenFor } from "./support.ts";

const METRICS_TOKEN = "made-by-hand.for~scrapers+only/123==";
const AUDITOR: Actor = { id: "auditor-1", role: "auditor" };

const open = () => openApi(environment({ METRICS_TOKEN }));
const api = open();

interface Scraped {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

async function scrape(authorization?: string, by = api, requestId = unique("scrape")): Promise<Scraped> {
  const headers = { "X-Request-Id": requestId, ...(authorization !== undefined && { Authorization: authorization }) };
  const response = await by.send(new Request("http://shop.test/metrics", { headers }));
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const families = async (by = api) => parsePrometheus((await scrape(`Bearer ${METRICS_TOKEN}`, by)).text);

function valueIn(from: Map<string, Family>, metric: string, labels: Record<string, string> = {}): number | undefined {
  const name = metric.replace(/_(bucket|sum|count)$/, "");
  const family = from.get(metric) ?? from.get(name);
  const wanted = Object.entries(labels);
  return family?.samples.find(
    (sample) => sample.name === metric && wanted.every(([label, value]) => sample.labels[label] === value),
  )?.value;
}

afterAll(startAfresh);

describe("are for", () => {
  const callers: readonly [string, () => Promise<string | undefined>, number][] = [
    ["a scraper with its token", async () => `Bearer ${METRICS_TOKEN}`, 200],
    ["an operator", async () => `Bearer ${await tokenFor(OPERATOR)}`, 200],
    ["an auditor", async () => `Bearer ${await tokenFor(AUDITOR)}`, 200],
    ["nobody with another token", async () => `Bearer ${METRICS_TOKEN}x`, 401],
    ["nobody with a part of it", async () => `Bearer ${METRICS_TOKEN.slice(0, -1)}`, 401],
    ["nobody with an empty one", async () => "Bearer ", 401],
    ["nobody with it in another scheme", async () => `Basic ${METRICS_TOKEN}`, 401],
    ["nobody without one", async () => undefined, 401],
    ["no service", async () => `Bearer ${await tokenFor(SERVICE)}`, 403],
    ["no customer", async () => `Bearer ${await tokenFor(await newCustomer(openShop()))}`, 403],
  ];

  it.each(callers)("%s", async (_, authorization, status) => {
    const answer = await scrape(await authorization());
    expect(answer.status).toBe(status);
    if (status !== 200) expect(answer.text).not.toContain("zhongdao_pay");
  });

  it("nobody by a token that is not set", async () => {
    for (const given of ["Bearer undefined", "Bearer ", "Bearer null"]) {
      expect((await scrape(given, openApi())).status).toBe(401);
    }
  });
});

describe("are", () => {
  beforeEach(() => emptyBooks(openShop()));

  it("in Prometheus' format, with all states, and without a name of anybody", async () => {
    const shop = openShop();
    const paid = await newPaidOrder(shop, "wechat");
    await recordAnomaly(shop.ctx, { kind: "UNKNOWN_TRADE", number: "4200000000", detail: {} });
    await runJobs(shop.ctx);
    await shop.idle();
    const { status, headers, text } = await scrape(`Bearer ${METRICS_TOKEN}`);
    expect([status, headers.get("Content-Type")]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
    expect(headers.get("Cache-Control")).toBe("no-store");
    const found = parsePrometheus(text);
    for (const name of found.keys()) expect(name).toMatch(/^zhongdao_pay_[a-z_]+$/);
    expect(found.get("zhongdao_pay_anomalies_open")?.samples.map(({ labels }) => labels.kind)).toEqual(ANOMALY_KINDS);
    expect(valueIn(found, "zhongdao_pay_anomalies_open", { kind: "UNKNOWN_TRADE" })).toBe(1);
    expect(valueIn(found, "zhongdao_pay_order_success_ratio")).toBe(1);
    expect(valueIn(found, "zhongdao_pay_job_last_run_ok", { job_name: "figures" })).toBe(1);
    expect(valueIn(found, "zhongdao_pay_stock_compared_timestamp_seconds")).toBeGreaterThan(1e9);
    expect(valueIn(found, "zhongdao_pay_callback_delay_seconds_count", { provider: "wechat" })).toBe(1);
    expect(valueIn(found, "zhongdao_pay_booking_delay_seconds_bucket", { provider: "wechat", le: "86400" })).toBe(1);
    const labels = [...found.values()].flatMap(({ samples }) =>
      samples.flatMap((sample) => Object.keys(sample.labels)),
    );
    const allowed = ["provider", "method", "operation", "outcome", "kind", "what", "job_name", "le"];
    expect(new Set(labels)).toEqual(new Set(labels.filter((label) => allowed.includes(label))));
    for (const secret of [paid.orderId, paid.outTradeNo, paid.customer.id, paid.sku, "4200000000"]) {
      expect(text).not.toContain(secret);
    }
  });

  it("the same from every isolate, with the second that has just passed", async () => {
    const labels = { provider: "wechat", method: "WECHAT_NATIVE", outcome: "ok" };
    const [one, other] = [open(), open()];
    for (let n = 1; n <= 2; n++) {
      const { customer, orderId } = await newOrder(openShop());
      const body = { method: "WECHAT_NATIVE", orderId, amount: "30.00" };
      const made = await one.call("POST", "/payments/wechat/create", { as: customer, body });
      expect(made.status).toBe(201);
      const outTradeNo = String(made.body.outTradeNo);
      await payAt("wechat", outTradeNo);
      await deliverAll(openShop(), "wechat", outTradeNo);
      await one.idle();
      const [here, there] = [await families(one), await families(other)];
      expect(there.get("zhongdao_pay_create_payment_seconds")).toEqual(here.get("zhongdao_pay_create_payment_seconds"));
      expect(valueIn(there, "zhongdao_pay_create_payment_seconds_count", labels)).toBe(n);
      expect(valueIn(there, "zhongdao_pay_provider_call_seconds_count", { operation: "create", outcome: "ok" })).toBe(
        n,
      );
      expect(valueIn(there, "zhongdao_pay_attempts_ended_total", { method: "WECHAT_NATIVE", outcome: "paid" })).toBe(n);
    }
  });

  it("the same for many at once", async () => {
    await newPaidOrder(openShop(), "alipay");
    const texts = await Promise.all(Array.from({ length: 5 }, () => scrape(`Bearer ${METRICS_TOKEN}`)));
    const counters = texts.map(({ text }) => text.split("# HELP zhongdao_pay_attempts_ended_total")[1]);
    expect(new Set(counters).size).toBe(1);
  });

  it("read in three round trips", async () => {
    const requestId = unique("scrape");
    await runJobs(openShop().ctx, ["figures"]);
    await scrape(`Bearer ${METRICS_TOKEN}`, api, requestId);
    expect(await roundTrips(requestId)).toBe(3);
  });
});

describe("without a database", () => {
  it("are not to be had, which is said at once when it can't be reached", async () => {
    const gone = openApi(environment({ METRICS_TOKEN, DATABASE_URL: "http://user:password@127.0.0.1:1" }));
    const answer = await scrape(`Bearer ${METRICS_TOKEN}`, gone);
    expect([answer.status, answer.headers.get("Retry-After")]).toEqual([503, "1"]);
    expect(answer.text).not.toMatch(/select|127\.0\.0\.1/);
  });

  it("and in time when it hangs", async () => {
    await setFaults({ latencyMs: 15_000 });
    const startedAt = Date.now();
    expect((await scrape(`Bearer ${METRICS_TOKEN}`)).status).toBe(503);
    expect(Date.now() - startedAt).toBeLessThan(8000);
    await clearFaults();
    await openShop().db.execute(sql`select 1`);
  });
});

it("are what operations.figures says, in the window that was asked for", async () => {
  await emptyBooks(openShop());
  await newPaidOrder(openShop(), "wechat");
  const { status, body } = await api.call("GET", "/operations/figures?minutes=15", { as: AUDITOR });
  expect([status, body.success?.attempts]).toMatchObject([200, { paid: 1, rate: 1 }]);
  expect(Date.parse(String(body.to)) - Date.parse(String(body.from))).toBe(15 * 60_000);
  expect(body.success?.byMethod).toMatchObject([{ provider: "wechat", method: "WECHAT_NATIVE", paid: 1 }]);
  expect(body.abnormal).toMatchObject({ anomalies: [], held: { count: 0, amount: "0.00" } });
  const refused = await api.call("GET", "/operations/figures?minutes=7", { as: AUDITOR });
  expect([refused.status, refused.body.issues?.[0]]).toMatchObject([400, { path: "minutes" }]);
});
