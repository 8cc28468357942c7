import { getTableName, is } from "drizzle-orm";
import { getTableConfig, MySqlTable } from "drizzle-orm/mysql-core";
import { expect, test } from "vitest";
import * as answers from "../../../db/schema/answers.ts";
import * as orders from "../../../db/schema/orders.ts";
import * as payments from "../../../db/schema/payments.ts";
import * as freezes from "../../../db/schema/pre-authorisations.ts";
import * as transfers from "../../../db/schema/transfers.ts";
import { SEALED_TABLES } from "../../../db/sealed-columns.ts";

const tables = Object.values({ ...answers, ...orders, ...payments, ...freezes, ...transfers }).filter((each) =>
  is(each, MySqlTable),
);

test("key rotation goes through exactly the columns that are declared as sealed, by their tables' primary keys", () => {
  const declared = tables.flatMap((table) => {
    const { columns } = getTableConfig(table);
    const sealed = columns.filter((column) => column.getSQLType() === "mediumtext").map(({ name }) => name);
    const key = columns.filter(({ primary }) => primary).map(({ name }) => name);
    return sealed.length > 0 ? [[getTableName(table), { key: key.join(), columns: sealed.toSorted() }] as const] : [];
  });
  const rotated = Object.entries(SEALED_TABLES).map(([name, { key, columns }]) => [
    name,
    { key, columns: columns.toSorted() },
  ]);
  expect(Object.fromEntries(declared)).toEqual(Object.fromEntries(rotated));
});
