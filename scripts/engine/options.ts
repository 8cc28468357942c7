/** The command line of a private database server. */
import { SQL_MODE } from "../../gateway/sql-mode.ts";
import type { EngineBinary } from "./binary.ts";

/** How much a crash of the machine may cost: `relaxed` up to a second of writes, `none` the whole data folder. */
export type Durability = "relaxed" | "none";

/** What a server program needs to work on `data` at all, also while it makes it. */
export function baseOptions(binary: EngineBinary, data: string): string[] {
  return [
    "--no-defaults",
    `--datadir=${data}`,
    ...(binary.basedir === undefined ? [] : [`--basedir=${binary.basedir}`]),
    ...(process.getuid?.() === 0 ? ["--user=root"] : []),
    "--innodb-use-native-aio=OFF",
    "--character-set-server=utf8mb4",
  ];
}

/** How an instance runs: like MySQL 8 and PlanetScale where their defaults and MariaDB's differ. */
export function serverOptions(binary: EngineBinary, data: string, port: number, durability: Durability): string[] {
  return [
    ...baseOptions(binary, data),
    `--port=${port}`,
    "--bind-address=127.0.0.1",
    // Relative to the data folder: an absolute path longer than 107 characters would abort the start.
    "--socket=engine.sock",
    // Also relative to it: a server that starts empties its folder of temporary files, and must not empty another's.
    "--tmpdir=.",
    "--skip-name-resolve",
    "--default-time-zone=+00:00",
    `--sql-mode=${SQL_MODE}`,
    "--max-connections=500",
    "--max-allowed-packet=64M",
    "--transaction-isolation=REPEATABLE-READ",
    // MySQL and PlanetScale know no such check; with it, MariaDB answers 1020 where they would wait and go on.
    "--loose-innodb-snapshot-isolation=OFF",
    "--loose-mysqlx=OFF",
    "--loose-skip-log-bin",
    "--loose-performance-schema=OFF",
    ...(durability === "none"
      ? ["--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=OFF"]
      : ["--innodb-flush-log-at-trx-commit=2"]),
  ];
}
