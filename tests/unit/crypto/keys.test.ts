import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../../src/crypto/bytes.ts";
import { rsaBits } from "../../../src/crypto/public-key.ts";
import { importPrivateKey, importPublicKey, signSha256, verifySha256 } from "../../../src/crypto/rsa.ts";
import { armour, base64, makeKeyPair, testKeys } from "../providers/support/keys.ts";

/** In PKCS#8 the PKCS#1 key follows 26 bytes of wrapping for every 2048-bit key. */
const PKCS8_WRAPPING = 26;
const SPKI_WRAPPING = 24;

describe("private keys", () => {
  test("every way to write one down signs the same", async () => {
    const { merchant } = await testKeys();
    const pkcs1 = merchant.pkcs8.slice(PKCS8_WRAPPING);
    const spellings = [
      merchant.privatePem,
      merchant.privatePem.replaceAll("\n", "\\n"),
      merchant.privatePem.replaceAll("\n", "\r\n"),
      `  ${merchant.privatePem}\n\n`,
      base64(merchant.pkcs8),
      base64(merchant.pkcs8).replaceAll("=", ""),
      armour("RSA PRIVATE KEY", pkcs1),
      base64(pkcs1),
    ];
    const expected = await merchant.sign("message");
    for (const spelling of spellings) {
      const key = await importPrivateKey(spelling, "ALIPAY_PRIVATE_KEY");
      expect(await signSha256(key, utf8("message"))).toBe(expected);
    }
  });

  test.each([
    ["nothing", ""],
    ["text", "not a key"],
    ["broken armour", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PUBLIC KEY-----"],
    ["DER of something else", "MAMCAQA="],
  ])("%s is refused by the variable's name", async (_, text) => {
    await expect(importPrivateKey(text, "ALIPAY_PRIVATE_KEY")).rejects.toThrow(/^ALIPAY_PRIVATE_KEY: /);
  });

  test("a key cut off anywhere is refused without showing any of it", async () => {
    const { merchant } = await testKeys();
    const whole = base64(merchant.pkcs8);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 8, max: whole.length - 4 }), async (length) => {
        const error = await importPrivateKey(whole.slice(0, length), "WECHAT_API_CLIENT_KEY").catch(String);
        expect(error).toMatch(/WECHAT_API_CLIENT_KEY: /);
        expect(error).not.toContain(whole.slice(0, 8));
      }),
      { numRuns: 50 },
    );
  });

  test("keys shorter than 2048 bits are refused", async () => {
    const options = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 1024 } as const;
    const pair = await crypto.subtle.generateKey({ ...options, publicExponent: Uint8Array.of(1, 0, 1) }, true, [
      "sign",
      "verify",
    ]);
    const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
    await expect(importPublicKey(base64(spki), "ALIPAY_PUBLIC_KEY")).rejects.toThrow("has 1024 bits");
  });
});

describe("public keys", () => {
  test("PKCS#1 verifies as SPKI does", async () => {
    const { merchant } = await testKeys();
    const pkcs1 = merchant.spki.slice(SPKI_WRAPPING);
    for (const spelling of [armour("RSA PUBLIC KEY", pkcs1), base64(pkcs1), merchant.publicPem]) {
      const key = await importPublicKey(spelling, "WECHAT_PUBLIC_KEY");
      expect(await verifySha256(key, utf8("message"), await merchant.sign("message"))).toBe(true);
    }
  });

  test.each([1024, 2048, 3072])("one of %d bits is measured before it is imported", async (bits) => {
    const { spki } = await makeKeyPair(bits);
    expect(rsaBits(new Uint8Array(spki), "key")).toBe(bits);
  });

  test("a private key in their place is named as such", async () => {
    const { merchant } = await testKeys();
    await expect(importPublicKey(merchant.privatePem, "ALIPAY_PUBLIC_KEY")).rejects.toThrow(
      "ALIPAY_PUBLIC_KEY: is a private key, not a public one",
    );
  });

  test("a public key in place of a private one is refused", async () => {
    const { merchant } = await testKeys();
    await expect(importPrivateKey(merchant.publicPem, "WECHAT_API_CLIENT_KEY")).rejects.toThrow(
      "WECHAT_API_CLIENT_KEY: is not an RSA private key",
    );
  });
});

describe("signatures", () => {
  test("verify for their message and key only", async () => {
    const { merchant, platform } = await testKeys();
    const key = await importPrivateKey(merchant.privatePem, "key");
    const ours = await importPublicKey(merchant.publicPem, "key");
    const theirs = await importPublicKey(platform.publicPem, "key");
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary-ascii" }), async (text) => {
        const signature = await signSha256(key, utf8(text));
        expect(await verifySha256(ours, utf8(text), signature)).toBe(true);
        expect(await verifySha256(ours, utf8(`${text}\n`), signature)).toBe(false);
        expect(await verifySha256(theirs, utf8(text), signature)).toBe(false);
      }),
      { numRuns: 30, examples: [["新年礼盒 🎁\n"]] },
    );
  });

  test("one with any character changed is refused, the last before the padding too", async () => {
    const { platform } = await testKeys();
    const key = await importPublicKey(platform.publicPem, "key");
    const signature = await platform.sign("message");
    for (let at = 0; at < signature.length; at += 1) {
      const other = signature[at] === "B" ? "C" : "B";
      const changed = signature.slice(0, at) + other + signature.slice(at + 1);
      expect(await verifySha256(key, utf8("message"), changed)).toBe(false);
    }
  });

  test("text that is no base64 is a wrong signature, not a crash", async () => {
    const key = await importPublicKey((await makeKeyPair()).publicPem, "key");
    expect(await verifySha256(key, utf8("message"), "WECHATPAY/SIGNTEST/…")).toBe(false);
  });
});
