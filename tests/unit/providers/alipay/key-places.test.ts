import { beforeAll, describe, expect, test } from "vitest";
import { Alipay } from "../../../../src/providers/alipay/alipay.ts";
import type { AlipayConfig } from "../../../../src/providers/alipay/config.ts";
import { alipayConfig } from "../support/alipay.ts";
import { certificateFiles } from "../support/alipay-certificates.ts";
import { base64, makeKeyPair, type TestKeyPair, testKeys } from "../support/keys.ts";

const PKCS8_WRAPPING = 26;
const OWN_KEY =
  "ALIPAY_PUBLIC_KEY: is the application's own public key, the one that belongs to ALIPAY_PRIVATE_KEY: put";

let own: TestKeyPair;
let config: AlipayConfig;
beforeAll(async () => {
  ({ merchant: own } = await testKeys());
  config = await alipayConfig();
});

/** What building an Alipay with other keys is refused with. */
function refusalOf(changes: Partial<AlipayConfig>): unknown {
  try {
    new Alipay({ ...config, ...changes });
    return undefined;
  } catch (error) {
    return error;
  }
}

const keyError = (message: string) =>
  expect.objectContaining({ name: "KeyFormatError", message: expect.stringContaining(message) });

describe("public-key mode", () => {
  test("Alipay's own key is taken", () => {
    expect(refusalOf({})).toBeUndefined();
  });

  test("the application's own public key in Alipay's place is recognised in any form, and not shown", () => {
    const pkcs1 = base64(own.pkcs8.slice(PKCS8_WRAPPING));
    for (const publicKeyPem of [own.publicPem, own.publicPem.replaceAll("\n", "\\n"), base64(own.spki)]) {
      const refusal = refusalOf({ publicKeyPem, privateKeyPem: pkcs1 });
      expect(refusal).toEqual(keyError(OWN_KEY));
      expect(String(refusal)).not.toContain(base64(own.spki).slice(40, 60));
    }
  });

  test("a key that is missing or none is refused by its name", () => {
    const { publicKeyPem: _, ...keyless } = config;
    expect(() => new Alipay(keyless)).toThrow("ALIPAY_PUBLIC_KEY: is empty");
    expect(refusalOf({ publicKeyPem: "garbage" })).toEqual(keyError("ALIPAY_PUBLIC_KEY: is "));
    expect(refusalOf({ publicKeyPem: own.privatePem })).toEqual(keyError("ALIPAY_PUBLIC_KEY: is "));
    expect(refusalOf({ privateKeyPem: "garbage" })).toEqual(keyError("ALIPAY_PRIVATE_KEY: is "));
  });
});

describe("certificate mode", () => {
  test("Alipay's own certificate is taken", async () => {
    expect(refusalOf({ certificates: await certificateFiles() })).toBeUndefined();
  });

  test("the application's own in Alipay's place is recognised", async () => {
    const files = await certificateFiles();
    const renewed = await certificateFiles({ key: own });
    const message = "ALIPAY_PUBLIC_CERT: is the application's own certificate";
    for (const alipay of [files.app, files.alipay + files.app, renewed.alipay]) {
      expect(refusalOf({ certificates: { ...files, alipay } })).toEqual(keyError(message));
    }
  });

  test("an application's certificate for another key is recognised", async () => {
    const { privatePem: privateKeyPem } = await makeKeyPair();
    expect(refusalOf({ privateKeyPem, certificates: await certificateFiles() })).toEqual(
      keyError("ALIPAY_APP_CERT: does not belong to ALIPAY_PRIVATE_KEY"),
    );
  });
});
