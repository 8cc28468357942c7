/** A database that takes too long: the round trip is given up as lost, and nothing is left of it for the next one. */
import { sql } from "drizzle-orm";
import { afterEach, expect, it } from "vitest";
import { connectDatabase } from "../../db/client.ts";
import { classifyFailure } from "../../db/errors.ts";
import { DatabaseUnavailable, runGuarded } from "../../db/run.ts";
import { world } from "../setup/slot.ts";
import { clearFaults, setFaults } from "./support/controls.ts";

afterEach(clearFaults);

const PATIENCE_MS = 600;

const connect = () =>
  connectDatabase({ url: world().databaseUrl, timeoutMs: PATIENCE_MS, fetch: globalThis.fetch.bind(globalThis) });

it("gives a slow round trip up as lost, and serves later ones", async () => {
  const db = connect();
  await setFaults({ latencyMs: 10 * PATIENCE_MS });
  const slow = await db.execute(sql`select 'x' as one`).catch((error: unknown) => error);
  expect(slow).toBeInstanceOf(Error);
  expect(classifyFailure(slow)).toBe("lost");
  await clearFaults();
  for (let trip = 0; trip < 3; trip++) {
    expect((await db.execute(sql`select 'x' as one`)).rows).toEqual([{ one: "x" }]);
  }
});

it("says that the database is unavailable after two slow round trips", async () => {
  await setFaults({ latencyMs: 10 * PATIENCE_MS });
  await expect(runGuarded(connect(), sql`select 1`)).rejects.toThrow(DatabaseUnavailable);
});
