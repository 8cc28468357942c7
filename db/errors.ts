/** What a failed statement means, by the error's number. Constraint names say nothing: Vitess changes them. */
import { DatabaseError, UnknownError } from "@planetscale/database";

/**
 * `duplicate`: a unique key is taken (1062). `check`: a CHECK refused the change (3819, on MariaDB 4025).
 * `contention`: deadlock or lock wait timeout (1213, 1205): nothing happened, do it again. `lost`: no answer, or one
 * from which nothing follows: the statement may or may not have taken effect. `other`: a fault of ours.
 */
export type StatementFailure = "duplicate" | "check" | "contention" | "lost" | "other";

/** The database sent nothing, something that is no answer of a database, or too much, or took too long. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

const BY_NUMBER: Readonly<Record<number, StatementFailure>> = {
  1062: "duplicate",
  3819: "check",
  4025: "check",
  1213: "contention",
  1205: "contention",
  1040: "lost",
  1053: "lost",
  1203: "lost",
  1226: "lost",
  1290: "lost",
  1317: "lost",
  1792: "lost",
  1836: "lost",
  2006: "lost",
  2013: "lost",
  3024: "lost",
};

/** The MySQL error number in a failed statement's message, if it carries one. */
export function errorNumber(error: unknown): number | undefined {
  const cause = rootOf(error);
  if (!(cause instanceof DatabaseError)) return undefined;
  const match = /\(errno (\d+)\)/.exec(cause.message);
  return match ? Number(match[1]) : undefined;
}

/** Says what a failed statement means. */
export function classifyFailure(error: unknown): StatementFailure {
  const number = errorNumber(error);
  const known = number === undefined ? undefined : BY_NUMBER[number];
  if (known) return known;
  const cause = rootOf(error);
  if (cause instanceof UnknownError || cause instanceof NoAnswer) return "lost";
  if (cause instanceof DatabaseError) return isOverload(cause.status) || isPassing(cause) ? "lost" : "other";
  return isTransport(cause) ? "lost" : "other";
}

/** Drizzle wraps what the driver throws. */
function rootOf(error: unknown): unknown {
  let current = error;
  while (current instanceof Error && current.cause !== undefined && !isKnown(current)) current = current.cause;
  return current;
}

function isKnown(error: Error): boolean {
  return error instanceof DatabaseError || error instanceof NoAnswer;
}

/** By the status of an answer without a number: no fault of the statement's. */
function isOverload(status: number): boolean {
  return status >= 500 || status === 408 || status === 429;
}

/** In the words of Vitess, which stand in the message, and in those of its gateway. */
function isPassing({ message, body }: DatabaseError): boolean {
  const isNamed = /^(unavailable|aborted|deadline_exceeded|resource_exhausted|cluster_event|read_only)$/i.test(
    body.code,
  );
  return isNamed || /code = (Unavailable|Aborted|DeadlineExceeded|ResourceExhausted|ClusterEvent)/i.test(message);
}

function isTransport(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof SyntaxError) return true;
  if (!(error instanceof Error)) return false;
  return ["TimeoutError", "AbortError"].includes(error.name) || /network|connection|socket|fetch/i.test(error.message);
}
