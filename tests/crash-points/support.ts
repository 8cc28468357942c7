/** Runs a table of operations on this worker's database. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { world } from "../setup/slot.ts";
import { openMysql } from "../simulation/engine/mysql.ts";
import { keysOf } from "../simulation/keys.ts";
import type { Operation } from "./operation.ts";
import { play } from "./play.ts";
import type { Ground } from "./world.ts";

const LIMIT_MS = 120_000;

export function expectRecovery(operations: readonly Operation[]): void {
  let ground: Ground;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "crash-points-"));
    const keys = await keysOf(join(folder, "keys.json"));
    ground = { mysql: await openMysql(inject("mysqlUrl"), world().database), keys };
  });

  afterAll(async () => {
    await ground.mysql.close();
    await rm(folder, { recursive: true });
  });

  it.each(operations)("$name", { timeout: LIMIT_MS }, async (operation) => {
    const { broken, end, trips, calls } = await play(ground, operation);
    expect(broken).toEqual([]);
    expect(end).toMatchObject(operation.ends);
    expect(trips).toBeGreaterThanOrEqual(operation.trips);
    expect(calls).toBeGreaterThanOrEqual(operation.calls);
  });
}
