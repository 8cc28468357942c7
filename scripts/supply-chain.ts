/**
 * `npm run supply-chain [-- --offline]`: looks at every package of the lock file: exact versions, digests, one registry,
 * install scripts, licences, and known vulnerabilities. Ends with 0 when all is well, with 1 when something must not be, with
 * 2 when nothing is known of vulnerabilities: the registry offers no advisories, can't be reached, or was not asked.
 */
import { parseArgs } from "node:util";
import { askForAdvisories, isTooGrave } from "./supply-chain/advisories.ts";
import { checkLockFile } from "./supply-chain/check-lock-file.ts";
import { readLockFile, readManifest, shippedPlaces } from "./supply-chain/lock-file.ts";

const { values } = parseArgs({ options: { offline: { type: "boolean", default: false } } });
const packages = readLockFile("package-lock.json");
const shipped = shippedPlaces(packages);
const { problems, notes } = checkLockFile(readManifest("package.json"), packages);
const known = values.offline ? "unknown" : askForAdvisories(".");
const vulnerable = known === "unknown" ? [] : known;
const grave = vulnerable.filter((each) => isTooGrave(each, shipped));

for (const note of notes) console.log(`note: ${note}`);
for (const { name, severity } of vulnerable) console.log(`vulnerable: ${name} (${severity})`);
for (const problem of problems) console.error(`problem: ${problem}`);
console.log(
  `${Object.keys(packages).length - 1} packages, ${shipped.size} of them part of the service; ${problems.length} problems`,
);
if (known === "unknown") {
  console.error(
    "Nothing is known of vulnerabilities: the registry offered no advisories. This does not mean that there are none.",
  );
}
process.exitCode = problems.length + grave.length > 0 ? 1 : known === "unknown" ? 2 : 0;
