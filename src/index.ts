/** The Worker's entry: requests go to the app, the schedule runs the jobs. */
import type { ExecutionContext } from "hono";
import { logFault } from "./api/errors.ts";
import { createApp } from "./app.ts";
import { runJobs } from "./jobs/run.ts";
import { createLoader, type Surroundings } from "./services.ts";
import { createLogger } from "./telemetry/log.ts";

const surroundings: Surroundings = {
  fetch: (input, init) => fetch(input, init),
  now: () => Date.now(),
  writeLog: (line) => console.log(line),
};

const load = createLoader(surroundings);
const app = createApp(load, surroundings);

export default {
  fetch(request: Request, environment: object, execution: ExecutionContext): Response | Promise<Response> {
    return app.fetch(request, environment, execution);
  },

  async scheduled(_controller: unknown, environment: object, execution: ExecutionContext): Promise<void> {
    const requestId = crypto.randomUUID();
    try {
      await runJobs(load(environment).jobContext({ requestId, waitUntil: (work) => execution.waitUntil(work) }));
    } catch (error) {
      logFault(createLogger({ requestId }, surroundings.writeLog, surroundings.now), error, "scheduled");
      // The platform logs what is thrown here as it is, and a database's error carries SQL.
      throw new Error("the scheduled jobs failed");
    }
  },
};
