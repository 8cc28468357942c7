/** Calls to what this service depends on that take long: one line for each, whatever came of it. */
import type { DatabaseWatch } from "../../db/client.ts";
import type { RecordCall } from "../providers/record.ts";
import type { Logger } from "./log.ts";

/** Who is shown every call. */
export interface SlowCalls {
  readonly database: DatabaseWatch["took"];
  readonly provider: RecordCall;
}

/** Logs `slow.call` for what takes as long as this or longer. Never what was sent, and nothing of what came back. */
export function slowCalls(log: Logger, fromMs: number): SlowCalls {
  const watch = (dependency: string, operation: string, durationMs: number) => {
    if (durationMs >= fromMs) log.warn("slow.call", { dependency, operation, durationMs });
  };
  return {
    database: (operation, durationMs) => watch("database", operation, durationMs),
    provider: ({ provider, operation, durationMs }) => watch(provider, operation, durationMs),
  };
}
