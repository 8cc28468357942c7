/** What tests can make go wrong between a Worker and its database, round trip by round trip. */
import * as z from "zod";

const moment = z.object({
  /** Counts from now on, from 1. */
  at: z.int().positive(),
  /** Only statements that contain this text are counted. */
  match: z.string().optional(),
  when: z.enum(["before", "after"]),
});

const fail = moment
  .extend({ how: z.enum(["drop", "503", "deadlock"]) })
  .refine((fault) => fault.how !== "deadlock" || fault.when === "before", "a deadlock can only come before");

const pause = moment.extend({ name: z.string().min(1) });

export const faultRequest = z.strictObject({
  latencyMs: z.int().min(0).max(60_000).optional(),
  fail: z.array(fail).default([]),
  pause: z.array(pause).default([]),
});

export type FaultRequest = z.infer<typeof faultRequest>;
export type Failure = z.infer<typeof fail>["how"];
type When = z.infer<typeof moment>["when"];

/** What happens to one round trip. A pause comes before a failure of the same moment. */
export interface Fate {
  readonly latencyMs: number;
  readonly before: { readonly pause: string | undefined; readonly failure: Failure | undefined };
  readonly after: { readonly pause: string | undefined; readonly failure: Failure | undefined };
}

interface Counted<T> {
  readonly rule: T;
  left: number;
}

/** The faults of one database. Each is used up by the round trip it strikes. */
export class Faults {
  #latencyMs = 0;
  #fail: Counted<z.infer<typeof fail>>[] = [];
  #pause: Counted<z.infer<typeof pause>>[] = [];

  /** Adds to the faults there are; a latency replaces the one before. */
  add(request: FaultRequest): void {
    if (request.latencyMs !== undefined) this.#latencyMs = request.latencyMs;
    this.#fail.push(...request.fail.map((rule) => ({ rule, left: rule.at })));
    this.#pause.push(...request.pause.map((rule) => ({ rule, left: rule.at })));
  }

  /** Nothing goes wrong any more. */
  clear(): void {
    this.#latencyMs = 0;
    this.#fail = [];
    this.#pause = [];
  }

  /** Counts a round trip and says what is to happen to it. */
  fateOf(sql: string): Fate {
    const failures = strike(this.#fail, sql);
    const pauses = strike(this.#pause, sql);
    this.#fail = this.#fail.filter((fault) => fault.left > 0);
    this.#pause = this.#pause.filter((fault) => fault.left > 0);
    const at = (when: When) => ({
      pause: pauses.find((rule) => rule.when === when)?.name,
      failure: failures.find((rule) => rule.when === when)?.how,
    });
    return { latencyMs: this.#latencyMs, before: at("before"), after: at("after") };
  }
}

function strike<T extends { match?: string | undefined }>(faults: Counted<T>[], sql: string): T[] {
  const struck: T[] = [];
  for (const fault of faults) {
    if (fault.rule.match !== undefined && !sql.includes(fault.rule.match)) continue;
    fault.left -= 1;
    if (fault.left === 0) struck.push(fault.rule);
  }
  return struck;
}
