/** Which MySQL-compatible server programs this machine has. */
import { execFile } from "node:child_process";
import { access, constants, readdir } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A server program that can be started, and what it needs around it. */
export interface EngineBinary {
  readonly path: string;
  readonly family: "mysql" | "mariadb";
  /** Major and minor number: data folders of different versions don't mix. */
  readonly version: string;
  /** The installation prefix when the package was unpacked somewhere else than it was built for. */
  readonly basedir: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

const PROGRAMS = ["mysqld", "mariadbd"];
const USUAL_FOLDERS = [
  "/usr/sbin",
  "/usr/local/sbin",
  "/usr/libexec",
  "/usr/local/mysql/bin",
  "/usr/local/bin",
  "/opt/homebrew/bin",
  "/opt/homebrew/opt/mariadb/bin",
  "/opt/homebrew/opt/mysql/bin",
];

/** Server programs installed on this machine, on PATH first; none is an empty list. */
export async function installedBinaries(): Promise<EngineBinary[]> {
  const folders = new Set([...(process.env.PATH ?? "").split(delimiter), ...USUAL_FOLDERS]);
  const found: EngineBinary[] = [];
  for (const folder of folders) {
    for (const program of PROGRAMS) {
      const path = join(folder, process.platform === "win32" ? `${program}.exe` : program);
      const binary = folder === "" ? undefined : await describe(path, undefined, process.env);
      if (binary) found.push(binary);
    }
  }
  return found;
}

/** The server program in a folder that Debian packages were unpacked into; undefined when there is none that runs. */
export async function unpackedBinary(root: string): Promise<EngineBinary | undefined> {
  const libraries = await libraryFolders(root);
  const env = { ...process.env, LD_LIBRARY_PATH: libraries.join(delimiter) };
  return describe(join(root, "usr/sbin/mariadbd"), join(root, "usr"), env);
}

async function libraryFolders(root: string): Promise<string[]> {
  const folders: string[] = [];
  for (const parent of ["usr/lib", "lib"]) {
    const entries = await readdir(join(root, parent)).catch((): string[] => []);
    folders.push(...entries.filter((name) => name.includes("-linux-")).map((name) => join(root, parent, name)));
  }
  return folders;
}

async function describe(
  path: string,
  basedir: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<EngineBinary | undefined> {
  try {
    await access(path, constants.X_OK);
    const { stdout } = await run(path, ["--no-defaults", "--version"], { env });
    const version = /Ver (\d+\.\d+)/.exec(stdout)?.[1];
    if (version === undefined) return undefined;
    return { path, family: /mariadb/i.test(stdout) ? "mariadb" : "mysql", version, basedir, env };
  } catch {
    return undefined;
  }
}

/** Where a MariaDB keeps the SQL files that make its system tables; undefined when they can't be found. */
export async function systemTablesFolder(binary: EngineBinary): Promise<string | undefined> {
  const prefix = binary.basedir ?? dirname(dirname(binary.path));
  for (const folder of [
    join(prefix, "share/mysql"),
    join(prefix, "share/mariadb"),
    "/usr/share/mysql",
    "/usr/share/mariadb",
  ]) {
    const names = await readdir(folder).catch((): string[] => []);
    if (names.includes("mysql_system_tables.sql") || names.includes("mariadb_system_tables.sql")) return folder;
  }
  return undefined;
}
