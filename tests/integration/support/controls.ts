/** The hands of a test on the gateway in front of the database, and on the simulated providers. */
import type { CallbackAnswer } from "../../../src/providers/callback.ts";
import { world } from "../../setup/slot.ts";
import type { Shop } from "./shop.ts";

interface FaultRules {
  readonly latencyMs?: number;
  readonly fail?: readonly { at: number; match?: string; when: "before" | "after"; how: "drop" | "503" | "deadlock" }[];
  readonly pause?: readonly { at: number; match?: string; when: "before" | "after"; name: string }[];
}

async function gateway(method: string, path: string, body?: unknown): Promise<Response> {
  const { gatewayUrl, database, databaseUrl } = world();
  const { username, password } = new URL(databaseUrl);
  const response = await fetch(`${gatewayUrl}/_gateway/${database}/${path}`, {
    method,
    headers: { Authorization: `Basic ${btoa(`${username}:${password}`)}`, "Content-Type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`gateway: ${method} ${path}: ${response.status} ${await response.text()}`);
  return response;
}

/** Makes round trips of this worker's database fail, wait or pause. */
export const setFaults = (rules: FaultRules) => gateway("POST", "faults", rules);
export const clearFaults = () => gateway("DELETE", "faults");
/** Resolves once a round trip has been caught at the pause of that name. */
export const reached = (name: string) => gateway("GET", `paused/${name}`);
export const resume = (name: string) => gateway("POST", "resume", { name });

/** How many round trips requests of these ids have made. */
export async function roundTrips(...requestIds: readonly string[]): Promise<number> {
  const stats = (await (await gateway("GET", "stats")).json()) as { byRequest: Record<string, number> };
  return requestIds.reduce((sum, requestId) => sum + (stats.byRequest[requestId] ?? 0), 0);
}

/** Calls the simulator's control interface. */
export async function sandbox<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${world().sandboxUrl}/_sandbox/${path}`, {
    method,
    headers: { "Content-Type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`sandbox: ${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

export interface ProviderTrade {
  readonly provider: "wechat" | "alipay";
  readonly outTradeNo: string;
  /** By this number the callback of a combined payment is found. */
  readonly combineOutTradeNo: string | null;
  readonly providerTradeNo: string | null;
  readonly state: "unopened" | "open" | "paid" | "closed";
  readonly amount: number;
  readonly refunded: number;
  readonly refunds: readonly { readonly outRefundNo: string; readonly amount: number; readonly status: string }[];
}

/** What the simulated providers have in their books. */
export const providerTrades = () => sandbox<ProviderTrade[]>("GET", "trades");

export interface ProviderFault {
  readonly kind: string;
  readonly operation?: string;
  readonly outTradeNo?: string;
  readonly times?: number;
  readonly code?: string;
  readonly status?: number;
  readonly effect?: boolean;
}

/** The simulator takes a year at once, and no more. */
const YEAR_SECONDS = 365 * 86_400;

/** Sets by how much the providers' signatures are dated ahead, and lets time pass in their books; both in seconds. */
export async function setProvidersClocks(wallSeconds: number, passing: number): Promise<void> {
  const setWall = sandbox("POST", "clock", { wallSeconds });
  for (let left = passing; left > 0; left -= YEAR_SECONDS) {
    await sandbox("POST", "clock", { advanceSeconds: Math.min(left, YEAR_SECONDS) });
  }
  await setWall;
}

/** A provider that answers, and won't say what it is asked. */
export const SAYS_NOTHING = { kind: "refuse", code: "NO_AUTH", status: 403 } as const;

/** Makes a simulated provider, or the way to it, misbehave for the next calls that fit. */
export const misbehave = (fault: ProviderFault) => sandbox("POST", "faults", fault);

/** The buyer confirms the payment on the phone. */
export const payAt = (provider: string, outTradeNo: string, amount?: number) =>
  sandbox("POST", `trades/${provider}/${outTradeNo}/pay`, amount === undefined ? {} : { amount });

export interface SignedDelivery {
  readonly id: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** The callbacks that the simulator would post now for a trade, freshly signed. */
export async function takeDeliveries(outTradeNo: string, includeAccepted = false): Promise<SignedDelivery[]> {
  const taken = await sandbox<{ id: string; url: string; headers: Record<string, string>; body: string }[]>(
    "POST",
    "deliveries/take",
    { outTradeNo, includeAccepted },
  );
  return taken.map((delivery) => ({ ...delivery, body: Uint8Array.from(atob(delivery.body), (c) => c.charCodeAt(0)) }));
}

/** A callback with whatever members a test wants, signed by the provider (or not, on request). */
export async function signedCallback(order: Readonly<Record<string, unknown>>): Promise<SignedDelivery> {
  const taken = await sandbox<{ url: string; headers: Record<string, string>; body: string }>("POST", "sign", order);
  return { ...taken, id: "", body: Uint8Array.from(atob(taken.body), (c) => c.charCodeAt(0)) };
}

/** Hands one delivery to a shop. */
export function deliver(shop: Shop, provider: "wechat" | "alipay", delivery: SignedDelivery): Promise<CallbackAnswer> {
  return shop.manager.notify(provider, { headers: new Headers(delivery.headers), body: delivery.body });
}

/** Delivers everything that is due for a trade and tells the simulator the answers. */
export async function deliverAll(
  shop: Shop,
  provider: "wechat" | "alipay",
  outTradeNo: string,
): Promise<CallbackAnswer[]> {
  const answers: CallbackAnswer[] = [];
  for (const delivery of await takeDeliveries(outTradeNo)) {
    const answer = await deliver(shop, provider, delivery);
    await sandbox("POST", `deliveries/${delivery.id}/answer`, { status: answer.status, body: answer.body });
    answers.push(answer);
  }
  await shop.idle();
  return answers;
}

/** Delivers everything that is due, of all trades. */
export async function deliverEverything(shop: Shop): Promise<void> {
  for (const { provider, outTradeNo, combineOutTradeNo } of await providerTrades()) {
    if (combineOutTradeNo !== null) await deliverAll(shop, provider, combineOutTradeNo);
    await deliverAll(shop, provider, outTradeNo);
  }
}

/** Lets simulated time pass for retries, refunds and expiry. */
export const advanceSandbox = (seconds: number) => sandbox("POST", "clock", { advanceSeconds: seconds });
