/** `/_gateway/<database>/…`: how tests inject faults, force interleavings and count round trips. */
import * as z from "zod";
import type { GatewayDatabase } from "./database.ts";
import { faultRequest } from "./faults.ts";
import { type Answer, failure } from "./http.ts";
import type { ConnectionPool } from "./pool.ts";

const REACHED_LIMIT_MS = 10_000;

const DONE: Answer = { status: 200, body: {} };

const resumeRequest = z.object({ name: z.string() });

/** A request below `/_gateway/<database>/`: `path` is what follows, decoded and split at slashes. */
export interface ControlRequest {
  readonly method: string;
  readonly path: readonly string[];
  readonly body: unknown;
  readonly databaseName: string;
}

/** Answers a control request. Unknown paths are 404, bad bodies 400 with the fields that are wrong. */
export async function control(
  request: ControlRequest,
  database: GatewayDatabase,
  pool: ConnectionPool,
): Promise<Answer> {
  const [subject = "", detail] = request.path;
  switch (`${request.method} ${subject}${detail === undefined ? "" : "/*"}`) {
    case "POST faults":
      return addFaults(request.body, database);
    case "DELETE faults":
      database.faults.clear();
      database.pauses.resumeAll();
      return DONE;
    case "POST resume":
      return resume(request.body, database);
    case "GET paused":
      return { status: 200, body: { paused: database.pauses.names() } };
    case "GET paused/*":
      return reached(detail ?? "", database);
    case "GET stats":
      return { status: 200, body: { ...database.stats.snapshot(), connections: pool.counts(request.databaseName) } };
    case "POST stats/*":
      if (detail !== "reset") break;
      database.stats.reset();
      pool.resetPeak(request.databaseName);
      return DONE;
  }
  return failure(404, "not_found", `no such control: ${request.method} ${request.path.join("/")}`);
}

function addFaults(body: unknown, database: GatewayDatabase): Answer {
  const parsed = faultRequest.safeParse(body);
  if (!parsed.success) return failure(400, "invalid_argument", z.prettifyError(parsed.error));
  database.faults.add(parsed.data);
  return DONE;
}

function resume(body: unknown, database: GatewayDatabase): Answer {
  const parsed = resumeRequest.safeParse(body);
  if (!parsed.success) return failure(400, "invalid_argument", "name must be a string");
  const { name } = parsed.data;
  return database.pauses.resume(name) ? DONE : failure(404, "not_found", `nothing is paused at ${name}`);
}

async function reached(name: string, database: GatewayDatabase): Promise<Answer> {
  if (await database.pauses.reached(name, REACHED_LIMIT_MS)) return { status: 200, body: { name } };
  return failure(504, "deadline_exceeded", `nothing reached ${name} within ${REACHED_LIMIT_MS / 1000} seconds`);
}
