/** The shop's environment in development: generated values, and whatever the developer sets over them. */
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { parseEnv } from "node:util";

/** Values made once and kept, so that tokens and encrypted fields outlive a restart. */
export interface Secrets {
  readonly jwtSecret: string;
  readonly fieldKey: string;
  readonly metricsToken: string;
  readonly gatewayPassword: string;
}

export type Variables = Readonly<Record<string, string>>;

/** Every variable the service reads. The process's own environment is only searched for these. */
const NAMES = [
  "WECHAT_APP_ID",
  "WECHAT_MCH_ID",
  "WECHAT_API_V3_KEY",
  "WECHAT_KEY",
  "WECHAT_API_CLIENT_CERT",
  "WECHAT_API_CLIENT_KEY",
  "WECHAT_API_SERIAL_NO",
  "WECHAT_NOTIFY_URL",
  "WECHAT_REFUND_NOTIFY_URL",
  "WECHAT_MINI_APP_ID",
  "WECHAT_MOBILE_APP_ID",
  "WECHAT_API_BASE_URL",
  "WECHAT_API_BACKUP_URL",
  "WECHAT_PUBLIC_KEY_ID",
  "WECHAT_PUBLIC_KEY",
  "ALIPAY_APP_ID",
  "ALIPAY_PRIVATE_KEY",
  "ALIPAY_PUBLIC_KEY",
  "ALIPAY_GATEWAY_URL",
  "ALIPAY_NOTIFY_URL",
  "ALIPAY_REFUND_NOTIFY_URL",
  "ALIPAY_RETURN_URL",
  "ALIPAY_APP_CERT",
  "ALIPAY_ROOT_CERT",
  "ALIPAY_PUBLIC_CERT",
  "ALIPAY_ENCRYPT_KEY",
  "ALIPAY_SELLER_ID",
  "ALIPAY_PREAUTH_PRODUCT_CODE",
  "DATABASE_URL",
  "FIELD_ENCRYPTION_KEYS",
  "JWT_SECRET",
  "JWT_JWKS_URL",
  "JWT_ISSUER",
  "JWT_AUDIENCE",
  "ORDER_TTL_MINUTES",
  "CUSTOMER_REFUNDS",
  "LATE_PAYMENTS",
  "MIXED_REFUNDS",
  "POINTS_PER_YUAN",
  "POINTS_DAYS",
  "POINTS_SHORTAGE",
  "OPEN_ORDERS_PER_BUYER",
  "IDEMPOTENCY_HOURS",
  "RETENTION_DAYS",
  "CORS_ORIGINS",
  "RETURN_URL_HOSTS",
  "CF_ACCESS_TEAM_DOMAIN",
  "CF_ACCESS_AUDIENCE",
  "CF_ACCESS_OPERATORS",
  "CF_ACCESS_AUDITORS",
  "METRICS_TOKEN",
  "SLOW_CALL_MS",
  "PROVIDER_PROXY_URL",
  "PROVIDER_TIMEOUT_MS",
];

/** What the developer set: `.dev.vars`, and over it the process's environment. */
export async function givenVariables(devVarsFile: string): Promise<Variables> {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(parseEnv(await readFile(devVarsFile, "utf8").catch(() => "")))) {
    if (value !== undefined) given[name] = value;
  }
  for (const name of NAMES) {
    const value = process.env[name];
    if (value !== undefined && value !== "") given[name] = value;
  }
  return given;
}

/** Reads the kept secrets, or makes them. */
export async function keptSecrets(file: string): Promise<Secrets> {
  const kept = await readFile(file, "utf8").catch(() => undefined);
  if (kept !== undefined) return JSON.parse(kept);
  const secrets: Secrets = {
    jwtSecret: randomBytes(32).toString("base64url"),
    fieldKey: `dev:${randomBytes(32).toString("base64")}`,
    metricsToken: randomBytes(16).toString("hex"),
    gatewayPassword: randomBytes(12).toString("hex"),
  };
  await writeFile(file, JSON.stringify(secrets, null, 2), { mode: 0o600 });
  return secrets;
}

/** Writes variables for `wrangler dev --env-file`. Line breaks of PEM values become `\n` inside double quotes. */
export async function writeEnvFile(file: string, variables: Variables): Promise<void> {
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${quoted(value)}`);
  await writeFile(file, `${lines.join("\n")}\n`, { mode: 0o600 });
}

/** Wrangler puts variables in place of `$NAME`; a backslash keeps the dollar. */
function quoted(text: string): string {
  const value = text.replaceAll("$", "\\$");
  return value.includes('"') ? `'${value}'` : `"${value.replaceAll("\r", "").replaceAll("\n", "\\n")}"`;
}
