/** The Worker as it would be deployed: built, run by itself, and spoken to from outside only. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { SignJWT } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestHarness, type TestHarness } from "wrangler";
import { connectDatabase } from "../../db/client.ts";
import { SEED_USERS, seed } from "../../db/seed.ts";
import { world } from "../setup/slot.ts";

const SECRET = "a-secret-of-this-test-alone-0123456789";

let shop: TestHarness;
let brokenShop: TestHarness;
const cleanUps: (() => unknown)[] = [];

function startShop(databaseUrl: string): TestHarness {
  const variables = { ...world().env, DATABASE_URL: databaseUrl, JWT_SECRET: SECRET };
  return createTestHarness({ workers: [{ configPath: "./wrangler.toml", vars: variables }] });
}

/** A database that answers every statement with an error, as PlanetScale words it. */
async function failingDatabase(): Promise<string> {
  const message =
    'target: shop.-.primary: vttablet: rpc error: code = InvalidArgument desc = Unknown column (errno 1054) (sqlstate 42S22): Sql: "select secret_column"';
  const server = createServer((_request, response) => {
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ session: null, error: { code: "UNKNOWN", message } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanUps.push(() => server.close());
  return `http://user:password@127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  await seed(connectDatabase({ url: world().databaseUrl, timeoutMs: 10_000, fetch }), new Date());
  shop = startShop(world().databaseUrl);
  brokenShop = startShop(await failingDatabase());
  cleanUps.push(
    () => shop.close(),
    () => brokenShop.close(),
  );
  await Promise.all([shop.listen(), brokenShop.listen()]);
}, 60_000);

afterAll(async () => {
  for (const cleanUp of cleanUps) await cleanUp();
});

async function tokenOf(role: keyof typeof SEED_USERS): Promise<string> {
  const jwt = new SignJWT({ role }).setProtectedHeader({ alg: "HS256" }).setSubject(SEED_USERS[role]);
  return jwt.setExpirationTime("5m").sign(new TextEncoder().encode(SECRET));
}

async function call(at: TestHarness, role: keyof typeof SEED_USERS, path: string, body?: object) {
  const headers = {
    Authorization: `Bearer ${await tokenOf(role)}`,
    "Content-Type": "application/json",
    "Idempotency-Key": crypto.randomUUID(),
  };
  const posting = body && { method: "POST", body: JSON.stringify(body) };
  const response = await at.fetch(`/api/v1${path}`, { headers, ...posting });
  const text = await response.text();
  return { status: response.status, text, json: JSON.parse(text) as Record<string, string> };
}

async function simulator(path: string, body: object): Promise<unknown> {
  const response = await fetch(`${world().sandboxUrl}/_sandbox/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return await response.json();
}

test.each([
  ["wechat", "WECHAT_NATIVE", '{"code":"SUCCESS","message":"成功"}'],
  ["alipay", "ALIPAY_QR", "success"],
])("is paid through %s by a signed callback, and refunds", async (provider, method, thanks) => {
  const { json: order } = await call(shop, "customer", "/orders", { items: [{ sku: "STICKER", quantity: 3 }] });
  const request = { method, orderId: order.orderId, amount: order.amount };
  const payment = await call(shop, "customer", `/payments/${provider}/create`, request);
  expect(payment).toMatchObject({ status: 201, json: { status: "PENDING", amount: "0.03" } });

  const { outTradeNo } = payment.json;
  await simulator(`trades/${provider}/${outTradeNo}/pay`, {});
  type Delivery = { headers: Record<string, string>; body: string };
  const [delivery] = (await simulator("deliveries/take", { outTradeNo })) as Delivery[];
  if (!delivery) throw new Error("the simulator has nothing to deliver");
  const body = Buffer.from(delivery.body, "base64");
  const notify = { method: "POST", headers: delivery.headers, body };
  const answer = await shop.fetch(`/api/v1/payments/${provider}/notify`, notify);
  expect([answer.status, await answer.text()]).toEqual([200, thanks]);
  expect((await call(shop, "customer", `/orders/${order.orderId}`)).json.status).toBe("PAID");

  const refund = { orderId: order.orderId, reason: "不想要了" };
  expect(await call(shop, "operator", `/payments/${provider}/refund`, refund)).toMatchObject({
    status: 201,
    json: { amount: "0.03" },
  });
});

test("keeps SQL, parameters and stack traces to itself when a statement fails", async () => {
  const order = await call(brokenShop, "customer", "/orders", { items: [{ sku: "STICKER", quantity: 1 }] });
  expect(order).toMatchObject({
    status: 500,
    json: { code: "INTERNAL", message: "Something went wrong on our side." },
  });
  const headers = { Authorization: `Bearer ${await tokenOf("customer")}` };
  const overTrpc = await brokenShop.fetch("/trpc/orders.list?input=%7B%22json%22%3A%7B%7D%7D", { headers });
  const said = [order.text, await overTrpc.text(), ...brokenShop.getLogs().map((log) => JSON.stringify(log))].join(
    "\n",
  );
  expect(overTrpc.status).toBe(500);
  expect(said).toContain("DrizzleQueryError");
  expect(said).not.toMatch(/select |secret_column|inventory_items|STICKER|vttablet|node_modules|\.ts:\d+:\d+\)?\\n/);
});
