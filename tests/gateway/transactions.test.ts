import { createConnection } from "mysql2/promise";
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, onTestFinished, test } from "vitest";
import { openGateway, type TestGateway } from "./support.ts";

const TIME_LIMIT_MS = 1000;

let db: TestGateway;

beforeAll(async () => {
  db = await openGateway("transactions", {
    transactionTimeLimitMs: TIME_LIMIT_MS,
    sessionIdleMs: TIME_LIMIT_MS,
    maxConnections: 8,
  });
  await db.client.execute("create table t (id int primary key, n int not null)");
});

beforeEach(async () => {
  await db.client.execute("insert into t values (1, 0), (2, 0)");
});

afterEach(async () => {
  await db.client.execute("delete from t");
});

afterAll(() => db.close());

async function numbers(): Promise<unknown[]> {
  const { rows } = await db.client.execute("select n from t order by id", null, { as: "array" });
  return rows.flat();
}

test("two interleaved transactions don't see each other before they commit", async () => {
  const [one, two] = [db.connection(), db.connection()];
  await one.execute("begin");
  await two.execute("begin");
  await one.execute("update t set n = 1 where id = 1");
  await two.execute("update t set n = 2 where id = 2");
  expect((await one.execute("select n from t where id = 2")).rows).toEqual([{ n: 0 }]);
  expect((await two.execute("select n from t where id = 1")).rows).toEqual([{ n: 0 }]);
  expect(await numbers()).toEqual([0, 0]);
  await one.execute("commit");
  await two.execute("rollback");
  expect(await numbers()).toEqual([1, 0]);
});

test("savepoints undo what came after them", async () => {
  const connection = db.connection();
  await connection.execute("begin");
  await connection.execute("update t set n = 1 where id = 1");
  await connection.execute("savepoint sp1");
  await connection.execute("update t set n = 2 where id = 2");
  await connection.execute("rollback to savepoint sp1");
  await connection.execute("commit");
  expect(await numbers()).toEqual([1, 0]);
});

test("the driver's own transaction commits, and rolls back when its body throws", async () => {
  await db.client.transaction((tx) => tx.execute("update t set n = 1 where id = 1"));
  const failing = db.client.transaction(async (tx) => {
    await tx.execute("update t set n = 2 where id = 2");
    throw new Error("changed my mind");
  });
  await expect(failing).rejects.toThrow("changed my mind");
  expect(await numbers()).toEqual([1, 0]);
});

test("a transaction that takes too long is undone, its locks are free, and it never goes on as autocommit", async () => {
  const connection = db.connection();
  await connection.execute("begin");
  await connection.execute("update t set n = 1 where id = 1");
  const waited = await db.client.execute("update t set n = n + 10 where id = 1");
  expect(waited.rowsAffected).toBe(1);
  await expect(connection.execute("update t set n = 2 where id = 2")).rejects.toThrow(
    /code = Aborted .*exceeded timeout: 1s/,
  );
  await expect(connection.execute("commit")).rejects.toThrow("code = Aborted");
  await connection.execute("rollback");
  expect(await numbers()).toEqual([10, 0]);
  await connection.execute("update t set n = 3 where id = 2");
  expect(await numbers()).toEqual([10, 3]);
});

test("the time limit also strikes a transaction that waits for a lock, and frees its own", async () => {
  const holder = await createConnection({ uri: inject("mysqlUrl"), database: "gateway_transactions" });
  onTestFinished(() => holder.end());
  await holder.query("begin");
  await holder.query("update t set n = 1 where id = 1");
  const waiter = db.connection();
  await waiter.execute("begin");
  await waiter.execute("update t set n = 7 where id = 2");
  await expect(waiter.execute("update t set n = 2 where id = 1")).rejects.toThrow(/code = Aborted .*exceeded timeout/);
  expect((await db.client.execute("update t set n = n + 5 where id = 2")).rowsAffected).toBe(1);
  await holder.query("rollback");
  expect(await numbers()).toEqual([0, 5]);
});

test("a transaction whose connection was lost is aborted, not continued", async () => {
  const connection = db.connection();
  await connection.execute("begin");
  await connection.execute("update t set n = 1 where id = 1");
  const { rows } = await connection.execute("select connection_id() id");
  await db.client.execute(`kill ${Object.assign({ id: "" }, rows[0]).id}`);
  await expect(connection.execute("update t set n = 2 where id = 2")).rejects.toThrow();
  await expect(connection.execute("commit")).rejects.toThrow("code = Aborted");
  expect(await numbers()).toEqual([0, 0]);
});

test("a second statement on a session that is busy is refused", async () => {
  const [holder, connection] = [db.connection(), db.connection()];
  await holder.execute("begin");
  await holder.execute("update t set n = 5 where id = 1");
  await connection.execute("begin");
  const add = () => connection.execute("update t set n = n + 1 where id = 1");
  const both = [add(), add()];
  await expect(Promise.race(both)).rejects.toThrow("already in use");
  await holder.execute("rollback");
  await Promise.allSettled(both);
  await connection.execute("commit");
  expect(await numbers()).toEqual([1, 0]);
});

test("what a session sets stays with it, reaches nobody else, and is given up when idle", async () => {
  const connection = db.connection();
  await connection.execute("set @x = 5");
  expect((await connection.execute("select @x x")).rows).toEqual([{ x: "5" }]);
  expect((await db.client.execute("select @x x")).rows).toEqual([{ x: null }]);
  await expect.poll(openConnections, { timeout: 5000 }).toBe(1);
  await expect(connection.execute("select @x x")).rejects.toThrow("code = Aborted");
});

test("a changed or invented session is refused", async () => {
  const execute = (session: unknown) =>
    fetch(`http://127.0.0.1:${db.gateway.port}/psdb.v1alpha1.Database/Execute`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa("gateway_transactions:gateway-test")}` },
      body: JSON.stringify({ query: "begin", session }),
    });
  const { session } = Object.assign(
    { session: { signature: "", vitessSession: {} } },
    await (await execute(null)).json(),
  );
  expect((await execute(session)).status).toBe(200);
  const vitessSession = { ...session.vitessSession, SessionUUID: crypto.randomUUID() };
  expect((await execute({ ...session, vitessSession })).status).toBe(400);
  await expect.poll(openConnections, { timeout: 5000 }).toBe(1);
});

test("200 statements at once share the connections there are", async () => {
  await db.control("POST", "stats/reset");
  const slowly = "update t set n = n + 1 where id = 1 and sleep(0.002) = 0";
  await Promise.all(Array.from({ length: 200 }, () => db.client.execute(slowly)));
  expect(await numbers()).toEqual([200, 0]);
  const { body } = await db.control("GET", "stats");
  expect(body).toMatchObject({ roundTrips: 201, connections: { peak: 8 } });
});

test("50 transactions at once wait for each other's connections and all commit", async () => {
  const add = () => db.client.transaction((tx) => tx.execute("update t set n = n + 1 where id = 2"));
  await Promise.all(Array.from({ length: 50 }, add));
  expect(await numbers()).toEqual([0, 50]);
});

async function openConnections(): Promise<unknown> {
  const { body } = await db.control("GET", "stats");
  return Object.assign({ open: 0 }, body.connections).open;
}
