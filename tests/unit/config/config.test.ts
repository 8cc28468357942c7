import { beforeAll, describe, expect, it } from "vitest";
import { ConfigError, readConfig } from "../../../src/config.ts";
import { createLoader } from "../../../src/services.ts";
import { FIELD_ENCRYPTION_KEYS } from "../../support/field-keys.ts";
import { makeKeyPair } from "../providers/support/keys.ts";

const SHOP = {
  DATABASE_URL: "https://user:password@db.test",
  JWT_SECRET: "s".repeat(32),
  FIELD_ENCRYPTION_KEYS,
};
const KEY = FIELD_ENCRYPTION_KEYS;
const OTHER = btoa("k".repeat(32));
const NOTIFY = "https://shop.test/api/v1/payments";

let wechat: Record<string, string>;
let alipay: Record<string, string>;

beforeAll(async () => {
  const [pair, theirs] = await Promise.all([makeKeyPair(), makeKeyPair()]);
  wechat = {
    WECHAT_APP_ID: "wx0000000000000000",
    WECHAT_MCH_ID: "1900000000",
    WECHAT_API_V3_KEY: "k".repeat(32),
    WECHAT_API_CLIENT_KEY: pair.privatePem,
    WECHAT_API_SERIAL_NO: "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
    WECHAT_NOTIFY_URL: `${NOTIFY}/wechat/notify`,
    WECHAT_REFUND_NOTIFY_URL: `${NOTIFY}/wechat/refund/notify`,
  };
  alipay = {
    ALIPAY_APP_ID: "2021000000000000",
    ALIPAY_PRIVATE_KEY: pair.privatePem.replaceAll("\n", "\\n"),
    ALIPAY_PUBLIC_KEY: theirs.publicPem.replaceAll(/-----.*-----|\n/g, ""),
    ALIPAY_NOTIFY_URL: `${NOTIFY}/alipay/notify`,
  };
});

function problemsOf(environment: object): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("what is configured", () => {
  it("takes a shop without providers, and fills in the defaults", () => {
    expect(readConfig(SHOP)).toEqual({
      databaseUrl: SHOP.DATABASE_URL,
      wechat: undefined,
      alipay: undefined,
      tokens: { kind: "secret", secret: SHOP.JWT_SECRET, issuer: undefined, audience: undefined },
      fieldKeys: [{ id: "test", bytes: Uint8Array.from({ length: 32 }, (_, index) => index) }],
      settings: {
        orderTtlMinutes: 30,
        customerRefunds: "request",
        latePayments: "refund",
        mixedRefunds: "proportional",
        pointsPerYuan: 0,
        pointsDays: 0,
        pointsShortage: "debt",
        openOrdersPerBuyer: 20,
        idempotencyHours: 24,
        retentionDays: 400,
      },
      access: undefined,
      corsOrigins: [],
      returnHosts: { listed: [], loopback: false },
      providerTimeoutMs: 2500,
      metricsToken: undefined,
      slowCallMs: 1000,
      paymentCache: undefined,
    });
  });

  it("takes both providers, with keys as PEM, as one line with \\n, or as bare base64", () => {
    const config = readConfig({ ...SHOP, ...wechat, ...alipay });
    expect(config.wechat).toMatchObject({
      serialNo: "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
      baseUrl: "https://api.mch.weixin.qq.com",
    });
    expect(config.wechat).not.toHaveProperty("publicKey");
    expect(config.alipay).toMatchObject({ gatewayUrl: "https://openapi.alipay.com/gateway.do" });
  });

  it("reads numbers, lists and choices", () => {
    const given = {
      ORDER_TTL_MINUTES: "10080",
      PROVIDER_TIMEOUT_MS: "1000",
      SLOW_CALL_MS: "250",
      METRICS_TOKEN: "0123456789abcdef",
      CUSTOMER_REFUNDS: "auto",
      CORS_ORIGINS: "https://shop.test, http://localhost:5173",
    };
    expect(readConfig({ ...SHOP, ...given })).toMatchObject({
      settings: { orderTtlMinutes: 10_080, customerRefunds: "auto" },
      corsOrigins: ["https://shop.test", "http://localhost:5173"],
      providerTimeoutMs: 1000,
      slowCallMs: 250,
      metricsToken: "0123456789abcdef",
    });
  });

  it("takes a KV namespace to share between isolates", () => {
    const PAYMENT_CACHE = { get: async () => null, put: async () => {} };
    expect(readConfig({ ...SHOP, PAYMENT_CACHE }).paymentCache).toBe(PAYMENT_CACHE);
  });

  it("verifies tokens against a JWKS", () => {
    const { JWT_SECRET: _none, ...shop } = SHOP;
    const issued = { JWT_ISSUER: "https://id.test", JWT_AUDIENCE: "shop" };
    const { tokens } = readConfig({ ...shop, ...issued, JWT_JWKS_URL: "https://id.test/jwks" });
    const expected = { kind: "jwks", url: "https://id.test/jwks", issuer: "https://id.test", audience: "shop" };
    expect(tokens).toEqual(expected);
  });

  it("leaves a provider off whose variables are blank, and overlooks variables of other things", () => {
    const config = readConfig({ ...SHOP, WECHAT_APP_ID: "", ALIPAY_APP_ID: " ", FUTURE_TOKEN: "t", FUTURE: { a: 1 } });
    expect([config.wechat, config.alipay]).toEqual([undefined, undefined]);
  });
});

