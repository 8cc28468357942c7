/**
 * Running statements over a network that loses answers. Every statement sent through here may be sent again: it
 * moves a state that its WHERE names, or inserts under a key made beforehand, so that a repeat does nothing.
 */
import type { SQL } from "drizzle-orm";
import type { Database } from "./client.ts";
import { classifyFailure } from "./errors.ts";

/** The database gave no usable answer, or stayed contended. The statement may or may not have taken effect. */
export class DatabaseUnavailable extends Error {
  override readonly name = "DatabaseUnavailable";
}

/** A CHECK refused the change; nothing happened. */
export class CheckRefused extends Error {
  override readonly name = "CheckRefused";
}

const CONTENDED_TRIES = 6;
const LOST_TRIES = 2;

/** Sends an UPDATE that guards itself. Returns how many rows matched. Throws CheckRefused or DatabaseUnavailable. */
export async function runGuarded(db: Database, statement: SQL): Promise<number> {
  return insist(async () => (await db.execute(statement)).rowsAffected);
}

/** Sends an INSERT under keys made beforehand. Returns false when a unique key is taken: by a repeat, or by another. */
export async function insertOnce(insert: () => PromiseLike<unknown>): Promise<boolean> {
  return insist(async () => {
    try {
      await insert();
      return true;
    } catch (error) {
      if (classifyFailure(error) === "duplicate") return false;
      throw error;
    }
  });
}

/** Sends a read. Throws DatabaseUnavailable. */
export async function read<T>(query: () => PromiseLike<T>): Promise<T> {
  return insist(async () => await query());
}

async function insist<T>(send: () => Promise<T>): Promise<T> {
  for (let contended = 0, lost = 0; ; ) {
    try {
      return await send();
    } catch (error) {
      const failure = classifyFailure(error);
      if (failure === "check") throw new CheckRefused("a CHECK constraint refused the change", { cause: error });
      if (failure === "contention" && ++contended < CONTENDED_TRIES) {
        await pause(contended);
      } else if (failure === "lost" && ++lost < LOST_TRIES) {
        await pause(lost);
      } else if (failure === "contention" || failure === "lost") {
        throw new DatabaseUnavailable("the database did not answer", { cause: error });
      } else {
        throw error;
      }
    }
  }
}

/** Waits a little longer each time, and not in step with others. */
function pause(round: number): Promise<void> {
  const milliseconds = 5 * 2 ** round * (0.5 + Math.random());
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
