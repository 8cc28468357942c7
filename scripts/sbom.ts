/**
 * `npm run sbom [-- --all] [--stamp]`: prints the software bill of materials as CycloneDX JSON. `--all`: tools too.
 * `--stamp`: with a serial number and the present time; without it the same lock file always gives the same text.
 */
import { parseArgs } from "node:util";
import { billOfMaterials } from "./supply-chain/bill-of-materials.ts";
import { readLockFile, readManifest } from "./supply-chain/lock-file.ts";

const { values } = parseArgs({
  options: { all: { type: "boolean", default: false }, stamp: { type: "boolean", default: false } },
});
const stamp = { serialNumber: `urn:uuid:${crypto.randomUUID()}`, timestamp: new Date().toISOString() };
const wanted = { all: values.all, stamp: values.stamp ? stamp : undefined };
console.log(
  JSON.stringify(billOfMaterials(readManifest("package.json"), readLockFile("package-lock.json"), wanted), null, 2),
);
