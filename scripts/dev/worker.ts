/** `wrangler dev` as a child process, offline, with the scheduled handler fired as production would. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";

export interface WorkerOptions {
  /** Where wrangler keeps its state and logs; named in its command line, which tells it from other people's. */
  readonly folder: string;
  readonly port: number;
  readonly envFile: string;
  readonly verbose: boolean;
}

export interface RunningWorker {
  readonly url: string;
  /** Resolves when wrangler ends without having been asked to. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 90_000;
const CRON_INTERVAL_MS = 5_000;
const STOP_TIMEOUT_MS = 5_000;

/** Starts the Worker and waits until it listens. Throws when it doesn't, naming its log. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const logFile = join(options.folder, "worker.log");
  const log = createWriteStream(logFile);
  const child = launch(options);
  await writeFile(join(options.folder, "worker.pid"), String(child.pid));
  const ended = once(child, "exit").then(() => {});
  try {
    const url = await listening(child, log, options.verbose);
    const cron = setInterval(fireCron(url, log), CRON_INTERVAL_MS);
    const stop = async (): Promise<void> => {
      clearInterval(cron);
      await stopProcess(child, ended);
    };
    return { url, ended, stop };
  } catch (error) {
    await stopProcess(child, ended);
    throw new Error(`wrangler dev did not start; see ${logFile}`, { cause: error });
  }
}

function launch({ folder, port, envFile }: WorkerOptions): ChildProcess {
  const wrangler = join(dirname(createRequire(import.meta.url).resolve("wrangler/package.json")), "bin/wrangler.js");
  const state = ["--persist-to", join(folder, "state"), "--env-file", envFile];
  const address = ["--ip", "127.0.0.1", "--port", String(port), "--inspector-port", "0"];
  return spawn(process.execPath, [wrangler, "dev", ...address, ...state, "--show-interactive-dev-session=false"], {
    env: {
      ...process.env,
      WRANGLER_SEND_METRICS: "false",
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
      WRANGLER_LOG_PATH: join(folder, "wrangler-logs"),
      WRANGLER_REGISTRY_PATH: join(folder, "registry"),
    },
    stdio: ["ignore", "pipe", "pipe"],
    // Ctrl-C is for us to hear: the Worker is stopped before the database that it uses.
    detached: true,
  });
}

function listening(child: ChildProcess, log: WriteStream, verbose: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("not ready in time")), READY_TIMEOUT_MS);
    child.once("exit", () => reject(new Error("it ended")));
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on("line", (line) => {
        log.write(`${line}\n`);
        if (verbose) console.log(line);
        const url = /Ready on (http:\/\/[\w.:]+)/.exec(line)?.[1];
        if (url === undefined) return;
        clearTimeout(timer);
        resolve(url);
      });
    }
  });
}

/** Wrangler fires no Cron Triggers by itself. A run that still goes on is not joined by a second one. */
function fireCron(url: string, log: WriteStream): () => void {
  let running = false;
  return () => {
    if (running) return;
    running = true;
    fetch(`${url}/cdn-cgi/handler/scheduled?cron=${encodeURIComponent("* * * * *")}`)
      .then((response) => {
        if (!response.ok) log.write(`scheduled handler: HTTP ${response.status}\n`);
        return response.arrayBuffer();
      })
      .catch((error: unknown) => log.write(`scheduled handler: ${String(error)}\n`))
      .finally(() => {
        running = false;
      });
  };
}

async function stopProcess(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}
