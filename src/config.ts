/** The environment becomes a Config, or a list of all that is wrong with it. Messages name variables, never values. */
import * as z from "zod";
import { alipayConfig, alipayVariables } from "./config/alipay.ts";
import { address, byteLength, integer, text, together } from "./config/variables.ts";
import { wechatConfig, wechatVariables } from "./config/wechat.ts";
import type { Settings } from "./payments/context.ts";
import type { AlipayConfig } from "./providers/alipay/config.ts";
import type { TextCache } from "./providers/exchange.ts";
import type { WechatPayConfig } from "./providers/wechat/config.ts";
import type { TokenRules } from "./security/authenticate.ts";

export interface Config {
  readonly databaseUrl: string;
  /** Undefined when the provider is off. */
  readonly wechat: WechatPayConfig | undefined;
  readonly alipay: AlipayConfig | undefined;
  readonly tokens: TokenRules;
  readonly settings: Settings;
  /** Front ends that may call from a browser. */
  readonly corsOrigins: readonly string[];
  /** For all provider calls of one request together. */
  readonly providerTimeoutMs: number;
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

const shopVariables = z
  .object({
    DATABASE_URL: address,
    JWT_SECRET: text.refine((secret) => byteLength(secret) >= 32, "must be at least 32 bytes long").optional(),
    JWT_JWKS_URL: address.optional(),
    JWT_ISSUER: text.optional(),
    JWT_AUDIENCE: text.optional(),
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
    RETENTION_DAYS: integer(30, 3650).prefault("400"),
    CORS_ORIGINS: text
      .transform((list) => list.split(",").map((origin) => origin.trim()))
      .pipe(z.array(z.string().refine(isOrigin, "must be origins such as https://shop.example, with commas between")))
      .default([]),
    PROVIDER_TIMEOUT_MS: integer(100, 60_000).prefault("2500"),
    PAYMENT_CACHE: z.custom<TextCache>(isTextCache, "must be a KV namespace").optional(),
  })
  .refine(
    (shop) => shop.JWT_SECRET !== undefined || shop.JWT_JWKS_URL !== undefined,
    together("JWT_SECRET", "is missing, and so is JWT_JWKS_URL: one of them is needed"),
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
    settings: settingsOf(shop.data),
    corsOrigins: shop.data.CORS_ORIGINS,
    providerTimeoutMs: shop.data.PROVIDER_TIMEOUT_MS,
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

function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.parse(text)?.origin === text;
}

function describe(issue: { readonly path: readonly PropertyKey[]; readonly message: string }): string {
  return `${String(issue.path[0])}: ${issue.message}`;
}

/** With both, the JWKS wins: keys of one kind are never tried as the other. */
function tokenRules(shop: z.output<typeof shopVariables>): TokenRules {
  const expected = { issuer: shop.JWT_ISSUER, audience: shop.JWT_AUDIENCE };
  if (shop.JWT_JWKS_URL !== undefined) return { kind: "jwks", url: shop.JWT_JWKS_URL, ...expected };
  return { kind: "secret", secret: shop.JWT_SECRET ?? "", ...expected };
}
