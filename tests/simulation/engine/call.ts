/** A call that has left a task for the database or a provider, and waits for the scheduler to let it go on. */
import { statementOf } from "./mysql.ts";
import { currentParty } from "./party.ts";
import { Task } from "./task.ts";

/** Where calls go. */
export type Target = "database" | "provider";

export interface Outgoing {
  readonly target: Target;
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string;
}

export interface Incoming {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer>;
}

export interface Call {
  readonly number: number;
  readonly task: Task;
  readonly request: Outgoing;
  /** What it is, for the timeline. */
  readonly label: string;
  answer(incoming: Incoming): void;
  /** The connection broke. */
  fail(): void;
}

/** Who takes calls on. */
export interface Switchboard {
  park(call: Call): void;
  /** Its task has stopped waiting for it. */
  abandon(call: Call): void;
}

/** A fetch for tasks, all of whose calls are parked at `board`. */
export function parkingFetch(board: Switchboard, targetOf: (url: URL) => Target): typeof fetch {
  let count = 0;
  return (input, init) => {
    const task = currentParty();
    if (!(task instanceof Task)) throw new Error("a call outside of every task");
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    if (task.dead) return promise;
    const request = outgoing(input, init, targetOf);
    const signal = init?.signal;
    if (signal?.aborted) return Promise.reject(signal.reason);
    const call: Call = {
      number: ++count,
      task,
      request,
      label: labelOf(request),
      answer: ({ status, headers, body }) =>
        resolve(new Response(body.length === 0 ? null : body, { status, headers })),
      fail: () => reject(new TypeError("fetch failed")),
    };
    signal?.addEventListener("abort", () => {
      board.abandon(call);
      reject(signal.reason);
    });
    board.park(call);
    return promise;
  };
}

function outgoing(
  input: string | URL | Request,
  init: RequestInit | undefined,
  targetOf: (url: URL) => Target,
): Outgoing {
  if (input instanceof Request) throw new TypeError("calls are made with an address");
  const url = new URL(input);
  const { body = null, method = "GET" } = init ?? {};
  if (body !== null && typeof body !== "string") throw new TypeError("bodies are text");
  return { target: targetOf(url), method, url, headers: new Headers(init?.headers), body: body ?? "" };
}

const LABEL_LENGTH = 110;

function labelOf({ target, method, url, body }: Outgoing): string {
  if (target === "database") return `db ${sqlOf(body)}`.slice(0, LABEL_LENGTH);
  const named = /(?:^|&)method=([\w.]+)/.exec(`${url.search.slice(1)}&${body}`)?.[1];
  return `${method} ${named ?? url.pathname}`.slice(0, LABEL_LENGTH);
}

/** The beginning of the statement in a request to the database. */
function sqlOf(body: string): string {
  const start = statementOf(body).slice(0, 3 * LABEL_LENGTH);
  return start.replaceAll("`", "").replace(/\s+/g, " ").trim();
}
