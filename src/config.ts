/** The environment becomes a Config, or a list of all that is wrong with it. Messages name variables, never values. */
import * as z from "zod";
import { alipayConfig, alipayVariables } from "./config/alipay.ts";
import { accessRules, CALLER_RULES, callerVariables, returnHostsOf, tokenRules } from "./config/callers.ts";
import { fieldKeys } from "./config/field-keys.ts";
import { databaseAddress, integer, text, together } from "./config/variables.ts";
import { wechatConfig, wechatVariables } from "./config/wechat.ts";
import type { Settings } from "./payments/context.ts";
import type { AlipayConfig } from "./providers/alipay/config.ts";
import type { TextCache } from "./providers/exchange.ts";
import type { WechatPayConfig } from "./providers/wechat/config.ts";
import type { AccessRules } from "./security/access.ts";
import type { TokenRules } from "./security/authenticate.ts";
import type { FieldKey } from "./security/field-cipher.ts";
import type { ReturnHosts } from "./security/return-hosts.ts";

export interface Config {
  readonly databaseUrl: string;
  /** Undefined when the provider is off. */
  readonly wechat: WechatPayConfig | undefined;
  readonly alipay: AlipayConfig | undefined;
  readonly tokens: TokenRules;
  /** Undefined when nobody signs in by Cloudflare Access. */
  readonly access: AccessRules | undefined;
  /** What fields are sealed with: the first seals, all open. */
  readonly fieldKeys: readonly FieldKey[];
  readonly settings: Settings;
  /** Front ends that may call from a browser. */
  readonly corsOrigins: readonly string[];
  /** Where buyers' browsers may be sent after a payment. */
  readonly returnHosts: ReturnHosts;
  /** For all provider calls of one request together. */
  readonly providerTimeoutMs: number;
  /** What a scraper brings instead of a token; undefined when none may. */
  readonly metricsToken: string | undefined;
  /** Calls that take as long as this, in milliseconds, are logged. */
  readonly slowCallMs: number;
  /** What isolates share; undefined when none is bound. */
  readonly paymentCache: TextCache | undefined;
}

/** The environment can't be served with. Lists every problem. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the configuration is not usable:\n${problems.join("\n")}`);
    this.problems = problems;
  }
}

const variables = z.object({
  DATABASE_URL: databaseAddress,
  FIELD_ENCRYPTION_KEYS: fieldKeys,
  ...callerVariables,
  ORDER_TTL_MINUTES: integer(5, 10_080).prefault("30"),
  CUSTOMER_REFUNDS: z.enum(["request", "auto"], "must be request or auto").default("request"),
  LATE_PAYMENTS: z.enum(["refund", "revive", "hold"], "must be refund, revive or hold").default("refund"),
  MIXED_REFUNDS: z
    .enum(["proportional", "money_first", "points_first"], "must be proportional, money_first or points_first")
    .default("proportional"),
  POINTS_PER_YUAN: integer(0, 1000).prefault("0"),
  POINTS_DAYS: integer(0, 36_500).prefault("0"),
  POINTS_SHORTAGE: z.enum(["debt", "anomaly"], "must be debt or anomaly").default("debt"),
  OPEN_ORDERS_PER_BUYER: integer(1, 10_000).prefault("20"),
  IDEMPOTENCY_HOURS: integer(1, 720).prefault("24"),
  RETENTION_DAYS: integer(30, 3650).prefault("400"),
  PROVIDER_TIMEOUT_MS: integer(100, 60_000).prefault("2500"),
  METRICS_TOKEN: text.regex(/^[\x21-\x7e]{16,}$/, "must be 16 or more ASCII characters without spaces").optional(),
  SLOW_CALL_MS: integer(1, 60_000).prefault("1000"),
  PAYMENT_CACHE: z.custom<TextCache>(isTextCache, "must be a KV namespace").optional(),
});

const shopVariables = CALLER_RULES.reduce(
  (schema, [holds, name, problem]) => schema.refine(holds, together(name, problem)),
  variables,
);

function settingsOf(shop: z.infer<typeof shopVariables>): Settings {
  return {
    orderTtlMinutes: shop.ORDER_TTL_MINUTES,
    customerRefunds: shop.CUSTOMER_REFUNDS,
    latePayments: shop.LATE_PAYMENTS,
    mixedRefunds: shop.MIXED_REFUNDS,
    pointsPerYuan: shop.POINTS_PER_YUAN,
    pointsDays: shop.POINTS_DAYS,
    pointsShortage: shop.POINTS_SHORTAGE,
    openOrdersPerBuyer: shop.OPEN_ORDERS_PER_BUYER,
    idempotencyHours: shop.IDEMPOTENCY_HOURS,
    retentionDays: shop.RETENTION_DAYS,
  };
}

/** Reads the environment. A provider without a single variable is off. Throws ConfigError. */
export function readConfig(environment: object): Config {
  const given = Object.fromEntries(
    Object.entries(environment)
      .filter(([, value]) => !isBlank(value))
      .map(([name, value]) => [name, isPasted(name, value) ? value.trim() : value]),
  );
  const isOn = (prefix: string) => Object.keys(given).some((name) => name.startsWith(prefix));
  const shop = shopVariables.safeParse(given);
  const wechat = isOn("WECHAT_") ? wechatVariables.safeParse(given) : undefined;
  const alipay = isOn("ALIPAY_") ? alipayVariables.safeParse(given) : undefined;
  if (!shop.success || wechat?.success === false || alipay?.success === false) {
    throw new ConfigError([shop, wechat, alipay].flatMap((part) => part?.error?.issues.map(describe) ?? []));
  }
  return {
    databaseUrl: shop.data.DATABASE_URL,
    wechat: wechat && wechatConfig(wechat.data),
    alipay: alipay && alipayConfig(alipay.data),
    tokens: tokenRules(shop.data),
    access: accessRules(shop.data),
    fieldKeys: shop.data.FIELD_ENCRYPTION_KEYS,
    settings: settingsOf(shop.data),
    corsOrigins: shop.data.CORS_ORIGINS,
    returnHosts: returnHostsOf(shop.data, shop.data.DATABASE_URL, alipay?.data.ALIPAY_RETURN_URL),
    providerTimeoutMs: shop.data.PROVIDER_TIMEOUT_MS,
    metricsToken: shop.data.METRICS_TOKEN,
    slowCallMs: shop.data.SLOW_CALL_MS,
    paymentCache: shop.data.PAYMENT_CACHE,
  };
}

function isBlank(value: unknown): boolean {
  return value === undefined || (typeof value === "string" && value.trim() === "");
}

/** Spaces and line feeds come along with what people paste. The shop's own secret may end in whatever it likes. */
function isPasted(name: string, value: unknown): value is string {
  return typeof value === "string" && name !== "JWT_SECRET";
}

function isTextCache(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !("get" in value) || !("put" in value)) return false;
  return typeof value.get === "function" && typeof value.put === "function";
}

function describe(issue: { readonly path: readonly PropertyKey[]; readonly message: string }): string {
  return `${String(issue.path[0])}: ${issue.message}`;
}
