/** Errors as PlanetScale words them: HTTP 200, code UNKNOWN, and everything of worth inside the message. */
import type { WireError } from "./protocol.ts";

/** More rows than PlanetScale hands out at once. */
export class RowLimitExceeded extends Error {
  readonly errno = 10_001;
  readonly sqlState = "HY000";
  constructor(limit: number) {
    super(`Row count exceeded ${limit}`);
  }
}

export const ER_LOCK_DEADLOCK = 1213;

/** Vitess's status code for MySQL's error numbers. What isn't listed is Unknown. */
const STATUS: Readonly<Record<number, string>> = {
  1040: "ResourceExhausted",
  1044: "PermissionDenied",
  1045: "PermissionDenied",
  1048: "InvalidArgument",
  1049: "NotFound",
  1054: "NotFound",
  1062: "AlreadyExists",
  1064: "InvalidArgument",
  1146: "NotFound",
  1205: "DeadlineExceeded",
  1213: "Aborted",
  1264: "InvalidArgument",
  1317: "DeadlineExceeded",
  1364: "InvalidArgument",
  1366: "InvalidArgument",
  1406: "InvalidArgument",
  10001: "ResourceExhausted",
};

/** What MySQL, or its absence, answered to a statement. SQL text and values stay out of it. */
export function statementError(database: string, error: unknown): WireError {
  const { errno, sqlState, message } = readError(error);
  if (errno === undefined) return wireError(database, "Unavailable", "connection to the database failed");
  return wireError(database, STATUS[errno] ?? "Unknown", `${message} (errno ${errno}) (sqlstate ${sqlState})`, true);
}

/** A deadlock that never happened, worded like one that did. */
export function injectedDeadlock(database: string): WireError {
  const message = "Deadlock found when trying to get lock; try restarting transaction";
  return statementError(database, { errno: ER_LOCK_DEADLOCK, sqlState: "40001", sqlMessage: message });
}

/** A statement that came for a connection or a transaction which is gone. */
export function abortedError(database: string, description: string): WireError {
  return wireError(database, "Aborted", description);
}

/** MySQL's number of an error, when it has one. Socket errors carry negative or textual ones. */
export function errorNumber(error: unknown): number | undefined {
  return readError(error).errno;
}

/** Whether an error means that the connection, and with it whatever it held, is gone. */
export function isConnectionLost(error: unknown): boolean {
  const fatal = typeof error === "object" && error !== null && "fatal" in error && error.fatal === true;
  return fatal || errorNumber(error) === undefined;
}

function wireError(database: string, status: string, description: string, withStatement = false): WireError {
  const redacted = withStatement ? ': Sql: "REDACTED", BindVars: {REDACTED}' : "";
  const text = `target: ${database}.-.primary: vttablet: rpc error: code = ${status} desc = ${description}`;
  return { code: "UNKNOWN", message: `${text} (CallerID: gateway)${redacted}` };
}

function readError(error: unknown): { errno: number | undefined; sqlState: string; message: string } {
  const fields: { errno?: unknown; sqlState?: unknown; sqlMessage?: unknown; message?: unknown } =
    typeof error === "object" && error !== null ? error : {};
  const errno = typeof fields.errno === "number" && fields.errno > 0 ? fields.errno : undefined;
  const sqlState = typeof fields.sqlState === "string" ? fields.sqlState : "HY000";
  return { errno, sqlState, message: String(fields.sqlMessage ?? fields.message ?? "") };
}
