/** Which database and simulator belong to the worker that runs this test file. */
import { inject } from "vitest";
import type { TestWorld } from "../../scripts/test-world.ts";

/** The world of this worker's slot. No other worker that runs at the same time uses it. */
export function world(): TestWorld {
  const worlds = navigator.userAgent === "Cloudflare-Workers" ? inject("worlds") : inject("nodeWorlds");
  const slot = Number(process.env.VITEST_POOL_ID);
  const found = worlds[slot - 1];
  if (!found)
    throw new Error(`VITEST_POOL_ID is ${process.env.VITEST_POOL_ID}; there are worlds for 1 to ${worlds.length}`);
  return found;
}
