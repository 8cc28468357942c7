/** Reads along what the shop logs: some lines say by themselves that something is wrong. */
import * as z from "zod";

const Line = z.object({
  level: z.string(),
  event: z.string(),
  error: z.string().optional(),
  errno: z.number().optional(),
  at: z.string().optional(),
});

/** Contention: the statement is sent again. */
const PASSING = [1213, 1205];
/** What no answer of a database or a provider may ever lead to. */
const FAULTS = ["ReferenceError", "RangeError", "ZodError", "CheckRefused"];

export class LogWatch {
  readonly #report: (problem: string) => void;

  constructor(report: (problem: string) => void) {
    this.#report = report;
  }

  read(text: string): void {
    const { level, event, error = "", errno, at = "" } = Line.parse(JSON.parse(text));
    if (level !== "error") return;
    const isRefusal = errno !== undefined && !PASSING.includes(errno);
    if (isRefusal || FAULTS.includes(error)) this.#report(`the shop logged ${event}: ${error} ${errno ?? ""} ${at}`);
  }
}
