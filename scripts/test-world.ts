/**
 * The process behind a test run: one database server, one gateway, and for every worker slot a database and a
 * simulator. Reports to the parent that forked it, and ends with it.
 */
import { join } from "node:path";
import { loadKeys } from "../sandbox/keys.ts";
import { startSandbox } from "../sandbox/server.ts";
import { WORKERS } from "../tests/setup/workers.ts";
import { FIELD_ENCRYPTION_KEYS } from "../tests/support/field-keys.ts";
import { dropDatabases, prepareDatabase } from "./database.ts";
import { claimFirst } from "./engine/owner.ts";
import { LOCAL, type Store, startStore } from "./world.ts";

/** What one test worker has to itself. */
export interface TestWorld {
  /** For PlanetScale's driver: the gateway's address with credentials. */
  readonly databaseUrl: string;
  /** The gateway's address without credentials, for `/_gateway/<database>/…`. */
  readonly gatewayUrl: string;
  readonly database: string;
  readonly sandboxUrl: string;
  /** The shop's settings for this simulator. */
  readonly env: Record<string, string>;
}

interface Provided {
  readonly worlds: TestWorld[];
  readonly nodeWorlds: TestWorld[];
  readonly mysqlUrl: string;
}

/** The one message to the parent. */
export type WorldMessage = Provided | { readonly failure: string };

/** Test runs at the same time each take a folder of their own. */
const FOLDERS = ["test", "test-2", "test-3", "test-4", "test-5", "test-6"].map((name) => join(LOCAL, name));

const cleanUps: (() => Promise<void>)[] = [];

async function start(): Promise<Provided> {
  const databaseUrl = process.env.DATABASE_URL?.startsWith("mysql://") ? process.env.DATABASE_URL : undefined;
  const claim = await claimFirst(FOLDERS);
  if (!claim) throw new Error(`${FOLDERS.length} test runs are going on already`);
  cleanUps.push(claim.release);
  const store = await startStore({
    folder: claim.folder,
    durability: "none",
    databaseUrl,
    say: (line) => console.log(line),
  });
  cleanUps.push(store.stop);
  // Made before the simulators that share it start: making keys takes a second.
  const keysFile = join(claim.folder, "sandbox-keys.json");
  await loadKeys(keysFile);
  // Somebody else's server may serve several runs at once.
  const prefix = databaseUrl === undefined ? "test" : `zhongdao_test_${process.pid}`;
  const open = (project: string) =>
    Promise.all(
      Array.from({ length: WORKERS }, (_, index) => openWorld(store, `${prefix}_${project}_${index + 1}`, keysFile)),
    );
  const [worlds, nodeWorlds] = await Promise.all([open("workerd"), open("node")]);
  if (databaseUrl !== undefined) {
    const borrowed = [...worlds, ...nodeWorlds].map((world) => world.database);
    cleanUps.push(() => dropDatabases(store.engine.url, borrowed));
  }
  return { worlds, nodeWorlds, mysqlUrl: store.engine.url };
}

async function openWorld(store: Store, database: string, keysFile: string): Promise<TestWorld> {
  await prepareDatabase(store.engine.url, database, true);
  // Tests deliver callbacks themselves, to an address that nobody has.
  const sandbox = await startSandbox({ notify: "pull", keysFile, shopUrl: "https://shop.test" });
  cleanUps.push(sandbox.close);
  return {
    databaseUrl: store.gateway.url(database),
    gatewayUrl: `http://127.0.0.1:${store.gateway.port}`,
    database,
    sandboxUrl: sandbox.url,
    env: { ...sandbox.env, FIELD_ENCRYPTION_KEYS },
  };
}

let stopping: Promise<never> | undefined;

function stop(code: number): Promise<never> {
  stopping ??= (async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
    process.exit(code);
  })();
  return stopping;
}

// Ctrl-C and a closed terminal reach the whole group; the parent finishes in order, and its end disconnects.
process.on("SIGINT", () => {});
process.on("SIGHUP", () => {});
process.on("SIGTERM", () => void stop(0));

const started = start().then(
  (provided) => report(provided),
  async (error: unknown) => {
    await report({ failure: error instanceof Error ? error.message : String(error) });
    await stop(1);
  },
);
process.on("disconnect", () => void started.then(() => stop(0)));

function report(message: WorldMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send) process.send(message, () => resolve());
    else resolve();
  });
}
