/** What the database's HTTP interface answers, looked at before it counts. */
import { NoAnswer } from "./errors.ts";

/** How statements begin that read. */
const READS = /^\{"query":"(?:\\[nrt]|[\s(])*(?:select|with)\b/i;

/**
 * Throws NoAnswer for what says 200 and is no answer to the statement: the driver would take `{}` for no rows, and whoever
 * finds no row goes on to say so.
 * @param request the body that was sent
 */
export function checkAnswer(request: string, answer: Uint8Array): void {
  const { error, result, session } = membersOf(parsed(answer));
  const isError = typeof membersOf(error).message === "string";
  if (!isError && !(READS.test(request) ? hasRead(result) : hasChanged(result, session))) {
    throw new NoAnswer("what the database said is no answer");
  }
}

/** There are fields even where there are no rows. */
function hasRead(result: unknown): boolean {
  const { fields, rows } = membersOf(result);
  return Array.isArray(fields) && fields.length > 0 && (rows === undefined || Array.isArray(rows));
}

/** Counts of zero are left out, and a change of nothing may come without a result: the session says that it was carried out. */
function hasChanged(result: unknown, session: unknown): boolean {
  if (result === undefined || result === null) return typeof session === "object" && session !== null;
  const { rowsAffected } = membersOf(result);
  const isCount = rowsAffected === undefined || (typeof rowsAffected === "string" && /^\d+$/.test(rowsAffected));
  return typeof result === "object" && isCount;
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function parsed(answer: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(answer));
  } catch {
    return undefined;
  }
}
