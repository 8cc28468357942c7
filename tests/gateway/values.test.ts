import { eq } from "drizzle-orm";
import { bigint, decimal, json, mysqlTable, timestamp, varchar } from "drizzle-orm/mysql-core";
import { drizzle } from "drizzle-orm/planetscale-serverless";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openGateway, type TestGateway } from "./support.ts";

let db: TestGateway;

beforeAll(async () => {
  db = await openGateway("values");
});

afterAll(() => db.close());

async function only(sql: string): Promise<unknown> {
  const { rows } = await db.client.execute(sql, null, { as: "array" });
  return rows[0];
}

test("text keeps Chinese, 4-byte characters and the columns after them", async () => {
  expect(await only("select '张三丰' a, '𠮷😀' b, '' c, 'x' d")).toEqual(["张三丰", "𠮷😀", "", "x"]);
});

test("text survives the way through a column and back", async () => {
  await db.client.execute("create table texts (t varchar(50) collate utf8mb4_bin, l longtext, c char(5))");
  await db.client.execute("insert into texts values (?, ?, ?)", ["'引号\\与\n换行😀", "中".repeat(70_000), "ab"]);
  const { rows } = await db.client.execute("select * from texts");
  expect(rows).toEqual([{ t: "'引号\\与\n换行😀", l: "中".repeat(70_000), c: "ab" }]);
});

test("large integers and decimals lose no digit", async () => {
  const sql = "select 9223372036854775807 a, cast(18446744073709551615 as unsigned) b, 12345678901234567.10 c";
  expect(await only(sql)).toEqual(["9223372036854775807", "18446744073709551615", "12345678901234567.10"]);
});

test("NULL is null in every type, and an empty result has its columns", async () => {
  await db.client.execute("create table nulls (i int, s varchar(5), b blob, d datetime, j json)");
  await db.client.execute("insert into nulls values (null, null, null, null, null)");
  expect(await only("select * from nulls")).toEqual([null, null, null, null, null]);
  expect(await only("select null")).toEqual([null]);
  const none = await db.client.execute("select * from nulls where i = 1");
  expect(none.rows).toEqual([]);
  expect(none.headers).toEqual(["i", "s", "b", "d", "j"]);
});

test("binary columns arrive as the bytes they are", async () => {
  const bytes = new Uint8Array([0, 255, 128, 39, 92, 10]);
  await db.client.execute("create table bins (b varbinary(10), f binary(2))");
  await db.client.execute("insert into bins values (?, ?)", [bytes, new Uint8Array([1, 2])]);
  expect(await only("select * from bins")).toEqual([bytes, new Uint8Array([1, 2])]);
});

test("types carry the names that PlanetScale gives them", async () => {
  await db.client.execute(
    "create table kinds (a tinyint, b smallint unsigned, c int, d bigint unsigned, e float, f double, g decimal(9,2), h date, i time, j datetime(3), k timestamp null, l year, m char(3), n varchar(3), o text, p blob, q enum('x'), r set('x'), s json, t bit(3))",
  );
  const { types } = await db.client.execute("select kinds.*, null as u from kinds");
  expect(Object.values(types).join(" ")).toBe(
    "INT8 UINT16 INT32 UINT64 FLOAT32 FLOAT64 DECIMAL DATE TIME DATETIME TIMESTAMP YEAR CHAR VARCHAR TEXT BLOB ENUM SET JSON BIT NULL",
  );
});

test("JSON columns and JSON expressions arrive parsed", async () => {
  await db.client.execute("create table jsons (j json, t text)");
  await db.client.execute("insert into jsons values (?, ?)", ['{"名":["值",1.5,null]}', '{"a":1}']);
  expect(await only("select j, t from jsons")).toEqual([{ 名: ["值", 1.5, null] }, '{"a":1}']);
  expect(await only("select x.j from (select j from jsons limit 1) x left join jsons y on true")).toEqual([
    { 名: ["值", 1.5, null] },
  ]);
  expect(await only("select json_object('a', 1)")).toEqual([{ a: 1 }]);
});

test("columns of the same name from two tables stay apart", async () => {
  const expected = [1, "left", 2, "right"];
  expect(
    await only("select a.id, a.n, b.id, b.n from (select 1 id, 'left' n) a join (select 2 id, 'right' n) b"),
  ).toEqual(expected);
});

test("times are UTC, with milliseconds", async () => {
  expect(await only("select @@session.time_zone, cast('2026-01-02 03:04:05.678' as datetime(3))")).toEqual([
    "+00:00",
    "2026-01-02 03:04:05.678",
  ]);
});

test("an update counts the rows it matched, also where it changed nothing", async () => {
  await db.client.execute("create table counts (id bigint auto_increment primary key, n int)");
  const inserted = await db.client.execute("insert into counts (n) values (1), (1)");
  expect([inserted.rowsAffected, inserted.insertId]).toEqual([2, "1"]);
  expect((await db.client.execute("update counts set n = 1")).rowsAffected).toBe(2);
  expect((await db.client.execute("update counts set n = 1 where n = 7")).rowsAffected).toBe(0);
  expect((await db.client.execute("delete from counts")).rowsAffected).toBe(2);
});

test("Drizzle reads back what it wrote", async () => {
  const things = mysqlTable("things", {
    id: varchar("id", { length: 20 }).primaryKey(),
    fen: bigint("fen", { mode: "number" }).notNull(),
    exact: bigint("exact", { mode: "bigint" }),
    rate: decimal("rate", { precision: 20, scale: 2 }),
    at: timestamp("at", { fsp: 3 }).notNull(),
    detail: json("detail"),
  });
  await db.client.execute(
    "create table things (id varchar(20) primary key, fen bigint not null, exact bigint, rate decimal(20,2), at timestamp(3) not null, detail json)",
  );
  const orm = drizzle({ client: db.client });
  const row = {
    id: "订单一",
    fen: 9_007_199_254_740_991,
    exact: 9_007_199_254_740_993n,
    rate: "12345678901234567.10",
    at: new Date("2026-07-01T08:09:10.123Z"),
    detail: { note: "赠品" },
  };
  await orm.insert(things).values(row);
  expect(await orm.select().from(things).where(eq(things.id, "订单一"))).toEqual([row]);
});

test("a result of more than 100,000 rows is refused", async () => {
  const digits =
    "(select 0 d union select 1 union select 2 union select 3 union select 4 union select 5 union select 6 union select 7 union select 8 union select 9)";
  const many = `select 1 from ${["a", "b", "c", "d", "e"].map((name) => `${digits} ${name}`).join(" join ")}`;
  expect((await db.client.execute(many)).size).toBe(100_000);
  await expect(db.client.execute(`${many} union all select 1`)).rejects.toThrow("Row count exceeded 100000");
});
