/** How often: rate limits by Workers' own bindings, whose numbers stand in wrangler.toml. */
import { PayError } from "../errors.ts";
import type { Actor, Role } from "../payments/context.ts";
import { within } from "../payments/within.ts";
import type { Logger } from "../telemetry/log.ts";
import { groupsOf } from "./hosts.ts";

/** The period of every binding in wrangler.toml, in seconds: no binding tells it. */
export const PERIOD_SECONDS = 60;

/** How long a binding may take. Usually the answer is there at once. */
const PATIENCE_MS = 250;

/** What is counted, and the binding that counts it. Money has exact limits of its own in the database. */
export const LIMITS = {
  /** Of a customer: everything that only reads. */
  reads: "RATE_LIMIT_READS",
  /** Of a customer: making orders. */
  orders: "RATE_LIMIT_ORDERS",
  /** Of a customer: opening payments. */
  payments: "RATE_LIMIT_PAYMENTS",
  /** Of a customer: refunds, cancelling, closing. */
  money: "RATE_LIMIT_MONEY",
  /** Of a service account, which acts for all customers: everything. */
  services: "RATE_LIMIT_SERVICES",
  /** Of an operator or auditor: everything. */
  operators: "RATE_LIMIT_OPERATORS",
  /** Of an address: what needs no token. */
  addresses: "RATE_LIMIT_ADDRESSES",
  /** Of an address: tokens that do not count, and bodies that nobody can read. */
  failures: "RATE_LIMIT_FAILURES",
  /** Of an address and a provider: callbacks that do not verify. */
  forgeries: "RATE_LIMIT_FORGERIES",
} as const;

export type Limit = keyof typeof LIMITS;

/** A rate limiting binding. */
export interface RateLimiter {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>;
}

export type RateLimiters = Readonly<Partial<Record<Limit, RateLimiter>>>;

/** Whether something is a binding, and not a variable of the same name. */
export function isRateLimiter(value: unknown): value is RateLimiter {
  if (typeof value !== "object" || value === null || !("limit" in value)) return false;
  return typeof value.limit === "function";
}

/** The bindings that an environment has. Where one is missing nothing is limited. */
export function readLimiters(environment: object): RateLimiters {
  const found = Object.entries(LIMITS).map(([limit, name]) => [limit, Reflect.get(environment, name)] as const);
  return Object.fromEntries(found.filter(([, value]) => isRateLimiter(value)));
}

/** Which limit a call counts against. What only reads is told from what changes something. */
function limitOf(path: string, type: string, role: Role): Limit {
  if (role === "service") return "services";
  if (role !== "customer") return "operators";
  if (type === "query") return "reads";
  return CUSTOMER_LIMITS[path] ?? "money";
}

const CUSTOMER_LIMITS: Readonly<Record<string, Limit>> = {
  "orders.create": "orders",
  "payments.create": "payments",
  "combined.create": "payments",
};

/** The limits as one request meets them. */
export class RateLimits {
  readonly #limiters: RateLimiters;
  readonly #log: Logger | undefined;

  constructor(limiters: RateLimiters, log?: Logger) {
    this.#limiters = limiters;
    this.#log = log;
  }

  /** Counts one more and says whether it is within the limit. A binding that fails, or hangs, limits nothing. */
  async isWithin(limit: Limit, key: string): Promise<boolean> {
    const limiter = this.#limiters[limit];
    if (!limiter) return true;
    try {
      const counted = await within(PATIENCE_MS, limiter.limit({ key }));
      if (!counted) this.#log?.warn("rate_limit.slow", { limit });
      return counted?.success ?? true;
    } catch (error) {
      this.#log?.error("rate_limit.failed", error, { limit });
      return true;
    }
  }

  /** Counts one more. Throws RATE_LIMITED beyond the limit. */
  async count(limit: Limit, key: string): Promise<void> {
    if (await this.isWithin(limit, key)) return;
    this.#log?.warn("rate_limit.exceeded", { limit });
    throw new PayError("RATE_LIMITED", { retryAfter: PERIOD_SECONDS });
  }

  /** Counts a call of somebody who is known, by what it does. */
  countCall(actor: Actor, path: string, type: string): Promise<void> {
    return this.count(limitOf(path, type, actor.role), `${actor.role} ${actor.id}`);
  }

  /** Counts one more of an address. */
  countAddress(limit: "addresses" | "failures", address: string | undefined): Promise<void> {
    return this.count(limit, addressKey(address));
  }
}

/** No limits at all, for callers that come by no network. */
export const UNLIMITED = new RateLimits({});

/** What stands for whoever has an address: of IPv6 the network, since a customer has all of its addresses. */
export function addressKey(address: string | undefined): string {
  if (address === undefined || !address.includes(":")) return address ?? "unknown";
  const host = URL.parse(`http://[${address}]`)?.hostname.slice(1, -1) ?? address;
  return host.startsWith("::ffff:") ? host : `${groupsOf(host).slice(0, 4).join(":")}::/64`;
}