describe("what is wrong", () => {
  it("names everything that is missing, of the shop and of half configured providers, at once", () => {
    expect(problemsOf({ WECHAT_APP_ID: "wx1", ALIPAY_RETURN_URL: "https://shop.test" })).toEqual([
      "DATABASE_URL: is missing",
      "FIELD_ENCRYPTION_KEYS: is missing",
      "JWT_SECRET: is missing, and so is JWT_JWKS_URL: one of them is needed",
      "WECHAT_MCH_ID: is missing",
      "WECHAT_API_V3_KEY: is missing",
      "WECHAT_API_CLIENT_KEY: is missing",
      "WECHAT_NOTIFY_URL: is missing",
      "WECHAT_REFUND_NOTIFY_URL: is missing",
      "WECHAT_API_SERIAL_NO: is missing, and so is WECHAT_API_CLIENT_CERT, from which it could be read",
      "ALIPAY_APP_ID: is missing",
      "ALIPAY_PRIVATE_KEY: is missing",
      "ALIPAY_NOTIFY_URL: is missing",
      expect.stringMatching(
        /^ALIPAY_PUBLIC_KEY: is missing: .* ALIPAY_APP_CERT, ALIPAY_ROOT_CERT, ALIPAY_PUBLIC_CERT$/,
      ),
    ]);
  });

  it("names a variable of the wrong kind without showing its value", () => {
    const environment = {
      ...SHOP,
      ...wechat,
      ...alipay,
      DATABASE_URL: "mysql://user:hunter2@db.test",
      FIELD_ENCRYPTION_KEYS: "hunter:hunter2",
      JWT_SECRET: "hunter2",
      ORDER_TTL_MINUTES: "4",
      CUSTOMER_REFUNDS: "hunter2",
      CORS_ORIGINS: "https://shop.test/hunter2",
      PROVIDER_TIMEOUT_MS: "hunter2",
      WECHAT_API_V3_KEY: "hunter2",
      WECHAT_API_CLIENT_KEY: "hunter2",
      WECHAT_PUBLIC_KEY_ID: "PUB_KEY_ID_hunter2",
      WECHAT_NOTIFY_URL: "hunter2",
      ALIPAY_PUBLIC_KEY: "-----BEGIN PUBLIC KEY-----hunter2",
    };
    const problems = problemsOf(environment);
    expect(problems).toEqual([
      "DATABASE_URL: must be an http or https address",
      "FIELD_ENCRYPTION_KEYS: the key hunter must be the base64 of 32 bytes",
      "JWT_SECRET: must be at least 32 bytes long",
      "CORS_ORIGINS: must be origins such as https://shop.example, with commas between",
      "ORDER_TTL_MINUTES: must be at least 5",
      "CUSTOMER_REFUNDS: must be request or auto",
      "PROVIDER_TIMEOUT_MS: must be a whole number",
      "WECHAT_API_V3_KEY: must be 32 characters long",
      expect.stringMatching(/^WECHAT_API_CLIENT_KEY: is /),
      "WECHAT_NOTIFY_URL: must be an http or https address",
      "WECHAT_PUBLIC_KEY: needs WECHAT_PUBLIC_KEY_ID beside it, and the other way round",
      "ALIPAY_PUBLIC_KEY: its BEGIN and END lines do not match",
    ]);
    expect(problems.join()).not.toContain("hunter2");
  });

  it.each([
    ["test", "entry 1 must be id:base64, the id 1 to 32 letters, digits, - or _"],
    [`${KEY},${KEY.slice(5)}`, "entry 2 must be id:base64, the id 1 to 32 letters, digits, - or _"],
    [`${KEY},`, "entry 2 must be id:base64, the id 1 to 32 letters, digits, - or _"],
    [`a.b:${KEY.slice(5)}`, "entry 1 must be id:base64, the id 1 to 32 letters, digits, - or _"],
    [`old:${KEY.slice(5, -4)}`, "the key old must be the base64 of 32 bytes"],
    [`old:${KEY.slice(5).replace("=", "")}`, "the key old must be the base64 of 32 bytes"],
    [`${KEY}, test:${OTHER}`, "names the key test twice"],
    [`${KEY},new:${KEY.slice(5)}`, "has the same key once more as new"],
  ])("says which of the keys for fields is wrong, and shows none: %#", (keys, problem) => {
    const problems = problemsOf({ ...SHOP, FIELD_ENCRYPTION_KEYS: keys });
    expect(problems).toEqual([`FIELD_ENCRYPTION_KEYS: ${problem}`]);
    expect(problems.join()).not.toContain(KEY.slice(5, 20));
  });

  it("takes keys in their order, the first to seal with", () => {
    const config = readConfig({ ...SHOP, FIELD_ENCRYPTION_KEYS: ` 2026-11:${OTHER} , ${KEY} ` });
    expect(config.fieldKeys.map(({ id }) => id)).toEqual(["2026-11", "test"]);
  });

  it.each([["a name"], [{ get: () => null }], [{ get: 1, put: 2 }], [7]])("takes %j for no KV namespace", (value) => {
    expect(problemsOf({ ...SHOP, PAYMENT_CACHE: value })).toEqual(["PAYMENT_CACHE: must be a KV namespace"]);
  });

  it("blames the key alone when a pair is complete but its key is broken", () => {
    const environment = { ...SHOP, ...wechat, WECHAT_PUBLIC_KEY_ID: "PUB_KEY_ID_1", WECHAT_PUBLIC_KEY: "-----" };
    expect(problemsOf(environment)).toEqual(["WECHAT_PUBLIC_KEY: its BEGIN and END lines do not match"]);
  });

  it("does not mistake a public key or a certificate for the merchant's private key", () => {
    const environment = { ...SHOP, ...wechat, WECHAT_API_CLIENT_KEY: alipay.ALIPAY_PUBLIC_KEY };
    expect(problemsOf(environment)).toEqual(["WECHAT_API_CLIENT_KEY: is not an RSA private key"]);
  });
});

describe("the services of an environment", () => {
  const surroundings = { fetch, now: () => 0, writeLog: () => {} };

  it("are made once for each environment object", () => {
    const load = createLoader(surroundings);
    const environment = { ...SHOP };
    expect(load(environment)).toBe(load(environment));
    expect(load({ ...SHOP })).not.toBe(load(environment));
  });

  it("fail with the same problems every time", () => {
    const load = createLoader(surroundings);
    const environment = {};
    expect(() => load(environment)).toThrow(ConfigError);
    expect(() => load(environment)).toThrow(/DATABASE_URL: is missing/);
  });
});
