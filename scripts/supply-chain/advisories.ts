/** What the registry's advisories say of the packages, by npm's own audit. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";

const SEVERITIES = ["info", "low", "moderate", "high", "critical"] as const;

export interface Vulnerability {
  readonly name: string;
  readonly severity: (typeof SEVERITIES)[number];
  /** Where the package lies. */
  readonly nodes: readonly string[];
}

const report = z.object({
  auditReportVersion: z.literal(2),
  vulnerabilities: z.record(
    z.string(),
    z.object({ name: z.string(), severity: z.enum(SEVERITIES), nodes: z.array(z.string()) }),
  ),
});

/** A package whose old version every list of advisories knows, so that a list that is empty can be told from a clean one. */
const KNOWN = { name: "minimist", version: "1.2.5" };

/** Asks about the packages of a folder. `unknown` when the registry has no advisories or can't be reached: nothing follows. */
export function askForAdvisories(folder: string): readonly Vulnerability[] | "unknown" {
  return knowsAnything() ? audit(folder) : "unknown";
}

function knowsAnything(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "advisories-"));
  try {
    const { name, version } = KNOWN;
    const project = { name: "probe", version: "1.0.0", dependencies: { [name]: version } };
    const packages = { "": project, [`node_modules/${name}`]: { version } };
    writeFileSync(join(folder, "package.json"), JSON.stringify(project));
    writeFileSync(join(folder, "package-lock.json"), JSON.stringify({ ...project, lockfileVersion: 3, packages }));
    const found = audit(folder);
    return found !== "unknown" && found.length > 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function audit(cwd: string): readonly Vulnerability[] | "unknown" {
  const args = ["audit", "--json", "--package-lock-only", "--fetch-retries=0", "--fetch-timeout=20000"];
  const npm = process.env.npm_execpath?.endsWith("npm-cli.js") ? process.env.npm_execpath : undefined;
  const options = { cwd, encoding: "utf8", timeout: 30_000, maxBuffer: 64 * 1024 * 1024 } as const;
  const { stdout } = npm
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync("npm", args, { ...options, shell: process.platform === "win32" });
  return readReport(stdout ?? "");
}

/** Reads what `npm audit --json` printed. */
export function readReport(text: string): readonly Vulnerability[] | "unknown" {
  try {
    return Object.values(report.parse(JSON.parse(text)).vulnerabilities);
  } catch {
    return "unknown";
  }
}

/** Whether a vulnerability must not stay: any in the service, a grave one in tools. */
export function isTooGrave({ severity, nodes }: Vulnerability, shipped: ReadonlySet<string>): boolean {
  return nodes.some((place) => shipped.has(place)) || severity === "high" || severity === "critical";
}
