/** What package.json asks for and package-lock.json holds. */
import { readFileSync } from "node:fs";
import * as z from "zod";

const names = z.record(z.string(), z.string()).default({});

interface Overrides {
  readonly [name: string]: string | Overrides;
}
const overrides: z.ZodType<Overrides> = z.record(z.string(), z.union([z.string(), z.lazy(() => overrides)]));

const manifest = z.object({
  name: z.string(),
  version: z.string(),
  description: z.string().optional(),
  license: z.string(),
  dependencies: names,
  devDependencies: names,
  optionalDependencies: names,
  overrides: overrides.default({}),
});
export type Manifest = z.output<typeof manifest>;

const entry = z.object({
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  /** Old packages have a list. */
  license: z
    .union([z.string(), z.array(z.string())])
    .transform((words) => [words].flat().join(","))
    .optional(),
  optional: z.boolean().optional(),
  hasInstallScript: z.boolean().optional(),
  dependencies: names,
  devDependencies: names,
  optionalDependencies: names,
});
export type LockEntry = z.output<typeof entry>;

const lock = z.object({ lockfileVersion: z.literal(3), packages: z.record(z.string(), entry) });
/** Packages by where they lie, such as `node_modules/hono`; the project itself under the empty text. */
export type LockFile = Readonly<Record<string, LockEntry>>;

/** Throws when a file is not there, or not of the form that npm gives it. */
export function readManifest(file: string): Manifest {
  return manifest.parse(JSON.parse(readFileSync(file, "utf8")));
}

/** Throws as readManifest does. */
export function readLockFile(file: string): LockFile {
  return lock.parse(JSON.parse(readFileSync(file, "utf8"))).packages;
}

/** The package at a place, as it is called. */
export function nameAt(place: string): string {
  return place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length);
}

/** Where a package finds another, as Node.js looks for it; undefined when it is not installed, as with some optional ones. */
export function placeOf(packages: LockFile, from: string, name: string): string | undefined {
  for (let folder = from; ; ) {
    const place = `${folder === "" ? "" : `${folder}/`}node_modules/${name}`;
    if (Object.hasOwn(packages, place)) return place;
    if (folder === "") return undefined;
    const parent = folder.lastIndexOf("/node_modules/");
    folder = parent < 0 ? "" : folder.slice(0, parent);
  }
}

/**
 * Places of what the service is made of: the dependencies, and theirs. What they only expect their user to have (peers), and
 * the Node.js that the scripts run under, is no part of it.
 */
export function shippedPlaces(packages: LockFile): Set<string> {
  const found = new Set<string>();
  const visit = (from: string): void => {
    for (const name of Object.keys(packages[from]?.dependencies ?? {})) {
      const place = placeOf(packages, from, name);
      if (place === undefined || found.has(place)) continue;
      found.add(place);
      visit(place);
    }
  };
  visit("");
  return found;
}
