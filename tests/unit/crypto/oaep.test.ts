import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import {
  decryptOaep,
  encryptOaep,
  importDecryptionKey,
  importEncryptionKey,
  importEncryptionSpki,
  PlaintextTooLongError,
} from "../../../src/crypto/oaep.ts";
import { base64, makeKeyPair, type TestKeyPair, testKeys } from "../providers/support/keys.ts";

const OAEP = { name: "RSA-OAEP", hash: "SHA-1" } as const;
const PKCS8_WRAPPING = 26;

let pair: TestKeyPair;
beforeAll(async () => {
  pair = (await testKeys()).merchant;
});

const encrypting = () => importEncryptionKey(pair.publicPem, "WECHAT_PUBLIC_KEY");
const decrypting = () => importDecryptionKey(pair.privatePem, "WECHAT_API_CLIENT_KEY");

describe("encrypted fields", () => {
  test("give back what went in, and look different each time", async () => {
    const [publicKey, privateKey] = await Promise.all([encrypting(), decrypting()]);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme", maxLength: 20 }), async (text) => {
        const ciphertext = await encryptOaep(publicKey, text);
        expect(await decryptOaep(privateKey, ciphertext)).toBe(text);
        expect(await encryptOaep(publicKey, text)).not.toBe(ciphertext);
      }),
      { numRuns: 20 },
    );
  });

  test("are what another implementation reads and writes", async () => {
    const theirPrivate = await crypto.subtle.importKey("pkcs8", new Uint8Array(pair.pkcs8), OAEP, false, ["decrypt"]);
    const theirPublic = await crypto.subtle.importKey("spki", new Uint8Array(pair.spki), OAEP, false, ["encrypt"]);
    const ours = await encryptOaep(await encrypting(), "张三");
    const bytes = Uint8Array.from(atob(ours), (character) => character.charCodeAt(0));
    expect(new TextDecoder().decode(await crypto.subtle.decrypt(OAEP, theirPrivate, bytes))).toBe("张三");
    const theirs = await crypto.subtle.encrypt(OAEP, theirPublic, new TextEncoder().encode("张三"));
    expect(await decryptOaep(await decrypting(), base64(new Uint8Array(theirs)))).toBe("张三");
  });

  test("take 214 bytes and not one more", async () => {
    const key = await encrypting();
    const longest = `${"中".repeat(71)}x`;
    expect(await decryptOaep(await decrypting(), await encryptOaep(key, longest))).toBe(longest);
    const error = await encryptOaep(key, `${longest}x`).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PlaintextTooLongError);
    expect(error).toMatchObject({ code: "PLAINTEXT_TOO_LONG", limit: 214 });
    expect(String(error)).not.toContain("中");
  });

  test("for somebody else, altered or not base64 are nothing", async () => {
    const key = await decrypting();
    const other = await importEncryptionKey((await makeKeyPair()).publicPem, "key");
    const ciphertext = await encryptOaep(await encrypting(), "text");
    const changed = (ciphertext.startsWith("A") ? "B" : "A") + ciphertext.slice(1);
    for (const bad of [await encryptOaep(other, "text"), changed, "", "AAAA", "?"]) {
      expect(await decryptOaep(key, bad)).toBeUndefined();
    }
  });
});

describe("their keys", () => {
  test("come in the forms that signing keys come in", async () => {
    const ciphertext = await encryptOaep(await encrypting(), "text");
    const pkcs1 = base64(pair.pkcs8.slice(PKCS8_WRAPPING));
    for (const spelling of [pair.privatePem.replaceAll("\n", "\\n"), base64(pair.pkcs8), pkcs1]) {
      expect(await decryptOaep(await importDecryptionKey(spelling, "key"), ciphertext)).toBe("text");
    }
  });

  test("are refused by name when they are something else", async () => {
    await expect(importDecryptionKey(pair.publicPem, "WECHAT_API_CLIENT_KEY")).rejects.toThrow(
      "WECHAT_API_CLIENT_KEY: is not an RSA private key",
    );
    await expect(importEncryptionKey(pair.privatePem, "WECHAT_PUBLIC_KEY")).rejects.toThrow(
      "WECHAT_PUBLIC_KEY: is a private key, not a public one",
    );
    await expect(importEncryptionSpki(Uint8Array.of(1, 2, 3), "key")).rejects.toThrow("key: is not an RSA public key");
  });
});
