/** What must be so of the packages, as far as the lock file can tell. */
import { isAllowed } from "./licences.ts";
import { type LockEntry, type LockFile, type Manifest, nameAt, shippedPlaces } from "./lock-file.ts";

export interface Findings {
  /** What must not be. */
  readonly problems: readonly string[];
  /** What is worth knowing. */
  readonly notes: readonly string[];
}

/** Packages that may say that they have an install script. All of them work without it, and none is run by our commands. */
const INSTALL_SCRIPTS: readonly string[] = ["esbuild", "workerd"];

/** Goes through all packages. Problems name packages, never where they were fetched from. */
export function checkLockFile(manifest: Manifest, packages: LockFile): Findings {
  const shipped = shippedPlaces(packages);
  const others = Object.entries(packages).filter(([place]) => place !== "");
  const problems = [
    ...inexact(manifest),
    ...stale(manifest, packages[""]),
    ...others.flatMap(([place, entry]) => problemsOf(place, entry, shipped.has(place))),
    ...sources(others.map(([, entry]) => entry)),
  ];
  return { problems, notes: duplicates(packages, shipped) };
}

function inexact(manifest: Manifest): string[] {
  const { dependencies, devDependencies, optionalDependencies, overrides } = manifest;
  const wanted = { ...dependencies, ...devDependencies, ...optionalDependencies };
  return [...Object.entries(wanted), ...leaves(overrides)]
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version))
    .map(([name, version]) => `${name}: package.json asks for ${version}, which is no exact version`);
}

function leaves(overrides: Manifest["overrides"]): [string, string][] {
  return Object.entries(overrides).flatMap(([name, value]): [string, string][] =>
    typeof value === "string" ? [[name, value]] : leaves(value),
  );
}

function stale(manifest: Manifest, root: LockEntry | undefined): string[] {
  const kinds = ["dependencies", "devDependencies", "optionalDependencies"] as const;
  const sorted = (names: Readonly<Record<string, string>>) => JSON.stringify(Object.entries(names).sort());
  return kinds
    .filter((kind) => sorted(manifest[kind]) !== sorted(root?.[kind] ?? {}))
    .map((kind) => `the lock file is of other ${kind} than package.json`);
}

function problemsOf(place: string, entry: LockEntry, isShipped: boolean): string[] {
  const name = nameAt(place);
  const problems: string[] = [];
  if (!/^sha512-[A-Za-z0-9+/]{86}==$/.test(entry.integrity ?? "")) problems.push(`${name}: no SHA-512 of its contents`);
  if (entry.hasInstallScript && !INSTALL_SCRIPTS.includes(name)) problems.push(`${name}: has an install script`);
  if (!mayUse(entry.license, isShipped)) {
    problems.push(`${name}: licence ${entry.license ?? "unknown"} is not for ${isShipped ? "the service" : "tools"}`);
  }
  return problems;
}

function mayUse(licence: string | undefined, isShipped: boolean): boolean {
  try {
    return licence !== undefined && isAllowed(licence, isShipped);
  } catch {
    return false;
  }
}

/** A package from another place than the rest, or from somewhere that keeps no versions. */
function sources(entries: readonly LockEntry[]): string[] {
  const origins = new Set(entries.flatMap(({ resolved }) => (resolved === undefined ? [] : [originOf(resolved)])));
  if (origins.has(undefined)) return ["a package does not come from a registry over TLS"];
  return origins.size > 1 ? ["packages come from more than one registry"] : [];
}

function originOf(address: string): string | undefined {
  const url = URL.parse(address);
  return url?.protocol === "https:" ? url.origin : undefined;
}

function duplicates(packages: LockFile, shipped: ReadonlySet<string>): string[] {
  const versions = Map.groupBy(shipped, nameAt);
  return [...versions]
    .map(([name, places]) => ({ name, all: [...new Set(places.map((place) => packages[place]?.version ?? "?"))] }))
    .filter(({ all }) => all.length > 1)
    .map(({ name, all }) => `${name}: the service holds it more than once, as ${all.join(" and ")}`);
}
