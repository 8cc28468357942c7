/**
 * A software bill of materials in CycloneDX 1.6, from the lock file alone: the same lock file always gives the same text.
 * npm's own (`npm sbom`) leaves out dependencies that are another's peers too, and names the folder that it ran in.
 */
import { expressionOf } from "./licences.ts";
import { type LockEntry, type LockFile, type Manifest, nameAt, placeOf, shippedPlaces } from "./lock-file.ts";

interface Wanted {
  /** Tools as well, marked as excluded from what is delivered. */
  readonly all: boolean;
  /** Makes this text one of its kind. */
  readonly stamp?: { readonly serialNumber: string; readonly timestamp: string } | undefined;
}

/** The document, ready to be printed as JSON. */
export function billOfMaterials(manifest: Manifest, packages: LockFile, { all, stamp }: Wanted) {
  const shipped = shippedPlaces(packages);
  const places = Object.keys(packages).filter((place) => place !== "" && (all || shipped.has(place)));
  const components = new Map(places.map((place) => [purlAt(packages, place), place]));
  // What is in several places is part of the service when one of them is.
  for (const place of shipped) components.set(purlAt(packages, place), place);
  const itself = purl(manifest.name, manifest.version);
  const { name, version, description } = manifest;
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    ...(stamp && { serialNumber: stamp.serialNumber }),
    version: 1,
    metadata: {
      ...(stamp && { timestamp: stamp.timestamp }),
      lifecycles: [{ phase: "pre-build" }],
      component: {
        ...{ "bom-ref": itself, type: "application", name, version, ...(description && { description }) },
        ...{ licenses: licences(manifest.license), purl: itself },
      },
    },
    components: [...components]
      .map(([ref, place]) => component(ref, nameAt(place), packages[place], shipped.has(place)))
      .sort((a, b) => compare(a["bom-ref"], b["bom-ref"])),
    dependencies: dependencies(packages, ["", ...places], itself),
  };
}

function component(ref: string, fullName: string, entry: LockEntry | undefined, isShipped: boolean) {
  const [group, name = group] = fullName.startsWith("@") ? fullName.split("/") : [undefined, fullName];
  return {
    "bom-ref": ref,
    type: "library",
    ...(group !== undefined && { group }),
    name,
    version: entry?.version ?? "",
    scope: isShipped ? "required" : "excluded",
    hashes: [{ alg: "SHA-512", content: hexOf(entry?.integrity ?? "") }],
    ...(entry?.license !== undefined && { licenses: licences(entry.license) }),
    purl: ref,
  };
}

function licences(text: string) {
  const expression = expressionOf(text);
  return / (?:AND|OR) /.test(expression) ? [{ expression }] : [{ license: { id: expression } }];
}

function hexOf(integrity: string): string {
  return Buffer.from(integrity.replace(/^sha512-/, ""), "base64").toString("hex");
}

function dependencies(packages: LockFile, places: readonly string[], itself: string) {
  const edges = new Map<string, Set<string>>();
  for (const place of places) {
    const ref = place === "" ? itself : purlAt(packages, place);
    const found = edges.get(ref) ?? new Set();
    for (const name of Object.keys(packages[place]?.dependencies ?? {})) {
      const there = placeOf(packages, place, name);
      if (there !== undefined) found.add(purlAt(packages, there));
    }
    edges.set(ref, found);
  }
  return [...edges]
    .map(([ref, found]) => ({ ref, dependsOn: [...found].sort(compare) }))
    .sort((a, b) => compare(a.ref, b.ref));
}

function purlAt(packages: LockFile, place: string): string {
  return purl(nameAt(place), packages[place]?.version ?? "");
}

/** As the package URL specification wants it: the scope's @ escaped. */
function purl(name: string, version: string): string {
  return `pkg:npm/${name.replace(/^@/, "%40")}@${version}`;
}

/** By code units, whatever the language of the machine is. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
