/** Databases on a server: making, dropping and migrating them. */
import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/mysql2";
import { migrate } from "drizzle-orm/mysql2/migrator";
import { createConnection } from "mysql2/promise";

const MIGRATIONS = fileURLToPath(new URL("../db/migrations", import.meta.url));

/**
 * Makes `database` on the server at `mysqlUrl`, unless it is there, and brings its tables up to date. With `fresh`,
 * what was in it before is dropped. Throws the server's error, with the statement that failed.
 */
export async function prepareDatabase(mysqlUrl: string, database: string, fresh: boolean): Promise<void> {
  const connection = await createConnection({ uri: mysqlUrl, charset: "utf8mb4", timezone: "Z" });
  try {
    const name = connection.escapeId(database);
    if (fresh) await connection.query(`drop database if exists ${name}`);
    await connection.query(`create database if not exists ${name} character set utf8mb4`);
    await connection.query(`use ${name}`);
    await migrate(drizzle({ client: connection }), { migrationsFolder: MIGRATIONS });
  } finally {
    await connection.end();
  }
}

/** Drops databases that were only borrowed space on somebody's server. */
export async function dropDatabases(mysqlUrl: string, databases: readonly string[]): Promise<void> {
  const connection = await createConnection(mysqlUrl);
  try {
    for (const database of databases)
      await connection.query(`drop database if exists ${connection.escapeId(database)}`);
  } finally {
    await connection.end();
  }
}
