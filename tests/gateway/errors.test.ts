import { Client, DatabaseError } from "@planetscale/database";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openGateway, type TestGateway } from "./support.ts";

let db: TestGateway;

beforeAll(async () => {
  db = await openGateway("errors");
  await db.client.execute("create table t (id int primary key, n int, constraint positive check (n >= 0))");
  await db.client.execute("insert into t values (1, 1), (2, 1)");
});

afterAll(() => db.close());

async function errorOf(statement: Promise<unknown>): Promise<DatabaseError> {
  const error = await statement.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof DatabaseError) return error;
  throw new Error("the statement did not fail with a DatabaseError");
}

test("a taken key is told as PlanetScale tells it", async () => {
  const error = await errorOf(db.client.execute("insert into t values (1, 4242)"));
  expect(error.status).toBe(400);
  expect(error.body.code).toBe("UNKNOWN");
  expect(error.message).toMatch(
    /^target: gateway_errors\.-\.primary: vttablet: rpc error: code = AlreadyExists desc = Duplicate entry '1' for key .* \(errno 1062\) \(sqlstate 23000\) /,
  );
  expect(error.message).not.toContain("4242");
  expect(error.message).not.toContain("insert into");
});

test("a failed CHECK keeps its number", async () => {
  const error = await errorOf(db.client.execute("update t set n = n - 2"));
  expect(error.message).toMatch(/\(errno (3819|4025)\)/);
  expect((await db.client.execute("select n from t")).rows).toEqual([{ n: 1 }, { n: 1 }]);
});

test("syntax errors and missing tables keep their numbers", async () => {
  expect((await errorOf(db.client.execute("selekt 1"))).message).toContain("(errno 1064)");
  expect((await errorOf(db.client.execute("select * from nowhere"))).message).toContain("(errno 1146)");
});

test("two transactions that wait for each other: one gets a deadlock, and is over", async () => {
  const [left, right] = [db.connection(), db.connection()];
  await left.execute("begin");
  await left.execute("update t set n = 2 where id = 1");
  await right.execute("begin");
  await right.execute("update t set n = 3 where id = 2");
  const crossing = [left.execute("update t set n = 2 where id = 2"), right.execute("update t set n = 3 where id = 1")];
  const outcomes = await Promise.allSettled(crossing);
  const failures = outcomes.filter((outcome) => outcome.status === "rejected").map((outcome) => String(outcome.reason));
  expect(failures).toHaveLength(1);
  expect(failures[0]).toContain("code = Aborted desc = Deadlock found");
  expect(failures[0]).toContain("(errno 1213) (sqlstate 40001)");
  const [victim, winner] = outcomes[0]?.status === "rejected" ? [left, right] : [right, left];
  await expect(victim.execute("update t set n = 9 where id = 1")).rejects.toThrow("code = Aborted");
  await victim.execute("rollback");
  await winner.execute("commit");
  const n = winner === left ? 2 : 3;
  expect((await db.client.execute("select n from t")).rows).toEqual([{ n }, { n }]);
});

test("waiting for a lock too long is told by number", async () => {
  const holder = db.connection();
  await holder.execute("begin");
  await holder.execute("update t set n = 5 where id = 1");
  const waiter = db.connection();
  await waiter.execute("set session innodb_lock_wait_timeout = 1");
  const error = await errorOf(waiter.execute("update t set n = 6 where id = 1"));
  expect(error.message).toMatch(/code = DeadlineExceeded .* \(errno 1205\) \(sqlstate HY000\)/);
  await holder.execute("rollback");
});

test("wrong credentials are 401, wrapped as the driver expects", async () => {
  const stranger = new Client({ url: db.url.replace("gateway-test@", "wrong@") });
  const error = await errorOf(stranger.execute("select 1"));
  expect(error.status).toBe(401);
  expect(error.body).toEqual({ code: "unauthenticated", message: "invalid auth credentials" });
});

test("a database that does not exist is an error, not an empty one", async () => {
  const other = new Client({ url: db.gateway.url("gateway_not_there") });
  expect((await errorOf(other.execute("select 1"))).message).toContain("(errno 1049)");
});
