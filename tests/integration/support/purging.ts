/** Time that outlasts every retention, and the job that deletes what has. */
import { purge } from "../../../src/jobs/purge.ts";
import type { Shop } from "./shop.ts";

/** For so long records are kept in tests. */
export const KEPT_DAYS = 400;
export const DAY = 86_400;

const AT_A_TIME = 50;

/** Deletes all that has outlived its retention. */
export async function purgeToTheEnd(shop: Shop): Promise<void> {
  while ((await purge(shop.ctx, AT_A_TIME)) >= AT_A_TIME);
}
