import { beforeAll, describe, expect, it } from "vitest";
import { ConfigError, readConfig } from "../../../src/config.ts";
import type { AlipayCertificates } from "../../../src/providers/alipay/config.ts";
import { FIELD_ENCRYPTION_KEYS } from "../../support/field-keys.ts";
import { authorities, certificateFiles, issue, named } from "../providers/support/alipay-certificates.ts";
import { base64, makeKeyPair, type TestKeyPair, testKeys } from "../providers/support/keys.ts";

const NOTIFY = "https://shop.test/api/v1/payments/alipay/notify";
const PKCS8_WRAPPING = 26;
const RESERVED = "ALIPAY_RETURN_URL: must have no parameter that Alipay adds itself, such as method or sign";
const ENCRYPT_KEY = "aa4BtZ4tspm2wnXLb1ThQA==";

let own: TestKeyPair;
let theirs: TestKeyPair;
let files: AlipayCertificates;
let base: Record<string, string>;
let certificates: Record<string, string>;
beforeAll(async () => {
  ({ merchant: own, platform: theirs } = await testKeys());
  files = await certificateFiles();
  base = {
    DATABASE_URL: "https://user:password@db.test",
    JWT_SECRET: "s".repeat(32),
    FIELD_ENCRYPTION_KEYS,
    ALIPAY_APP_ID: "2021000000000000",
    ALIPAY_PRIVATE_KEY: own.privatePem,
    ALIPAY_NOTIFY_URL: NOTIFY,
  };
  certificates = { ALIPAY_APP_CERT: files.app, ALIPAY_ROOT_CERT: files.root, ALIPAY_PUBLIC_CERT: files.alipay };
});

