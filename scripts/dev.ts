/** `npm run dev`: a whole working shop on this machine. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connectDatabase } from "../db/client.ts";
import { SEED_USERS, seed } from "../db/seed.ts";
import { startSandbox } from "../sandbox/server.ts";
import { ConfigError, readConfig } from "../src/config.ts";
import { prepareDatabase } from "./database.ts";
import { makeTokens, type Tokens } from "./dev/tokens.ts";
import { givenVariables, keptSecrets, type Variables, writeEnvFile } from "./dev/variables.ts";
import { startWorker } from "./dev/worker.ts";
import { claimFirst } from "./engine/owner.ts";
import { freePort } from "./ports.ts";
import { LOCAL, startStore } from "./world.ts";

const FOLDER = join(LOCAL, "dev");
const REPORT = join(LOCAL, "dev.json");
const DATABASE = "zhongdao_pay";

const verbose = process.argv.includes("--verbose") || process.env.LOG === "1";
const cleanUps: (() => Promise<void>)[] = [];
let stopping: Promise<never> | undefined;

process.on("SIGINT", () => void stop(0));
process.on("SIGTERM", () => void stop(0));
process.on("SIGHUP", () => void stop(0));

try {
  await main();
} catch (error) {
  // What fails because everything is being stopped is no news.
  if (!stopping) console.error(explain(error));
  await stop(1);
}

async function main(): Promise<void> {
  const claim = await claimFirst([FOLDER]);
  if (!claim) throw new Error(await alreadyRunning());
  cleanUps.push(claim.release);
  const given = await givenVariables(join(LOCAL, "../.dev.vars"));
  const secrets = await keptSecrets(join(FOLDER, "secrets.json"));
  const shopPort = await freePort(8787);
  const shopUrl = `http://127.0.0.1:${shopPort}`;

  const database = await startDatabase(given.DATABASE_URL, secrets.gatewayPassword);
  const sandbox = await startSandbox({
    notify: "push",
    port: await freePort(9600),
    keysFile: join(FOLDER, "sandbox-keys.json"),
    shopUrl,
  });
  cleanUps.push(sandbox.close);

  const variables = {
    ...sandbox.env,
    DATABASE_URL: database.shopUrl,
    ...(given.JWT_JWKS_URL === undefined && { JWT_SECRET: secrets.jwtSecret }),
    FIELD_ENCRYPTION_KEYS: secrets.fieldKey,
    METRICS_TOKEN: secrets.metricsToken,
    ...without(given, "DATABASE_URL"),
  };
  readConfig(variables);
  const envFile = join(FOLDER, "variables.env");
  await writeEnvFile(envFile, variables);
  const worker = await startWorker({ folder: FOLDER, port: shopPort, envFile, verbose });
  cleanUps.push(worker.stop);
  worker.ended.then(() => died(`the shop ended; see ${join(FOLDER, "worker.log")}`));

  const tokens = await makeTokens(variables);
  const addresses = { shop: worker.url, sandbox: sandbox.url, gateway: database.shopUrl, database: database.mysqlUrl };
  await writeFile(REPORT, JSON.stringify({ ...addresses, tokens, users: SEED_USERS, pid: process.pid }, null, 2), {
    mode: 0o600,
  });
  cleanUps.push(() => rm(REPORT, { force: true }));
  announce(addresses, tokens);
}

/**
 * The shop's database: behind a gateway of our own, migrated and seeded; or, when DATABASE_URL is an https address,
 * a PlanetScale database that is nobody's to change from here.
 */
async function startDatabase(given: string | undefined, gatewayPassword: string) {
  if (given !== undefined && !given.startsWith("mysql://")) {
    if (!/^https?:\/\//.test(given)) throw new Error("DATABASE_URL must begin with mysql:// or https://");
    return { shopUrl: given, mysqlUrl: undefined };
  }
  const say = (line: string) => console.log(line);
  const options = { folder: FOLDER, durability: "relaxed", databaseUrl: given, gatewayPassword, say } as const;
  const store = await startStore(options);
  cleanUps.push(store.stop);
  store.engine.ended.then(() => died(`the database ended; see ${join(FOLDER, "engine.log")}`));
  await prepareDatabase(store.engine.url, DATABASE, false);
  const shopUrl = store.gateway.url(DATABASE);
  await seed(connectDatabase({ url: shopUrl, timeoutMs: 10_000, fetch }), new Date());
  return { shopUrl, mysqlUrl: `${store.engine.url.replace(/\/$/, "")}/${DATABASE}` };
}

function announce(addresses: { shop: string; sandbox: string }, tokens: Tokens | undefined): void {
  const lines = [
    "",
    `  shop        ${addresses.shop}`,
    `  API docs    ${addresses.shop}/api/v1/docs`,
    `  simulator   ${addresses.sandbox}   WeChat Pay and Alipay, and the buyer's phone`,
    "",
    ...Object.entries(tokens ?? {}).map(([role, token]) => `  ${role.padEnd(10)}  ${token}`),
    tokens === undefined
      ? "  JWT_JWKS_URL is set: bring your own tokens"
      : "  (Authorization: Bearer …, good for 30 days)",
    "",
    `  all of this as JSON: ${REPORT}`,
    "  Ctrl-C stops everything",
    "",
  ];
  console.log(lines.join("\n"));
}

/** What went wrong, all of it at once; below a failed query stands what the server said. */
function explain(error: unknown): string {
  if (error instanceof ConfigError) return ["The settings can't be used:", ...error.problems].join("\n  ");
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}\n${error.cause.message}` : error.message;
}

async function alreadyRunning(): Promise<string> {
  const report = JSON.parse(await readFile(REPORT, "utf8").catch(() => "{}"));
  return `npm run dev is already running in this folder: ${report.shop ?? "starting"} (process ${report.pid ?? "unknown"})`;
}

function without(variables: Variables, name: string): Variables {
  return Object.fromEntries(Object.entries(variables).filter(([key]) => key !== name));
}

function died(message: string): void {
  if (stopping) return;
  console.error(message);
  void stop(1);
}

function stop(code: number): Promise<never> {
  stopping ??= (async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp().catch((error: unknown) => console.error(String(error)));
    process.exit(code);
  })();
  return stopping;
}
