/** The names of all tables. */
import { getTableName, is } from "drizzle-orm";
import { MySqlTable } from "drizzle-orm/mysql-core";
import * as answers from "./schema/answers.ts";
import * as bills from "./schema/bills.ts";
import * as figures from "./schema/figures.ts";
import * as history from "./schema/history.ts";
import * as orders from "./schema/orders.ts";
import * as payments from "./schema/payments.ts";
import * as points from "./schema/points.ts";
import * as preAuthorisations from "./schema/pre-authorisations.ts";
import * as records from "./schema/records.ts";
import * as stock from "./schema/stock.ts";
import * as transfers from "./schema/transfers.ts";

const SCHEMAS = [
  answers,
  bills,
  figures,
  history,
  orders,
  payments,
  points,
  preAuthorisations,
  records,
  stock,
  transfers,
];

export const TABLE_NAMES: ReadonlySet<string> = new Set(
  SCHEMAS.flatMap((schema) => Object.values(schema))
    .filter((member) => is(member, MySqlTable))
    .map((table) => getTableName(table)),
);
