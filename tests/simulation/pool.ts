/** Worker processes that share out seeds. There are as many at a time as databases, each with one to itself. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { dropDatabases, prepareDatabase } from "../../scripts/database.ts";
import type { SeedResult } from "./run-seed.ts";
import type { FromWorker, ToWorker, WorkerOptions } from "./worker.ts";

const WORKER = fileURLToPath(new URL("worker.ts", import.meta.url));

export interface PoolOptions {
  /** The database server, `mysql://user:password@host:port`. */
  readonly mysqlUrl: string;
  /** Databases are called by it and a number, and are made anew. */
  readonly prefix: string;
  readonly keysFile: string;
  readonly workers: number;
}

export class Pool {
  readonly #options: PoolOptions;
  readonly #databases: readonly string[];
  readonly #free: string[];
  readonly #waiting: ((database: string) => void)[] = [];

  private constructor(options: PoolOptions, databases: readonly string[]) {
    this.#options = options;
    this.#databases = databases;
    this.#free = [...databases];
  }

  /** Makes the databases, and the keys where there are none yet. */
  static async open(options: PoolOptions): Promise<Pool> {
    const databases = Array.from({ length: options.workers }, (_, index) => `${options.prefix}_${index + 1}`);
    for (const database of databases) await prepareDatabase(options.mysqlUrl, database, true);
    const pool = new Pool(options, databases);
    await pool.#withWorker(undefined, async () => {});
    return pool;
  }

  /**
   * Runs seeds, each in whichever process is free, until there are none left or `isEnough` says so. With `plant` the
   * shop has that bug.
   */
  async run(
    seeds: readonly string[],
    hear: (result: SeedResult) => void,
    plant?: string,
    isEnough = () => false,
  ): Promise<void> {
    const waiting = seeds.values();
    const next = () => (isEnough() ? undefined : waiting.next().value);
    const workers = this.#databases.slice(0, seeds.length);
    await Promise.all(workers.map(() => this.#work(next, hear, plant)));
  }

  async close(): Promise<void> {
    await dropDatabases(this.#options.mysqlUrl, this.#databases);
  }

  #work(next: () => string | undefined, hear: (result: SeedResult) => void, plant: string | undefined): Promise<void> {
    return this.#withWorker(plant, async (ask) => {
      for (let seed = next(); seed !== undefined; seed = next()) {
        const answer = await ask({ seed });
        if ("result" in answer) hear(answer.result);
      }
    });
  }

  /** Does something with a process that is ready for seeds, and ends it. */
  async #withWorker(plant: string | undefined, work: (ask: Ask) => Promise<void>): Promise<void> {
    const database = this.#free.pop() ?? (await new Promise<string>((resolve) => this.#waiting.push(resolve)));
    const { mysqlUrl, keysFile } = this.#options;
    try {
      await inProcess({ mysqlUrl, database, keysFile, plant }, work);
    } finally {
      const next = this.#waiting.shift();
      if (next) next(database);
      else this.#free.push(database);
    }
  }
}

type Ask = (message: ToWorker) => Promise<FromWorker>;

async function inProcess(open: WorkerOptions, work: (ask: Ask) => Promise<void>): Promise<void> {
  // Processes come and go, one for each planted bug; what one has compiled the next need not.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(dirname(open.keysFile), "compiled") };
  const child = fork(WORKER, { execArgv: ["--no-warnings"], env });
  const exited = once(child, "exit");
  const gone = exited.then((): FromWorker => ({ failure: "the worker process ended" }));
  const ask: Ask = async (message) => {
    const heard = nextMessage(child);
    child.send(message);
    const answer = await Promise.race([heard, gone]);
    if ("failure" in answer) throw new Error(answer.failure);
    return answer;
  };
  try {
    await ask({ open });
    await work(ask);
  } finally {
    if (child.connected) child.disconnect();
    await exited;
  }
}

function nextMessage(child: ChildProcess): Promise<FromWorker> {
  return new Promise((resolve) => child.once("message", (answer: FromWorker) => resolve(answer)));
}
