/** What the domain works with while it serves one request or runs one job. */
import type { Database } from "../../db/client.ts";
import type { CallContext } from "../providers/call.ts";
import type { ProviderRegistry } from "../providers/registry.ts";
import type { ReportTrouble } from "../providers/trouble.ts";
import type { Logger } from "../telemetry/log.ts";

export const ROLES = ["customer", "service", "operator", "auditor"] as const;
export type Role = (typeof ROLES)[number];

/** Who acts. `id` is the token's subject. */
export interface Actor {
  readonly id: string;
  readonly role: Role;
}

/** What the system itself does, in a job or after a callback. */
export const SYSTEM = "system";

export interface Settings {
  /** How long an order can be paid, in minutes. */
  readonly orderTtlMinutes: number;
  /** Whether a customer's refund call waits for an operator. */
  readonly customerRefunds: "request" | "auto";
}

export interface PaymentContext {
  readonly db: Database;
  readonly providers: ProviderRegistry;
  readonly settings: Settings;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Aborts when this request's time for provider calls, all together, is used up. */
  readonly providerBudget: () => AbortSignal;
  /** Does something after the answer, with a provider budget of its own. What it does must also be found by a job. */
  readonly defer: (work: (later: PaymentContext) => Promise<unknown>) => void;
}

/** The bounds of one provider call within this request. */
export function callContext(ctx: PaymentContext, firstSend: boolean): CallContext {
  const report: ReportTrouble = (trouble) => ctx.log.warn("provider.trouble", { ...trouble });
  return { signal: ctx.providerBudget(), now: ctx.now, firstSend, report };
}

/** The present, as the database takes it. */
export function presentOf(ctx: PaymentContext): Date {
  return new Date(ctx.now());
}

/** A moment this many seconds from now. */
export function inSeconds(ctx: PaymentContext, seconds: number): Date {
  return new Date(ctx.now() + seconds * 1000);
}

const BACKOFF_SECONDS = [15, 30, 60, 120, 300, 600, 1800] as const;

/** When to look again after having looked `checks` times: 15 s, 30 s, 1, 2, 5, 10 and then every 30 minutes. */
export function nextCheck(ctx: PaymentContext, checks: number): Date {
  return inSeconds(ctx, BACKOFF_SECONDS[Math.min(checks, BACKOFF_SECONDS.length - 1)] ?? 1800);
}
