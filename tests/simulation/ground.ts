/** What all seeds of a process stand on: keys, tokens, the connection to the database. */
import { openMysql } from "./engine/mysql.ts";
import { keysOf } from "./keys.ts";
import { type Ground, makePeople } from "./simulation.ts";
import type { WorkerOptions } from "./worker.ts";

export async function openGround({ mysqlUrl, database, keysFile }: WorkerOptions): Promise<Ground> {
  return { mysql: await openMysql(mysqlUrl, database), keys: await keysOf(keysFile), people: await makePeople() };
}
