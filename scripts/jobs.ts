/**
 * `npm run jobs -- [name…]`: runs the scheduled jobs, all or those that are named, with the service's own environment
 * variables. DATABASE_URL is the https:// address that the Worker uses.
 */
import { ConfigError, readConfig } from "../src/config.ts";
import { isJobName, JOB_NAMES, runJobs } from "../src/jobs/run.ts";
import { createServices } from "../src/services.ts";

const names = process.argv.slice(2);
const unknown = names.filter((name) => !isJobName(name));
process.exitCode = unknown.length > 0 ? usage() : await main();

function usage(): number {
  console.error(`no such job: ${unknown.join(", ")}. There are ${JOB_NAMES.join(", ")}.`);
  return 2;
}

async function main(): Promise<number> {
  const background = new Set<Promise<unknown>>();
  try {
    const services = createServices(readConfig(process.env), {
      fetch: (input, init) => fetch(input, init),
      now: () => Date.now(),
      writeLog: (line) => console.error(line),
    });
    const scope = { requestId: crypto.randomUUID(), waitUntil: (work: Promise<unknown>) => void background.add(work) };
    const chosen = names.length > 0 ? names.filter(isJobName) : JOB_NAMES;
    const rows = await runJobs(services.jobContext(scope), chosen);
    await Promise.all(background);
    for (const [name, taken] of Object.entries(rows)) console.log(`${name}: ${taken}`);
    return 0;
  } catch (error) {
    // What went wrong in a job is in the log; an error's own text could carry SQL.
    console.error(error instanceof ConfigError ? error.message : "the jobs failed, see the log above");
    await Promise.allSettled(background);
    return 1;
  }
}
