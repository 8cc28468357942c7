/** A shop to demonstrate: the one that `npm run dev` runs in this folder, or one started for it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { LOCAL } from "../world.ts";
import type { Addresses } from "./shop.ts";

const report = z.object({
  shop: z.string(),
  sandbox: z.string(),
  tokens: z.object({ customer: z.string(), operator: z.string() }),
});

const START_TIMEOUT_MS = 180_000;

/** The shop's addresses, and what ends the shop if it was started here. */
export async function findShop(): Promise<Addresses & { stop(): Promise<void> }> {
  const running = await answeringShop();
  if (running) return { ...running, stop: async () => {} };
  console.log("starting a shop");
  const dev = fileURLToPath(new URL("../dev.ts", import.meta.url));
  const child = spawn(process.execPath, [dev], { stdio: ["ignore", "ignore", "inherit"] });
  const ended = once(child, "exit");
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await ended;
  };
  for (const deadline = Date.now() + START_TIMEOUT_MS; Date.now() < deadline; await sleep(300)) {
    if (child.exitCode !== null) throw new Error("the shop did not start; npm run dev says why");
    const started = await answeringShop();
    if (started) return { ...started, stop };
  }
  await stop();
  throw new Error("the shop did not start in time");
}

async function answeringShop(): Promise<Addresses | undefined> {
  try {
    const found = report.parse(JSON.parse(await readFile(join(LOCAL, "dev.json"), "utf8")));
    const health = await fetch(`${found.shop}/readyz`);
    return health.ok ? found : undefined;
  } catch {
    return undefined;
  }
}
