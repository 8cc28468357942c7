import * as fc from "fast-check";
import { expect, test } from "vitest";
import { utf8 } from "../../../src/crypto/bytes.ts";
import { importCertificateKey, readCertificate } from "../../../src/crypto/certificate.ts";
import { KeyFormatError } from "../../../src/crypto/pem.ts";
import { verifySha256 } from "../../../src/crypto/rsa.ts";
import { testKeys } from "../providers/support/keys.ts";
import { makeCertificate } from "../providers/support/wechat.ts";

test("serial, validity and key are read", async () => {
  const { platform } = await testKeys();
  const certificate = readCertificate(makeCertificate(Uint8Array.of(0x5d, 0xea), platform, "300102030405Z"), "cert");
  expect(certificate.serial).toBe("5DEA");
  expect(certificate.notBefore.toISOString()).toBe("2020-01-01T00:00:00.000Z");
  expect(certificate.notAfter.toISOString()).toBe("2030-01-02T03:04:05.000Z");
  const key = await importCertificateKey(certificate, "cert");
  expect(await verifySha256(key, utf8("message"), await platform.sign("message"))).toBe(true);
});

test("a serial keeps its leading zeros and loses only the sign byte", async () => {
  const { platform } = await testKeys();
  const serials = [
    [Uint8Array.of(0x00, 0xff, 0x01), "FF01"],
    [Uint8Array.of(0x05, 0xde), "05DE"],
  ] as const;
  for (const [bytes, serial] of serials) {
    expect(readCertificate(makeCertificate(bytes, platform, "300102030405Z"), "cert").serial).toBe(serial);
  }
});

test("bytes that are no certificate are refused by name", async () => {
  const { platform } = await testKeys();
  expect(() => readCertificate(platform.publicPem, "WECHAT_API_CLIENT_CERT")).toThrow(/^WECHAT_API_CLIENT_CERT: /);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const text = btoa(String.fromCharCode(...bytes));
      expect(() => readCertificate(text, "cert")).toThrow(KeyFormatError);
    }),
  );
});
