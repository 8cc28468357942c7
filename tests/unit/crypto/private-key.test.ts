import { expect, test } from "vitest";
import { spkiOfPrivateKey, toPkcs8 } from "../../../src/crypto/private-key.ts";
import { makeKeyPair } from "../providers/support/keys.ts";

const PKCS8_WRAPPING = 26;

test("PKCS#1 becomes PKCS#8, and either shows its public key", async () => {
  for (let times = 0; times < 3; times += 1) {
    const pair = await makeKeyPair();
    const [pkcs8, spki] = [new Uint8Array(pair.pkcs8), new Uint8Array(pair.spki)];
    const pkcs1 = pkcs8.slice(PKCS8_WRAPPING);
    expect(toPkcs8(pkcs1, "key")).toEqual(pkcs8);
    expect(spkiOfPrivateKey(pkcs1, "key")).toEqual(spki);
    expect(spkiOfPrivateKey(pkcs8, "key")).toEqual(spki);
  }
});

test("a key of another kind has none, and is refused by name", async () => {
  const curve = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", curve.privateKey));
  const { spki } = await makeKeyPair();
  for (const der of [pkcs8, new Uint8Array(spki), Uint8Array.of(0x30, 0), new Uint8Array()]) {
    expect(() => spkiOfPrivateKey(der, "WECHAT_API_CLIENT_KEY")).toThrow(
      "WECHAT_API_CLIENT_KEY: is not an RSA private key",
    );
  }
});
