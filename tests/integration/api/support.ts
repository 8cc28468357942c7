/** The whole Worker under test: the real app over the real gateway and simulator, called as callers call it. */
import { SignJWT } from "jose/jwt/sign";
import { createApp } from "../../../src/app.ts";
import type { Actor } from "../../../src/payments/context.ts";
import { createLoader } from "../../../src/services.ts";
import { world } from "../../setup/slot.ts";

const SECRET = "a secret of the tests, long enough for HS256";

interface CallOptions {
  readonly as?: Actor | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer as far as tests look into it: members of members. */
type Json = { readonly [member: string]: Json };

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Json;
}

export interface Api {
  /** Sends a request as it is. */
  send(request: Request): Promise<Response>;
  /** Calls a REST path below /api/v1, with a token of its own for `as`. */
  call(verb: "GET" | "POST", path: string, options?: CallOptions): Promise<Answer>;
  /** Every log line so far. */
  readonly lines: readonly string[];
  /** Waits until everything deferred has been done. */
  idle(): Promise<void>;
}

/** The environment of a shop on this worker's database and simulator; undefined takes a variable away. */
export function environment(changes: Readonly<Record<string, string | undefined>> = {}): Record<string, unknown> {
  const { databaseUrl, env } = world();
  const payments = "http://127.0.0.1/api/v1/payments";
  return {
    ...env,
    WECHAT_NOTIFY_URL: `${payments}/wechat/notify`,
    WECHAT_REFUND_NOTIFY_URL: `${payments}/wechat/refund/notify`,
    ALIPAY_NOTIFY_URL: `${payments}/alipay/notify`,
    DATABASE_URL: databaseUrl,
    JWT_SECRET: SECRET,
    RETURN_URL_HOSTS: "shop.example,商城.example",
    ...changes,
  };
}

/** Opens the Worker with an environment, and with its own way out where a test stands in between. */
export function openApi(
  bindings: object = environment(),
  transport: typeof fetch = (input, init) => fetch(input, init),
): Api {
  const lines: string[] = [];
  const deferred = new Set<Promise<unknown>>();
  const surroundings = {
    fetch: transport,
    now: () => Date.now(),
    writeLog: (line: string) => void lines.push(line),
  };
  const app = createApp(createLoader(surroundings), surroundings);
  const execution = {
    waitUntil: (work: Promise<unknown>) => {
      deferred.add(work);
      void work.finally(() => deferred.delete(work));
    },
    passThroughOnException: () => {},
    props: {},
  };
  const send = async (request: Request) => app.fetch(request, bindings, execution);
  return {
    send,
    call: async (verb, path, options = {}) => readAnswer(await send(await requestOf(verb, path, options))),
    lines,
    idle: async () => {
      while (deferred.size > 0) await Promise.all(deferred);
    },
  };
}

/** What an operator sends to change something: with a reason, unless the test has one of its own, or leaves it out on purpose. */
export function reasoned(input: unknown, as: Actor | undefined): unknown {
  if (as?.role !== "operator" || typeof input === "string") return input;
  return { reason: "as the test wants", ...Object(input) };
}

async function requestOf(verb: string, path: string, options: CallOptions): Promise<Request> {
  const { as, headers } = options;
  const body = verb === "POST" ? reasoned(options.body, as) : options.body;
  return new Request(`http://shop.test/api/v1${path}`, {
    method: verb,
    headers: {
      ...(as && { Authorization: `Bearer ${await tokenFor(as)}` }),
      ...(body !== undefined && { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
}

async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
}

/** A token as the shop's own login would issue it. */
export function tokenFor(actor: Actor): Promise<string> {
  return new SignJWT({ role: actor.role })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(actor.id)
    .setExpirationTime("10m")
    .sign(new TextEncoder().encode(SECRET));
}
