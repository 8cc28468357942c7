/** Captures and releases by themselves: every change moves a state that its WHERE names. */
import { and, eq, isNotNull, lt, sql } from "drizzle-orm";
import type { Database } from "../client.ts";
import { runGuarded } from "../run.ts";
import { preAuthorisationOperations as operations } from "../schema/pre-authorisations.ts";

/** REQUESTED → FAILED: nothing was reserved. */
export function declineOperation(db: Database, number: string, failureCode: string, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${operations}
      set ${operations.state} = 'FAILED', ${operations.failureCode} = ${failureCode}, ${operations.finishedAt} = ${now},
          ${operations.nextCheckAt} = null
      where ${and(eq(operations.number, number), eq(operations.state, "REQUESTED"))}`,
  );
}

/** CREATED → PROCESSING: the provider has it, and is not done. */
export function noteOperation(db: Database, number: string, providerNo: string | null): Promise<number> {
  return runGuarded(
    db,
    sql`update ${operations}
      set ${operations.state} = 'PROCESSING', ${operations.providerNo} = coalesce(${providerNo}, ${operations.providerNo})
      where ${and(eq(operations.number, number), eq(operations.state, "CREATED"))}`,
  );
}

/** Sets when to look at an operation again, unless another look has moved that time already. */
export function postponeOperation(db: Database, number: string, checks: number, nextCheckAt: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${operations} set ${operations.nextCheckAt} = ${nextCheckAt}, ${operations.checks} = ${checks + 1}
      where ${and(eq(operations.number, number), eq(operations.checks, checks), isNotNull(operations.nextCheckAt))}`,
  );
}

/**
 * Claims the next send of an operation that its provider does not have, by moving the time of the next look. Returns 0 when
 * somebody else was faster, or when it is not to be sent any more.
 */
export function claimOperationSend(db: Database, number: string, checks: number, nextCheckAt: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${operations} set ${operations.nextCheckAt} = ${nextCheckAt}, ${operations.checks} = ${checks + 1}
      where ${and(eq(operations.number, number), eq(operations.checks, checks), eq(operations.state, "CREATED"))}`,
  );
}

/** Ends the watch over an operation that came to nothing, and that its provider has not done since. */
export function endOperationWatch(db: Database, number: string): Promise<number> {
  return runGuarded(
    db,
    sql`update ${operations} set ${operations.nextCheckAt} = null
      where ${and(eq(operations.number, number), eq(operations.state, "FAILED"))}`,
  );
}

/** The operations whose time for another look has come, oldest first. */
export function dueOperations(db: Database, now: Date, limit: number) {
  return db
    .select()
    .from(operations)
    .where(lt(operations.nextCheckAt, now))
    .orderBy(operations.nextCheckAt)
    .limit(limit);
}
