/** Logs: one JSON line per event, made of named fields only. */
import { errorNumber } from "../../db/errors.ts";

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Logger {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  /** Logs what can be said of an error without its message, which may carry SQL and personal data. */
  error(event: string, error: unknown, fields?: LogFields): void;
}

/** A logger that adds `base` to every line and hands finished lines to `write`. No field can stand for the event itself. */
export function createLogger(base: LogFields, write: (line: string) => void, now: () => number): Logger {
  const emit = (level: string, event: string, fields: LogFields = {}) =>
    write(JSON.stringify({ ...base, ...fields, time: new Date(now()).toISOString(), level, event }));
  return {
    info: (event, fields) => emit("info", event, fields),
    warn: (event, fields) => emit("warn", event, fields),
    error: (event, error, fields) => emit("error", event, { ...describe(error), ...fields }),
  };
}

function describe(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error };
  const kind = error.name === "Error" ? error.constructor.name : error.name;
  return { error: kind, errno: errorNumber(error), at: firstFrame(error) };
}

/** Where the error arose: a function and a line. The stack begins with the message, which is cut off unread. */
function firstFrame(error: Error): string | undefined {
  const stack = error.stack ?? "";
  const message = stack.indexOf(error.message);
  const frames = message < 0 ? "" : stack.slice(message + error.message.length);
  const frame = frames.split("\n").find((line) => /^\s+at /.test(line));
  return frame?.trim().replace(/\(.*[/\\]/, "(");
}
