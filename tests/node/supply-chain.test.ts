/** What is asked of the packages, and the list of them. */
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { isTooGrave, readReport } from "../../scripts/supply-chain/advisories.ts";
import { billOfMaterials } from "../../scripts/supply-chain/bill-of-materials.ts";
import { checkLockFile } from "../../scripts/supply-chain/check-lock-file.ts";
import { isAllowed } from "../../scripts/supply-chain/licences.ts";
import { type LockEntry, readLockFile, readManifest, shippedPlaces } from "../../scripts/supply-chain/lock-file.ts";

const at = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const manifest = readManifest(at("package.json"));
const packages = readLockFile(at("package-lock.json"));

/** What is found once the lock file says this of a package. */
function problemsWith(place: string, change: Partial<LockEntry>): readonly string[] {
  const entry = packages[place];
  if (!entry) throw new Error(`no package at ${place}`);
  return checkLockFile(manifest, { ...packages, [place]: { ...entry, ...change } }).problems;
}

it("finds nothing wrong with the packages", () => {
  expect(checkLockFile(manifest, packages)).toEqual({ problems: [], notes: [] });
});

it("takes the service to be made of its dependencies and theirs", () => {
  const shipped = shippedPlaces(packages);
  for (const name of Object.keys(manifest.dependencies)) expect(shipped).toContain(`node_modules/${name}`);
  expect(shipped).toContain("node_modules/copy-anything");
  expect([...shipped].filter((place) => /vitest|wrangler|typescript|node-linux/.test(place))).toEqual([]);
});

it.each(["^1.2.3", "~1.2.3", "*", "1.x", ">=1.0.0", "latest", "git+https://host.test/a.git", "1.2"])(
  "refuses %s for an exact version, in overrides too",
  (version) => {
    const devDependencies = { ...manifest.devDependencies, vite: version };
    const { problems } = checkLockFile({ ...manifest, devDependencies }, packages);
    expect(problems).toContain(`vite: package.json asks for ${version}, which is no exact version`);
    const overrides = { vite: { rolldown: version } };
    expect(checkLockFile({ ...manifest, overrides }, packages).problems).toHaveLength(1);
  },
);

it.each<[string, Partial<LockEntry>, RegExp]>([
  ["node_modules/hono", { integrity: undefined }, /^hono: no SHA-512/],
  ["node_modules/hono", { integrity: "sha1-AAAA" }, /^hono: no SHA-512/],
  ["node_modules/hono", { hasInstallScript: true }, /^hono: has an install script/],
  ["node_modules/hono", { license: "MPL-2.0" }, /^hono: licence MPL-2.0 is not for the service/],
  ["node_modules/vite", { license: "GPL-3.0-only" }, /^vite: licence GPL-3.0-only is not for tools/],
  ["node_modules/vite", { license: undefined }, /^vite: licence unknown/],
  ["node_modules/hono", { resolved: "git+ssh://host.test/hono.git" }, /registry over TLS/],
  ["node_modules/hono", { resolved: "http://host.test/hono.tgz" }, /registry over TLS/],
])("sees %s with %o", (place, change, problem) => {
  expect(problemsWith(place, change)).toEqual([expect.stringMatching(problem)]);
});

it("sees packages from two registries, and names neither", () => {
  const here = { ...packages["node_modules/hono"], resolved: "https://one.test/hono.tgz" } as LockEntry;
  const there = { ...packages["node_modules/zod"], resolved: "https://two.test/zod.tgz" } as LockEntry;
  const { problems } = checkLockFile(manifest, { ...packages, "node_modules/hono": here, "node_modules/zod": there });
  expect(problems).toEqual(["packages come from more than one registry"]);
});

it("sees a lock file of other dependencies, and a part of the service that is there twice", () => {
  const dependencies = { ...manifest.dependencies, hono: "9.9.9" };
  expect(checkLockFile({ ...manifest, dependencies }, packages).problems).toEqual([
    "the lock file is of other dependencies than package.json",
  ]);
  const place = "node_modules/superjson/node_modules/zod";
  const superjson = { ...packages["node_modules/superjson"], dependencies: { zod: "3.0.0" } } as LockEntry;
  const zod = { ...packages["node_modules/zod"], version: "3.0.0" } as LockEntry;
  const { notes } = checkLockFile(manifest, { ...packages, "node_modules/superjson": superjson, [place]: zod });
  expect(notes).toEqual([expect.stringMatching(/^zod: the service holds it more than once/)]);
});

it.each([
  ["MIT", true],
  ["MIT OR GPL-3.0-only", true],
  ["MIT AND GPL-3.0-only", false],
  ["(MIT OR GPL-3.0-only) AND ISC", true],
  ["GPL-3.0-only OR MIT AND ISC", true],
  ["(GPL-3.0-only OR MIT) AND GPL-2.0-only", false],
  ["MPL-2.0", false],
])("reads the licence %s", (expression, allowed) => {
  expect(isAllowed(expression, true)).toBe(allowed);
});

it.each(["", "MIT OR", "(MIT", "MIT ISC", "AND", "GPL-2.0-only WITH Classpath-exception-2.0"])(
  "refuses what is no licence: %s",
  (text) => {
    expect(() => isAllowed(text, false)).toThrow(SyntaxError);
  },
);

it("tells an empty answer about vulnerabilities from a clean one, and those of the service from tools'", () => {
  for (const text of ["", "{}", '{"message":"not found"}', "<html>"]) expect(readReport(text)).toBe("unknown");
  expect(readReport('{"auditReportVersion":2,"vulnerabilities":{}}')).toEqual([]);
  const shipped = new Set(["node_modules/hono"]);
  const found = (name: string, severity: "low" | "high") => ({ name, severity, nodes: [`node_modules/${name}`] });
  expect(isTooGrave(found("hono", "low"), shipped)).toBe(true);
  expect(isTooGrave(found("vite", "low"), shipped)).toBe(false);
  expect(isTooGrave(found("vite", "high"), shipped)).toBe(true);
});

it("lists what the service is made of, the same each time, with nothing of the machine or the registry", () => {
  const bill = billOfMaterials(manifest, packages, { all: false });
  expect(JSON.stringify(billOfMaterials(manifest, packages, { all: false }))).toBe(JSON.stringify(bill));
  const places = [...shippedPlaces(packages)];
  expect(bill.components.map(({ purl }) => purl)).toContain(`pkg:npm/hono@${manifest.dependencies.hono}`);
  expect(bill.components).toHaveLength(places.length);
  expect(bill.components.every(({ scope }) => scope === "required")).toBe(true);
  const text = JSON.stringify(bill);
  expect(text.replace(bill.$schema, "")).not.toMatch(/https?:|\/(home|root|work|tmp|Users)\/|timestamp|serialNumber/);
  const refs = bill.components.map((each) => each["bom-ref"]);
  expect(new Set(refs).size).toBe(refs.length);
  const known = new Set([bill.metadata.component["bom-ref"], ...refs]);
  for (const { ref, dependsOn } of bill.dependencies)
    for (const each of [ref, ...dependsOn]) expect(known).toContain(each);
  for (const { hashes } of bill.components) expect(hashes[0]?.content).toMatch(/^[0-9a-f]{128}$/);
});

it("lists tools too where that is asked for, marked as such", () => {
  const { components } = billOfMaterials(manifest, packages, { all: true });
  const vite = components.find(({ name, group }) => name === "vite" && group === undefined);
  expect(vite).toMatchObject({ scope: "excluded", version: manifest.devDependencies.vite });
  expect(components.find(({ name }) => name === "hono")).toMatchObject({ scope: "required" });
});
