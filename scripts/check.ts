/** `npm run check`: everything that needs no database. */
import { CHECKS, runSteps } from "./steps.ts";

process.exitCode = await runSteps(CHECKS);
