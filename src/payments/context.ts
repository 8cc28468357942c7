/** What the domain works with while it serves one request or runs one job. */
import type { Database } from "../../db/client.ts";
import type { CallContext } from "../providers/call.ts";
import type { ProviderRegistry } from "../providers/registry.ts";
import type { ReportTrouble } from "../providers/trouble.ts";
import type { FieldCipher } from "../security/field-cipher.ts";
import type { Logger } from "../telemetry/log.ts";
import type { CallLog } from "./provider-calls.ts";

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
  /** What becomes of money that comes after its order has closed. */
  readonly latePayments: "refund" | "revive" | "hold";
  /** Points and money of an order that used both: what a partial refund gives back first. */
  readonly mixedRefunds: "proportional" | "money_first" | "points_first";
  /** Points earned for each yuan paid; 0 for none. */
  readonly pointsPerYuan: number;
  /** For how many days points last; 0 for ever. */
  readonly pointsDays: number;
  /** Whether earned points that were spent before their payment was refunded stay a debt, or an operator hears of them too. */
  readonly pointsShortage: "debt" | "anomaly";
  /** How many orders one buyer may have open. */
  readonly openOrdersPerBuyer: number;
  /** For how many hours a request is known again by its idempotency key. */
  readonly idempotencyHours: number;
  /** For how many days notifications, provider calls, events and bills are kept. */
  readonly retentionDays: number;
}

export interface PaymentContext {
  /** Names the request or the run of the jobs. */
  readonly requestId: string;
  readonly db: Database;
  readonly providers: ProviderRegistry;
  readonly settings: Settings;
  readonly log: Logger;
  /** Seals and opens personal data. See sealed.ts. */
  readonly cipher: FieldCipher;
  /** Gathers the calls to providers; without it they are not kept. See writeProviderCalls. */
  readonly calls?: CallLog;
  /** Why an operator makes this request, in their own words. */
  readonly operatorsReason?: string;
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
  const record = ctx.calls?.record;
  return { signal: ctx.providerBudget(), now: ctx.now, firstSend, report, ...(record && { record }) };
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
