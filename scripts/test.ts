/** `npm test`: the checks, then every test. Arguments go to vitest. */
import { CHECKS, runSteps } from "./steps.ts";

const tests = { name: "tests", command: "vitest", args: ["run", ...process.argv.slice(2)] };

process.exitCode = await runSteps([...CHECKS, tests]);