function problemsOf(variables: Record<string, string>): readonly string[] {
  try {
    readConfig({ ...base, ...variables });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("public-key mode", () => {
  const publicKey = (changes: Record<string, string> = {}) => ({ ALIPAY_PUBLIC_KEY: theirs.publicPem, ...changes });

  it("takes everything that may be set", () => {
    const given = publicKey({
      ALIPAY_ENCRYPT_KEY: ENCRYPT_KEY,
      ALIPAY_GATEWAY_URL: "https://openapi-sandbox.dl.alipaydev.com/gateway.do",
      ALIPAY_RETURN_URL: "https://shop.test/paid?from=alipay",
      ALIPAY_REFUND_NOTIFY_URL: "https://shop.test/api/v1/payments/alipay/refund/notify",
      ALIPAY_SELLER_ID: "2088000000000001",
      ALIPAY_PREAUTH_PRODUCT_CODE: "PRE_AUTH_ONLINE",
    });
    expect(readConfig({ ...base, ...given }).alipay).toEqual({
      appId: "2021000000000000",
      privateKeyPem: own.privatePem.trim(),
      publicKeyPem: theirs.publicPem.trim(),
      encryptKey: ENCRYPT_KEY,
      gatewayUrl: "https://openapi-sandbox.dl.alipaydev.com/gateway.do",
      notifyUrl: NOTIFY,
      returnUrl: "https://shop.test/paid?from=alipay",
      sellerId: "2088000000000001",
      preAuthProductCode: "PRE_AUTH_ONLINE",
    });
  });

  it("takes keys in every form that people paste them in", () => {
    const line = own.privatePem.replaceAll("\n", "\\n");
    const pkcs1 = base64(own.pkcs8.slice(PKCS8_WRAPPING));
    const armoured = `-----BEGIN RSA PRIVATE KEY-----\n${pkcs1}\n-----END RSA PRIVATE KEY-----`;
    for (const ALIPAY_PRIVATE_KEY of [own.privatePem, line, base64(own.pkcs8), pkcs1, armoured, ` ${pkcs1}\r\n`]) {
      expect(problemsOf(publicKey({ ALIPAY_PRIVATE_KEY }))).toEqual([]);
    }
    expect(problemsOf(publicKey({ ALIPAY_PUBLIC_KEY: base64(theirs.spki) }))).toEqual([]);
  });

  it("recognises the application's own public key in the place of Alipay's, in any form", () => {
    const pkcs1 = base64(own.pkcs8.slice(PKCS8_WRAPPING));
    for (const ALIPAY_PUBLIC_KEY of [own.publicPem, base64(own.spki)]) {
      const problems = problemsOf({ ALIPAY_PUBLIC_KEY, ALIPAY_PRIVATE_KEY: pkcs1 });
      expect(problems).toEqual([
        expect.stringMatching(/^ALIPAY_PUBLIC_KEY: .* own .*ALIPAY_PRIVATE_KEY: put Alipay's/),
      ]);
      expect(problems.join()).not.toContain(base64(own.spki).slice(0, 40));
    }
  });

  it("refuses a key that is too short to trust", async () => {
    const { publicPem: ALIPAY_PUBLIC_KEY } = await makeKeyPair(1024);
    expect(problemsOf({ ALIPAY_PUBLIC_KEY })).toEqual([expect.stringMatching(/^ALIPAY_PUBLIC_KEY: .*2048/)]);
  });

  it.each([
    [{ ALIPAY_ENCRYPT_KEY: "c2hvcnQ=" }, "ALIPAY_ENCRYPT_KEY: has 5 bytes, not 16"],
    [{ ALIPAY_ENCRYPT_KEY: "?" }, "ALIPAY_ENCRYPT_KEY: is not base64"],
    [{ ALIPAY_SELLER_ID: "1900" }, "ALIPAY_SELLER_ID: must be 16 digits that begin with 2088"],
    [
      { ALIPAY_PREAUTH_PRODUCT_CODE: "PRE_AUTH" },
      "ALIPAY_PREAUTH_PRODUCT_CODE: must be PREAUTH_PAY or PRE_AUTH_ONLINE",
    ],
    [{ ALIPAY_GATEWAY_URL: "https://openapi.alipay.com" }, "ALIPAY_GATEWAY_URL: must end in /gateway.do"],
    [
      { ALIPAY_GATEWAY_URL: "http://openapi.alipay.com/gateway.do" },
      "ALIPAY_GATEWAY_URL: must be https, unless it is on this machine",
    ],
    [{ ALIPAY_NOTIFY_URL: `${NOTIFY}?a=1` }, "ALIPAY_NOTIFY_URL: must have no query string and no fragment"],
    [{ ALIPAY_NOTIFY_URL: NOTIFY.padEnd(257, "x") }, "ALIPAY_NOTIFY_URL: must have at most 256 characters"],
    [{ ALIPAY_RETURN_URL: "shop" }, "ALIPAY_RETURN_URL: must be an http or https address"],
    [{ ALIPAY_RETURN_URL: "https://shop.test/paid?a=1&method=x" }, RESERVED],
    [{ ALIPAY_RETURN_URL: "https://shop.test/paid?si%67n=" }, RESERVED],
  ])("says what is wrong with %j", (changes: Record<string, string>, problem) => {
    expect(problemsOf(publicKey(changes))).toEqual([problem]);
  });
});

describe("certificate mode", () => {
  it("needs no public key, and does not use one", () => {
    for (const more of [{}, { ALIPAY_PUBLIC_KEY: theirs.publicPem }]) {
      const { alipay } = readConfig({ ...base, ...certificates, ...more });
      const trimmed = Object.entries(files).map(([name, pem]) => [name, pem.trim()]);
      expect(alipay?.certificates).toEqual(Object.fromEntries(trimmed));
      expect(alipay).not.toHaveProperty("publicKeyPem");
    }
  });

  it("takes certificates on one line", () => {
    const lines = Object.entries(certificates).map(([name, pem]) => [name, pem.replaceAll("\n", "\\n")]);
    expect(problemsOf(Object.fromEntries(lines))).toEqual([]);
  });

  it("lists every certificate that is missing", () => {
    const [app, root, alipay] = ["ALIPAY_APP_CERT", "ALIPAY_ROOT_CERT", "ALIPAY_PUBLIC_CERT"] as const;
    const missing = (...names: readonly string[]) =>
      names.map((name) => expect.stringContaining(`${name}: is missing`));
    expect(problemsOf({ [app]: files.app })).toEqual(missing(root, alipay));
    expect(problemsOf({ [root]: files.root, ALIPAY_PUBLIC_KEY: theirs.publicPem })).toEqual(missing(app, alipay));
    expect(problemsOf({ [alipay]: files.alipay, ALIPAY_PRIVATE_KEY: "" })).toEqual([
      "ALIPAY_PRIVATE_KEY: is missing",
      ...missing(app, root),
    ]);
    expect(problemsOf({})).toEqual(missing("ALIPAY_PUBLIC_KEY"));
  });

  it("tells files that are in each other's place", async () => {
    const { class2 } = await authorities();
    const foreign = await issue({ subject: named("app"), key: theirs, issuer: class2 });
    expect(problemsOf({ ...certificates, ALIPAY_APP_CERT: foreign })).toEqual([
      "ALIPAY_APP_CERT: does not belong to ALIPAY_PRIVATE_KEY",
    ]);
    expect(problemsOf({ ...certificates, ALIPAY_PUBLIC_CERT: files.app })).toEqual([
      expect.stringMatching(/^ALIPAY_PUBLIC_CERT: is the application's own certificate/),
    ]);
    const swapped = { ALIPAY_ROOT_CERT: files.alipay, ALIPAY_PUBLIC_CERT: files.root };
    expect(problemsOf({ ...certificates, ...swapped })).toEqual([
      expect.stringMatching(/^ALIPAY_PUBLIC_CERT: .*swapped with ALIPAY_ROOT_CERT/),
      expect.stringMatching(/^ALIPAY_ROOT_CERT: .*swapped with ALIPAY_PUBLIC_CERT/),
    ]);
  });

  it("tells roots that have issued neither Alipay's certificate nor the application's", async () => {
    const { class1Pem, class2Pem } = await authorities();
    const root = { name: named("Root R1"), key: theirs };
    const [stranger, renewed] = await Promise.all([
      issue({
        subject: named("Root R2"),
        key: theirs,
        issuer: { name: named("Root R2"), key: theirs },
        isAuthority: true,
      }),
      issue({ subject: root.name, key: theirs, issuer: root, isAuthority: true }),
    ]);
    const withRoot = (ALIPAY_ROOT_CERT: string, more: Record<string, string> = {}) =>
      problemsOf({ ...certificates, ...more, ALIPAY_ROOT_CERT });
    const strange = [
      "ALIPAY_ROOT_CERT: issued neither ALIPAY_PUBLIC_CERT nor ALIPAY_APP_CERT: put Alipay's roots here",
    ];
    expect(withRoot(stranger)).toEqual(strange);
    expect(withRoot(stranger + files.root)).toEqual([]);
    expect(withRoot(renewed)).toEqual([]);
    // Without the authorities between nothing is known.
    const leaf = files.alipay.replace(class2Pem, "");
    expect(withRoot(stranger, { ALIPAY_PUBLIC_CERT: leaf })).toEqual([]);
    expect(withRoot(stranger, { ALIPAY_PUBLIC_CERT: leaf, ALIPAY_APP_CERT: files.app + class1Pem })).toEqual(strange);
    expect(withRoot(class2Pem + stranger, { ALIPAY_PUBLIC_CERT: leaf })).toEqual([]);
  });

  it("says what is no certificate", () => {
    expect(problemsOf({ ...certificates, ALIPAY_ROOT_CERT: base64(own.spki) })).toEqual([
      "ALIPAY_ROOT_CERT: is not an X.509 certificate",
    ]);
    const cut = files.alipay.replace(/-----END CERTIFICATE-----\n$/, "");
    expect(problemsOf({ ...certificates, ALIPAY_PUBLIC_CERT: cut.slice(0, 200) })).toEqual([
      "ALIPAY_PUBLIC_CERT: its BEGIN and END lines do not match",
    ]);
  });
});
