import { beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../../../src/config.ts";
import { createServices } from "../../../src/services.ts";
import { FIELD_ENCRYPTION_KEYS } from "../../support/field-keys.ts";
import { ALIPAY_APP_ID, noticeBody, PAYMENT_NOTICE } from "../providers/support/alipay.ts";
import { authorities, certificateFiles, issue, SERIALS } from "../providers/support/alipay-certificates.ts";
import { NOW } from "../providers/support/calls.ts";
import { testKeys } from "../providers/support/keys.ts";

const SELLER = PAYMENT_NOTICE.seller_id ?? "";

let base: Record<string, string>;
let publicKey: Record<string, string>;
beforeAll(async () => {
  const { merchant, platform } = await testKeys();
  base = {
    DATABASE_URL: "https://user:password@db.test",
    JWT_SECRET: "s".repeat(32),
    FIELD_ENCRYPTION_KEYS,
    ALIPAY_APP_ID,
    ALIPAY_PRIVATE_KEY: merchant.privatePem,
    ALIPAY_NOTIFY_URL: "https://shop.test/api/v1/payments/alipay/notify",
  };
  publicKey = { ...base, ALIPAY_PUBLIC_KEY: platform.publicPem };
});

/** Certificate mode, with an application's certificate for these common names. */
async function certified(commonNames: readonly string[], alipay?: string): Promise<Record<string, string>> {
  const [{ merchant }, { class1 }, files] = await Promise.all([testKeys(), authorities(), certificateFiles()]);
  const subject = commonNames.map((name) => ["CN", name] as const);
  const app = await issue({ subject, key: merchant, issuer: class1, serial: SERIALS.app });
  const { root: ALIPAY_ROOT_CERT } = files;
  return { ...base, ALIPAY_APP_CERT: app, ALIPAY_ROOT_CERT, ALIPAY_PUBLIC_CERT: alipay ?? files.alipay };
}

/** What is logged when the services of an environment are made. */
function warningsOf(environment: Record<string, string>): readonly unknown[] {
  const lines: string[] = [];
  createServices(readConfig(environment), { fetch, now: () => NOW, writeLog: (line) => void lines.push(line) });
  return lines.map((line) => JSON.parse(line));
}

describe("the seller", () => {
  const UNCHECKED = { level: "warn", event: "alipay.seller_unchecked", variable: "ALIPAY_SELLER_ID" };

  it("is missed once, in either mode", async () => {
    expect(warningsOf(publicKey)).toMatchObject([UNCHECKED]);
    expect(warningsOf(await certified(["shop"]))).toMatchObject([UNCHECKED]);
    expect(warningsOf({ ...publicKey, ALIPAY_SELLER_ID: SELLER })).toEqual([]);
  });

  it("is who the application's certificate says", async () => {
    const environment = await certified([`${SELLER}-${ALIPAY_APP_ID}`]);
    expect(readConfig(environment).alipay?.sellerId).toBe(SELLER);
    expect(warningsOf(environment)).toEqual([]);
    const other = "2088000000000009";
    expect(readConfig({ ...environment, ALIPAY_SELLER_ID: other }).alipay?.sellerId).toBe(other);
  });

  it.each([
    [[`${SELLER}-2021000000000099`]],
    [[`${SELLER}-${ALIPAY_APP_ID}`, `2088000000000009-${ALIPAY_APP_ID}`]],
    [[`1${SELLER}-${ALIPAY_APP_ID}`]],
    [[SELLER]],
  ])("is nobody for %j", async (commonNames) => {
    expect(readConfig(await certified(commonNames)).alipay).not.toHaveProperty("sellerId");
  });
});

it("certificates that are about to lapse are told of, once for all services", async () => {
  const lapsing = await certificateFiles({ notAfter: "261201000000Z" });
  const names = [`${SELLER}-${ALIPAY_APP_ID}`];
  expect(warningsOf(await certified(names))).toEqual([]);
  expect(warningsOf(await certified(names, lapsing.alipay))).toMatchObject([
    {
      level: "warn",
      event: "alipay.certificate_expires",
      variable: "ALIPAY_PUBLIC_CERT",
      expiresAt: "2026-12-01T00:00:00.000Z",
      daysLeft: 8,
    },
  ]);
});

it("lets the isolates share Alipay's certificates through the namespace that is bound", async () => {
  const asked: string[] = [];
  const get = async (name: string) => {
    asked.push(name);
    return null;
  };
  const certificates = await certified([`${SELLER}-${ALIPAY_APP_ID}`]);
  const config = readConfig({ ...certificates, PAYMENT_CACHE: { get, put: async () => {} } });
  const services = createServices(config, { fetch, now: () => NOW, writeLog: () => {} });
  const { providers } = services.requestContext({ requestId: "request-1", waitUntil: () => {} });
  const callback = { headers: new Headers(), body: await noticeBody(PAYMENT_NOTICE) };
  expect(await providers.get("alipay").verifyCallback(callback, NOW)).toMatchObject({ verified: true });
  expect(asked).toEqual([`alipay/certificates/${ALIPAY_APP_ID}`]);
});
