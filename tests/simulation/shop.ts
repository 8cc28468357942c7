/** The shop under simulation: its real services in several processes, called as its callers call them. */
import type { ExecutionContext } from "hono";
import { SignJWT } from "jose";
import type { SignedRequest } from "../../sandbox/deliveries.ts";
import { createApiContext } from "../../src/api/context.ts";
import { answerTo } from "../../src/api/errors.ts";
import { appRouter } from "../../src/api/router.ts";
import { createApp } from "../../src/app.ts";
import { type Config, readConfig } from "../../src/config.ts";
import type { ErrorCode } from "../../src/errors.ts";
import { type JobName, runJobs } from "../../src/jobs/run.ts";
import type { Role } from "../../src/payments/context.ts";
import { createServices, type Services, type Surroundings } from "../../src/services.ts";
import { FIELD_ENCRYPTION_KEYS } from "../support/field-keys.ts";
import { parkingFetch } from "./engine/call.ts";
import { SHOP_URL } from "./engine/providers.ts";
import type { Scheduler } from "./engine/scheduler.ts";
import type { Outcome, Task } from "./engine/task.ts";

/** Somebody who calls the shop, with a token. */
export interface Person {
  readonly id: string;
  readonly role: Role;
  readonly token: string;
}

export type Api = ReturnType<typeof appRouter.createCaller>;

/** What a caller got to know. `lost`: nothing, and anything may have happened. */
export type Answer<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "error"; readonly code: ErrorCode; readonly error: unknown }
  | { readonly kind: "lost" };

/** How the shop answered a provider. */
export interface NotifyAnswer {
  readonly status: number;
  readonly body: string;
}

const DATABASE_URL = "https://simulation:unused@database.test";
const JWT_SECRET = "0123456789abcdef0123456789abcdef";
const ISOLATES = ["A", "B"] as const;

/** Seeds last for months, and whoever has no answer asks until there is one: here keys outlive that, as no setting lets them. */
const KEPT_HOURS = 10 * 365 * 24;

/** The shop's configuration, from the providers' settings and what a seed varies. */
export function shopConfig(environment: Readonly<Record<string, string>>): Config {
  const config = readConfig({ ...environment, DATABASE_URL, JWT_SECRET, FIELD_ENCRYPTION_KEYS });
  return { ...config, settings: { ...config.settings, idempotencyHours: KEPT_HOURS } };
}

export async function person(id: string, role: Role): Promise<Person> {
  const token = new SignJWT({ role }).setProtectedHeader({ alg: "HS256" }).setSubject(id).setExpirationTime("100y");
  return { id, role, token: await token.sign(new TextEncoder().encode(JWT_SECRET)) };
}

export class Shop {
  readonly #scheduler: Scheduler;
  readonly #config: Config;
  readonly #surroundings: Surroundings;
  readonly #app: ReturnType<typeof createApp>;
  readonly #services = new Map<string, Services>();
  #turn = 0;

  constructor(scheduler: Scheduler, config: Config, writeLog: (line: string) => void) {
    this.#scheduler = scheduler;
    this.#config = config;
    const target = (url: URL) => (url.host === "database.test" ? "database" : "provider");
    this.#surroundings = { fetch: parkingFetch(scheduler, target), now: () => scheduler.clock.now(), writeLog };
    this.#app = createApp((environment) => this.#servicesOf(environment), this.#surroundings);
  }

  /** The next request finds a new process there. */
  restart(isolate: string): void {
    this.#services.delete(isolate);
  }

  /** Calls a procedure as somebody. `done` hears what the caller hears. */
  call<T>(
    name: string,
    caller: Person,
    key: string | undefined,
    run: (api: Api) => Promise<T>,
    done: (answer: Answer<T>) => void,
  ): void {
    const work = (isolate: string) => (task: Task) => run(this.#api(isolate, task, caller, key));
    const isolate = this.#nextIsolate();
    this.#scheduler.spawn(`${name} (${caller.id})`, isolate, work(isolate), (outcome) => done(answerOf(outcome)));
  }

  /** Posts a callback of a provider's. Undefined: no answer. */
  notify(name: string, request: SignedRequest, done: (answer: NotifyAnswer | undefined) => void): void {
    const { headers, body } = request;
    const url = new URL(request.url, SHOP_URL);
    this.#visit(name, () => new Request(url, { method: "POST", headers, body }), done);
  }

  /** A browser goes to an address of the shop's. */
  visit(name: string, url: string, done: (answer: NotifyAnswer | undefined) => void): void {
    this.#visit(name, () => new Request(url), done);
  }

  /** Runs some of the scheduled jobs once. */
  jobs(names: readonly JobName[]): void {
    const isolate = this.#nextIsolate();
    const work = (task: Task) => runJobs(this.#process(isolate).jobContext(scopeOf(task)), names);
    this.#scheduler.spawn("jobs", isolate, work, () => {});
  }

  #visit(name: string, request: () => Request, done: (answer: NotifyAnswer | undefined) => void): void {
    const isolate = this.#nextIsolate();
    const work = async (task: Task): Promise<NotifyAnswer> => {
      const response = await this.#app.fetch(request(), { isolate }, execution(task));
      return { status: response.status, body: await response.text() };
    };
    this.#scheduler.spawn(name, isolate, work, (outcome) =>
      done(outcome.kind === "answered" ? outcome.value : undefined),
    );
  }

  #api(isolate: string, task: Task, caller: Person, key: string | undefined): Api {
    const headers = new Headers({ Authorization: `Bearer ${caller.token}`, "CF-Connecting-IP": "203.0.113.7" });
    if (key !== undefined) headers.set("Idempotency-Key", key);
    const request = new Request(`${SHOP_URL}/trpc`, { headers });
    const services = this.#process(isolate);
    const scope = scopeOf(task);
    return appRouter.createCaller(createApiContext(services, services.requestContext(scope), request, scope));
  }

  #servicesOf(environment: object): Services {
    return this.#process("isolate" in environment ? String(environment.isolate) : "");
  }

  #process(isolate: string): Services {
    const known = this.#services.get(isolate) ?? createServices(this.#config, this.#surroundings);
    this.#services.set(isolate, known);
    return known;
  }

  #nextIsolate(): string {
    this.#turn += 1;
    return ISOLATES[this.#turn % ISOLATES.length] ?? "A";
  }
}

function scopeOf(task: Task) {
  return { requestId: `r${task.number}`, waitUntil: (work: Promise<unknown>) => task.hold(work) };
}

function execution(task: Task): ExecutionContext {
  return { waitUntil: (work) => task.hold(work), passThroughOnException: () => {}, props: {} };
}

function answerOf<T>(outcome: Outcome<T>): Answer<T> {
  if (outcome.kind === "answered") return { kind: "ok", value: outcome.value };
  if (outcome.kind === "lost") return { kind: "lost" };
  return { kind: "error", code: answerTo(outcome.error).code, error: outcome.error };
}
