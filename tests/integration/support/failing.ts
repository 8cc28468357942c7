/** What a test puts in a dependency's way: in place of its answer, or after the call has taken effect. */
import { world } from "../../setup/slot.ts";

/** One thing that comes back, or does not, in place of an answer. */
export type Fault = (init: RequestInit | undefined) => Response | Promise<Response>;

const said = (body: string, status = 200, headers: Record<string, string> = {}) =>
  new Response(body, { status, headers: { "Content-Type": "application/json", ...headers } });

const PAGE = "<html><body><h1>502 Bad Gateway</h1></body></html>";

/** What any server, or the way to it, can do. */
export const ANY_FAULTS = {
  "is gone": () => Promise.reject(new TypeError("fetch failed")),
  "breaks off": () => new Response(new ReadableStream({ pull: (c) => c.error(new Error("Network connection lost.")) })),
  "says nothing": () => said(""),
  "shows a page": () => said(PAGE, 200, { "Content-Type": "text/html" }),
  "answers by halves": () => said('{"result":{"fields":[{"name":"id","ty'),
  "says {}": () => said("{}"),
  "says null": () => said("null"),
  "speaks of something else": () => said('{"hello":["world"]}'),
  "shows a page, with 502": () => said(PAGE, 502, { "Content-Type": "text/html" }),
  "is overloaded, 503": () => said("no healthy upstream", 503),
  "is overloaded, 429": () => said('{"error":{"code":"RESOURCE_EXHAUSTED","message":"slow down"}}', 429),
  "is out of reach, 522": () => said("error code: 522", 522),
  "sends elsewhere": () => said("", 302, { Location: "https://elsewhere.example/" }),
} as const satisfies Record<string, Fault>;

/** Never answers, until whoever asked gives up. */
export const hang: Fault = (init) =>
  new Promise((_, reject) => {
    init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
  });

const refusal = (errno: number, status: string, words: string): Fault => {
  const message = `target: shop.-.primary: vttablet: rpc error: code = ${status} desc = ${words} (errno ${errno}) (sqlstate HY000)`;
  return () => said(JSON.stringify({ error: { code: "UNKNOWN", message } }));
};

/** What the database itself can say. */
export const DATABASE_FAULTS = {
  ...ANY_FAULTS,
  "is read-only, 1290": refusal(1290, "FailedPrecondition", "running with the --read-only option"),
  "is read-only, 1836": refusal(1836, "Unknown", "Running in read-only mode"),
  "has no connections left, 1040": refusal(1040, "ResourceExhausted", "Too many connections"),
  "has no connections left for us, 1203": refusal(1203, "Unknown", "User has more than max_user_connections"),
  "has no primary": () => said('{"error":{"code":"UNAVAILABLE","message":"primary is not serving"}}'),
  "is contended for ever, 1205": refusal(1205, "DeadlineExceeded", "Lock wait timeout exceeded"),
} as const satisfies Record<string, Fault>;

const hostOf = (address: string) => new URL(address).host;
export const isDatabase = (url: URL) => url.host === hostOf(world().gatewayUrl);
/** Both providers live at one address; they are told apart by their paths. */
export const isWechat = (url: URL) => url.host === hostOf(world().sandboxUrl) && url.pathname.startsWith("/v3/");
export const isAlipay = (url: URL) => url.host === hostOf(world().sandboxUrl) && !url.pathname.startsWith("/v3/");

/** A way out that can be spoilt, and what went over it to what is spoilt. */
export interface Way {
  readonly fetch: typeof fetch;
  /** Bodies of the calls that met a fault. */
  readonly struck: string[];
  /** Spoils the next calls that fit, so many; before or after they take effect. */
  spoil(rule: {
    readonly where: (url: URL) => boolean;
    readonly fault: Fault;
    readonly times?: number;
    readonly match?: string;
    readonly when?: "before" | "after";
  }): void;
  /** Nothing goes wrong any more. */
  heal(): void;
}

export function openWay(): Way {
  const struck: string[] = [];
  let rule: (Parameters<Way["spoil"]>[0] & { left: number }) | undefined;
  const way: typeof fetch = async (input, init) => {
    const body = String(init?.body ?? "");
    const current = rule;
    const isHit = current?.where(new URL(String(input))) && body.includes(current.match ?? "") && current.left > 0;
    if (!current || !isHit) return await fetch(input, init);
    current.left -= 1;
    struck.push(body);
    if (current.when === "after") await (await fetch(input, init)).arrayBuffer();
    return await current.fault(init);
  };
  return {
    fetch: way,
    struck,
    spoil: ({ times = Number.POSITIVE_INFINITY, ...more }) => {
      struck.length = 0;
      rule = { ...more, left: times };
    },
    heal: () => {
      rule = undefined;
    },
  };
}
