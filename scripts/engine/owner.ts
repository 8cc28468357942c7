/** Who uses a data folder: one living process at a time. What a killed one left running is stopped by the next. */
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

const STOP_LIMIT_MS = 20_000;

/** A folder that this process alone uses until it releases it. */
export interface Claim {
  readonly folder: string;
  release(): Promise<void>;
}

/**
 * Claims the first of `folders` that no other living process has; undefined when all are taken. What a dead owner left
 * running in it is stopped first: every process whose id stands in a `.pid` file there.
 */
export async function claimFirst(folders: readonly string[]): Promise<Claim | undefined> {
  for (const folder of folders) {
    const claim = await claimFolder(folder);
    if (claim) return claim;
  }
  return undefined;
}

async function claimFolder(folder: string): Promise<Claim | undefined> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, "owner");
  if (!(await takeFile(file))) return undefined;
  await stopLeftovers(folder);
  return { folder, release: () => rm(file, { force: true }) };
}

async function takeFile(file: string): Promise<boolean> {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      await writeFile(file, String(process.pid), { flag: "wx" });
      return true;
    } catch {
      const owner = await readPid(file);
      if (owner !== undefined && owner !== process.pid && isAlive(owner)) return false;
      await rm(file, { force: true });
    }
  }
  return false;
}

async function stopLeftovers(folder: string): Promise<void> {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".pid"));
  await Promise.all(files.map((name) => stopLeftover(folder, join(folder, name))));
}

async function stopLeftover(folder: string, file: string): Promise<void> {
  const pid = await readPid(file);
  if (pid !== undefined && isAlive(pid) && (await commandLine(pid)).includes(folder)) {
    process.kill(pid, "SIGTERM");
    for (let waited = 0; waited < STOP_LIMIT_MS && isAlive(pid); waited += 100) await sleep(100);
  }
  await rm(file, { force: true });
}

/** A process id may have been given to somebody else since: only a command that names our folder is ours. */
async function commandLine(pid: number): Promise<string> {
  try {
    if (process.platform === "linux") return await readFile(`/proc/${pid}/cmdline`, "utf8");
    return (await run("ps", ["-o", "command=", "-p", String(pid)])).stdout;
  } catch {
    return "";
  }
}

async function readPid(file: string): Promise<number | undefined> {
  const pid = Number.parseInt(await readFile(file, "utf8").catch(() => ""), 10);
  return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM means that it lives and belongs to somebody else.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
