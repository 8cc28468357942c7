/** What the shop's own audit finds, over the same books: it must find nothing either. */
import { MySqlDialect } from "drizzle-orm/mysql-core";
import { runAudit } from "../../../src/payments/audit/run-audit.ts";
import type { Mysql } from "../engine/mysql.ts";

/** Its findings, as broken promises. `now` is virtual time, in ms since the epoch. */
export async function runOwnAudit(mysql: Mysql, now: number): Promise<string[]> {
  const dialect = new MySqlDialect();
  const { results } = await runAudit(
    async (statement) => {
      const { sql, params } = dialect.sqlToQuery(statement);
      return await mysql.ask(sql, params);
    },
    { now: new Date(now) },
  );
  return results.flatMap(({ check, examples }) =>
    examples.map(({ subject, facts }) => `${check.name} (${check.title}): ${subject} ${facts}`),
  );
}
