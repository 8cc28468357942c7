/** The environment becomes a Config, or a list of all that is wrong with it. Messages name variables, never values. */
import * as z from "zod";
import { readCertificate } from "./crypto/certificate.ts";
import { decodePem, KeyFormatError } from "./crypto/pem.ts";
import { toPkcs8 } from "./crypto/rsa.ts";
import type { Settings } from "./payments/context.ts";
import type { AlipayConfig } from "./providers/alipay/config.ts";
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

const text = z.string({ error: (issue) => (issue.input === undefined ? "is missing" : "must be text") });
const address = z.url({
  protocol: /^https?$/,
  error: (issue) => (issue.input === undefined ? "is missing" : "must be an http or https address"),
});
const integer = (least: number, most: number) =>
  text
    .regex(/^\d{1,9}$/, { error: "must be a whole number", abort: true })
    .transform(Number)
    .pipe(z.int().min(least, `must be at least ${least}`).max(most, `must be at most ${most}`));

/** Text that `read` takes without a KeyFormatError. */
const key = (label: string, read: (text: string, label: string) => unknown) =>
  text.superRefine((value, context) => {
    try {
      read(value, label);
    } catch (error) {
      if (!(error instanceof KeyFormatError)) throw error;
      context.addIssue({ code: "custom", message: error.message.slice(label.length + 2) });
    }
  });
const privateKey = (label: string) => key(label, (pem) => toPkcs8(decodePem(pem, label), label));
const byteLength = (value: string) => new TextEncoder().encode(value).length;
/** Rules that span variables are checked even when single ones are wrong, so that everything is said at once. */
const together = (name: string, error: string) => ({ path: [name], error, when: () => true });

const shopVariables = z
  .object({
    DATABASE_URL: address,
    JWT_SECRET: text.refine((secret) => byteLength(secret) >= 32, "must be at least 32 bytes long").optional(),
    JWT_JWKS_URL: address.optional(),
    JWT_ISSUER: text.optional(),
    JWT_AUDIENCE: text.optional(),
    ORDER_TTL_MINUTES: integer(5, 10_080).prefault("30"),
    CUSTOMER_REFUNDS: z.enum(["request", "auto"], "must be request or auto").default("request"),
    CORS_ORIGINS: text
      .transform((list) => list.split(",").map((origin) => origin.trim()))
      .pipe(z.array(z.string().refine(isOrigin, "must be origins such as https://shop.example, with commas between")))
      .default([]),
    PROVIDER_TIMEOUT_MS: integer(100, 60_000).prefault("2500"),
  })
  .refine(
    (shop) => shop.JWT_SECRET !== undefined || shop.JWT_JWKS_URL !== undefined,
    together("JWT_SECRET", "is missing, and so is JWT_JWKS_URL: one of them is needed"),
  );

const wechatVariables = z
  .object({
    WECHAT_APP_ID: text,
    WECHAT_MCH_ID: text,
    WECHAT_API_V3_KEY: text.refine((secret) => byteLength(secret) === 32, "must be 32 characters long"),
    WECHAT_API_CLIENT_KEY: privateKey("WECHAT_API_CLIENT_KEY"),
    WECHAT_API_CLIENT_CERT: key("WECHAT_API_CLIENT_CERT", readCertificate).optional(),
    WECHAT_API_SERIAL_NO: text.optional(),
    WECHAT_PUBLIC_KEY_ID: text.optional(),
    WECHAT_PUBLIC_KEY: key("WECHAT_PUBLIC_KEY", decodePem).optional(),
    WECHAT_API_BASE_URL: address.default("https://api.mch.weixin.qq.com"),
    WECHAT_NOTIFY_URL: address,
    WECHAT_REFUND_NOTIFY_URL: address,
  })
  .refine(
    (wechat) => wechat.WECHAT_API_SERIAL_NO !== undefined || wechat.WECHAT_API_CLIENT_CERT !== undefined,
    together("WECHAT_API_SERIAL_NO", "is missing, and so is WECHAT_API_CLIENT_CERT, from which it could be read"),
  )
  .refine(
    (wechat) => (wechat.WECHAT_PUBLIC_KEY_ID === undefined) === (wechat.WECHAT_PUBLIC_KEY === undefined),
    together("WECHAT_PUBLIC_KEY", "needs WECHAT_PUBLIC_KEY_ID beside it, and the other way round"),
  );

const alipayVariables = z.object({
  ALIPAY_APP_ID: text,
  ALIPAY_PRIVATE_KEY: privateKey("ALIPAY_PRIVATE_KEY"),
  ALIPAY_PUBLIC_KEY: key("ALIPAY_PUBLIC_KEY", decodePem),
  ALIPAY_GATEWAY_URL: address.default("https://openapi.alipay.com/gateway.do"),
  ALIPAY_NOTIFY_URL: address,
});

/** Reads the environment. A provider without a single variable is off. Throws ConfigError. */
export function readConfig(environment: object): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => !isBlank(value)));
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
    settings: { orderTtlMinutes: shop.data.ORDER_TTL_MINUTES, customerRefunds: shop.data.CUSTOMER_REFUNDS },
    corsOrigins: shop.data.CORS_ORIGINS,
    providerTimeoutMs: shop.data.PROVIDER_TIMEOUT_MS,
  };
}

function isBlank(value: unknown): boolean {
  return value === undefined || (typeof value === "string" && value.trim() === "");
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

function wechatConfig(variables: z.output<typeof wechatVariables>): WechatPayConfig {
  const { WECHAT_API_SERIAL_NO: given, WECHAT_API_CLIENT_CERT: certificate } = variables;
  const { WECHAT_PUBLIC_KEY_ID: id, WECHAT_PUBLIC_KEY: pem } = variables;
  return {
    appId: variables.WECHAT_APP_ID,
    mchId: variables.WECHAT_MCH_ID,
    apiV3Key: variables.WECHAT_API_V3_KEY,
    privateKeyPem: variables.WECHAT_API_CLIENT_KEY,
    serialNo: given ?? readCertificate(certificate ?? "", "WECHAT_API_CLIENT_CERT").serial,
    ...(id !== undefined && pem !== undefined && { publicKey: { id, pem } }),
    baseUrl: variables.WECHAT_API_BASE_URL,
    notifyUrl: variables.WECHAT_NOTIFY_URL,
    refundNotifyUrl: variables.WECHAT_REFUND_NOTIFY_URL,
  };
}

function alipayConfig(variables: z.output<typeof alipayVariables>): AlipayConfig {
  return {
    appId: variables.ALIPAY_APP_ID,
    privateKeyPem: variables.ALIPAY_PRIVATE_KEY,
    publicKeyPem: variables.ALIPAY_PUBLIC_KEY,
    gatewayUrl: variables.ALIPAY_GATEWAY_URL,
    notifyUrl: variables.ALIPAY_NOTIFY_URL,
  };
}
