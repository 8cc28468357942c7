import { Client } from "@planetscale/database";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openGateway, type TestGateway } from "./support.ts";

let db: TestGateway;

beforeAll(async () => {
  db = await openGateway("faults");
  await db.client.execute("create table t (id int primary key, n int not null)");
});

beforeEach(async () => {
  await db.control("DELETE", "faults");
  await db.client.execute("replace into t values (1, 0)");
  await db.control("POST", "stats/reset");
});

afterAll(() => db.close());

const add = () => db.client.execute("update t set n = n + 1 where id = 1");

async function value(): Promise<unknown> {
  const { rows } = await db.client.execute("select n from t", null, { as: "array" });
  return rows.flat()[0];
}

test("dropped before: nothing happened", async () => {
  await db.control("POST", "faults", { fail: [{ at: 1, when: "before", how: "drop" }] });
  await expect(add()).rejects.toThrow(TypeError);
  expect(await value()).toBe(0);
});

test("dropped after: it happened, and the answer is lost", async () => {
  await db.control("POST", "faults", { fail: [{ at: 1, when: "after", how: "drop" }] });
  await expect(add()).rejects.toThrow(TypeError);
  expect(await value()).toBe(1);
});

test("a 503 before and one after differ only in what happened", async () => {
  await db.control("POST", "faults", { fail: [{ at: 1, when: "before", how: "503" }] });
  await expect(add()).rejects.toMatchObject({ name: "UnknownError", status: 503 });
  expect(await value()).toBe(0);
  await db.control("POST", "faults", { fail: [{ at: 1, when: "after", how: "503" }] });
  await expect(add()).rejects.toMatchObject({ name: "UnknownError", status: 503 });
  expect(await value()).toBe(1);
});

test("an injected deadlock looks like a real one and changed nothing", async () => {
  await db.control("POST", "faults", { fail: [{ at: 1, when: "before", how: "deadlock" }] });
  await expect(add()).rejects.toThrow("code = Aborted desc = Deadlock found");
  expect(await value()).toBe(0);
});

test("a deadlock injected into a transaction ends that transaction", async () => {
  const connection = db.connection();
  await connection.execute("begin");
  await connection.execute("update t set n = 7 where id = 1");
  await db.control("POST", "faults", { fail: [{ at: 1, when: "before", how: "deadlock" }] });
  await expect(connection.execute("select 1")).rejects.toThrow("(errno 1213)");
  await expect(connection.execute("commit")).rejects.toThrow("code = Aborted");
  expect(await value()).toBe(0);
});

test("a lost COMMIT is committed", async () => {
  await db.control("POST", "faults", { fail: [{ at: 1, match: "COMMIT", when: "after", how: "drop" }] });
  const transaction = db.client.transaction((tx) => tx.execute("update t set n = 5 where id = 1"));
  await expect(transaction).rejects.toThrow();
  expect(await value()).toBe(5);
});

test("a fault counts round trips, of matching statements only, and strikes once", async () => {
  await db.control("POST", "faults", { fail: [{ at: 2, match: "n + 1", when: "before", how: "drop" }] });
  await add();
  await value();
  await expect(add()).rejects.toThrow();
  await add();
  expect(await value()).toBe(2);
});

test("faults of one database leave the others alone", async () => {
  await db.control("POST", "faults", { fail: [{ at: 1, when: "before", how: "drop" }] });
  const other = new Client({ url: db.gateway.url("information_schema") });
  expect((await other.execute("select 'here' a")).rows).toEqual([{ a: "here" }]);
  await expect(add()).rejects.toThrow();
});

test("latency delays every round trip until it is taken back", async () => {
  await db.control("POST", "faults", { latencyMs: 60 });
  const startedAt = performance.now();
  await value();
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(55);
});

test("a pause holds a statement before it runs until resumed", async () => {
  await db.control("POST", "faults", { pause: [{ at: 1, match: "update", when: "before", name: "gate" }] });
  const held = add();
  expect((await db.control("GET", "paused/gate")).body).toEqual({ name: "gate" });
  expect((await db.control("GET", "paused")).body).toEqual({ paused: ["gate"] });
  expect(await value()).toBe(0);
  expect((await db.control("POST", "resume", { name: "gate" })).status).toBe(200);
  await held;
  expect(await value()).toBe(1);
});

test("a pause after a statement holds only its answer", async () => {
  await db.control("POST", "faults", { pause: [{ at: 1, match: "update", when: "after", name: "answer" }] });
  const held = add();
  await db.control("GET", "paused/answer");
  expect(await value()).toBe(1);
  await db.control("DELETE", "faults");
  await held;
});

test("resuming what is not paused, and faults that make no sense, are told", async () => {
  expect((await db.control("POST", "resume", { name: "nowhere" })).status).toBe(404);
  const wrong = await db.control("POST", "faults", { fail: [{ at: 0, when: "after", how: "deadlock" }] });
  expect(wrong.status).toBe(400);
  expect(JSON.stringify(wrong.body)).toContain("fail[0]");
});

test("round trips are counted, in all and by request", async () => {
  const client = new Client({
    url: db.url,
    fetch: (input, init) => fetch(input, { ...init, headers: { ...init?.headers, "X-Request-Id": "r-1" } }),
  });
  await client.execute("select 1");
  await client.execute("select 2");
  await db.client.execute("select 3");
  const { body } = await db.control("GET", "stats");
  expect(body).toMatchObject({
    roundTrips: 3,
    byRequest: { "r-1": 2 },
    statements: ["select 1", "select 2", "select 3"],
  });
});

test("the controls need the password too", async () => {
  const path = `http://127.0.0.1:${db.gateway.port}/_gateway/gateway_faults/stats`;
  expect((await fetch(path)).status).toBe(401);
});
