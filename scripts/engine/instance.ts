/** A private database server: own data folder, own port, loopback only, never a system service. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createConnection } from "mysql2/promise";
import { freePort } from "../ports.ts";
import { type EngineBinary, systemTablesFolder } from "./binary.ts";
import { baseOptions, type Durability, serverOptions } from "./options.ts";

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;
const USER = "zhongdao";

/** Starts `binary` on data in `folder`, made on the first start. Throws, with the log's last lines, when it won't. */
export async function startInstance(binary: EngineBinary, folder: string, durability: Durability) {
  const data = join(folder, `data-${binary.family}-${binary.version}`);
  const log = join(folder, "engine.log");
  await initialise(binary, data, log);
  const password = await writeAccount(folder);
  const port = await freePort();
  const child = launch(
    binary,
    [...serverOptions(binary, data, port, durability), `--init-file=${join(folder, "account.sql")}`],
    log,
  );
  const url = `mysql://${USER}:${password}@127.0.0.1:${port}`;
  try {
    await writeFile(join(folder, "engine.pid"), String(child.pid));
    await ready(child, url);
  } catch (error) {
    await stopProcess(child);
    throw new Error(`${binary.path} did not start: ${await lastLines(log)}`, { cause: error });
  }
  const stop = async (): Promise<void> => {
    await stopProcess(child);
    await rm(join(folder, "engine.pid"), { force: true });
  };
  return { url, process: child, stop };
}

/** Makes the data folder in one step that either is there as a whole or not at all. */
async function initialise(binary: EngineBinary, data: string, log: string): Promise<void> {
  if ((await readFile(join(data, "initialised"), "utf8").catch(() => "")) !== "") return;
  const making = `${data}.making`;
  await rm(making, { recursive: true, force: true });
  await rm(data, { recursive: true, force: true });
  await mkdir(making, { recursive: true });
  if (binary.family === "mysql")
    await runToEnd(binary, [...baseOptions(binary, making), "--initialize-insecure"], "", log);
  else await runToEnd(binary, [...baseOptions(binary, making), "--bootstrap"], await systemTables(binary), log);
  await writeFile(join(making, "initialised"), binary.version);
  await rename(making, data);
}

async function systemTables(binary: EngineBinary): Promise<string> {
  const folder = await systemTablesFolder(binary);
  if (folder === undefined) throw new Error(`${binary.path}: its system table definitions are missing`);
  const parts = ["system_tables", "performance_tables", "system_tables_data"].map(async (part) => {
    const byName = (prefix: string) => readFile(join(folder, `${prefix}_${part}.sql`), "utf8");
    return byName("mysql").catch(() => byName("mariadb").catch(() => ""));
  });
  return ["create database mysql;", "use mysql;", ...(await Promise.all(parts))].join("\n");
}

/** The one account there is, over loopback with a password that only this folder knows. */
async function writeAccount(folder: string): Promise<string> {
  const file = join(folder, "password");
  const known = await readFile(file, "utf8").catch(() => "");
  const password = known === "" ? crypto.randomUUID().replaceAll("-", "") : known;
  await writeFile(file, password, { mode: 0o600 });
  const statements = [
    `CREATE USER IF NOT EXISTS '${USER}'@'%' IDENTIFIED BY '${password}';`,
    `ALTER USER '${USER}'@'%' IDENTIFIED BY '${password}';`,
    `GRANT ALL PRIVILEGES ON *.* TO '${USER}'@'%' WITH GRANT OPTION;`,
    "DROP USER IF EXISTS 'root'@'localhost', 'root'@'127.0.0.1', 'root'@'::1';",
  ];
  await writeFile(join(folder, "account.sql"), `${statements.join("\n")}\n`, { mode: 0o600 });
  return password;
}

/** In a process group of its own: Ctrl-C is for us to hear, and we stop the server in order. */
function launch(binary: EngineBinary, options: string[], log: string): ChildProcess {
  const child = spawn(binary.path, options, { env: binary.env, stdio: ["pipe", "pipe", "pipe"], detached: true });
  const out = createWriteStream(log, { flags: "a" });
  child.stdout.pipe(out, { end: false });
  child.stderr.pipe(out, { end: false });
  child.once("close", () => out.end());
  // A program that can't be started reports here; the exit is seen by whoever waits for it.
  child.on("error", (error) => out.write(`${error.message}\n`));
  child.stdin.on("error", () => {});
  return child;
}

async function runToEnd(binary: EngineBinary, options: string[], input: string, log: string): Promise<void> {
  const child = launch(binary, options, log);
  child.stdin?.end(input);
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${binary.path} could not make its data folder: ${await lastLines(log)}`);
}

async function ready(child: ChildProcess, url: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    if (child.pid === undefined || child.exitCode !== null) throw new Error("ended");
    try {
      const connection = await createConnection(url);
      await connection.end();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(50);
    }
  }
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await closed;
  clearTimeout(timer);
}

async function lastLines(log: string): Promise<string> {
  const text = await readFile(log, "utf8").catch(() => "");
  return text.trimEnd().split("\n").slice(-5).join(" | ") || "it left no log";
}
