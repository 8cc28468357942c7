/**
 * Brings MariaDB to a Debian or Ubuntu machine without installing it: its packages are downloaded with apt lists of
 * our own and unpacked into a folder. Needs no root and changes nothing outside that folder.
 */
import { execFile } from "node:child_process";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type EngineBinary, unpackedBinary } from "./binary.ts";

const run = promisify(execFile);

/** Package names, newest naming first: Debian 12 and Ubuntu 23.04 dropped the version from the name. */
const PACKAGES = [
  "mariadb-server-core",
  "mariadb-server-core-10.6",
  "mariadb-server-core-10.5",
  "mariadb-server-core-10.3",
];

/**
 * The MariaDB unpacked in `folder`, downloaded first when it isn't there yet.
 * Throws when apt is missing, has no such package, or can't reach its mirrors.
 */
export async function downloadedBinary(folder: string, say: (line: string) => void): Promise<EngineBinary> {
  const root = join(folder, "root");
  const present = await unpackedBinary(root);
  if (present) return present;
  say("bringing MariaDB into .local (once, some 9 MB)");
  await unpackInto(folder, root);
  const binary = await unpackedBinary(root);
  if (!binary) throw new Error("the MariaDB that was downloaded does not run on this machine");
  return binary;
}

async function unpackInto(folder: string, root: string): Promise<void> {
  const work = join(folder, `work-${process.pid}`);
  try {
    const deb = await download(work);
    const unpacked = join(work, "root");
    for (const name of await readdir(deb)) await run("dpkg", ["-x", join(deb, name), unpacked]);
    await renameUnlessThere(unpacked, root);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Two first starts may race; whoever comes second uses what the first one put there. */
async function renameUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(await unpackedBinary(to))) throw error;
  }
}

async function download(work: string): Promise<string> {
  const [lists, cache, deb] = [join(work, "lists"), join(work, "cache"), join(work, "deb")];
  for (const path of [join(lists, "partial"), join(cache, "archives/partial"), deb])
    await mkdir(path, { recursive: true });
  const apt = async (...args: string[]): Promise<string> => {
    const own = [`Dir::State::lists=${lists}`, `Dir::Cache=${cache}`, "APT::Sandbox::User=", "Debug::NoLocking=1"];
    const { stdout } = await run("apt-get", [...own.flatMap((option) => ["-o", option]), ...args], {
      cwd: deb,
      maxBuffer: 64 << 20,
    });
    return stdout;
  };
  await apt("-qq", "update");
  await apt("-qq", "download", ...(await packageNames(apt)));
  return deb;
}

async function packageNames(apt: (...args: string[]) => Promise<string>): Promise<string[]> {
  let reason: unknown;
  for (const name of PACKAGES) {
    try {
      const plan = await apt("-s", "--no-install-recommends", "install", name);
      const names = [...plan.matchAll(/^Inst (\S+)/gm)].map((match) => match[1] ?? "");
      if (names.length > 0) return names;
    } catch (error) {
      reason ??= error;
    }
  }
  throw new Error("apt has no MariaDB server package", { cause: reason });
}
