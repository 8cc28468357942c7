/** RSA keys for tests, made once, and signing that shares no code with what is tested. */
const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;
const OAEP = { name: "RSA-OAEP", hash: "SHA-1" } as const;

export interface TestKeyPair {
  readonly privatePem: string;
  readonly publicPem: string;
  /** DER. */
  readonly pkcs8: Uint8Array;
  readonly spki: Uint8Array;
  /** Signs bytes or text; base64. */
  readonly sign: (message: string | Uint8Array) => Promise<string>;
}

let made: Promise<{ merchant: TestKeyPair; platform: TestKeyPair }> | undefined;

/** The merchant's key pair and the provider's. */
export function testKeys(): Promise<{ merchant: TestKeyPair; platform: TestKeyPair }> {
  made ??= Promise.all([makeKeyPair(), makeKeyPair()]).then(([merchant, platform]) => ({ merchant, platform }));
  return made;
}

export async function makeKeyPair(modulusLength = 2048): Promise<TestKeyPair> {
  const options = { ...RSA, modulusLength, publicExponent: Uint8Array.of(1, 0, 1) };
  const pair = await crypto.subtle.generateKey(options, true, ["sign", "verify"]);
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  return {
    privatePem: armour("PRIVATE KEY", pkcs8),
    publicPem: armour("PUBLIC KEY", spki),
    pkcs8,
    spki,
    sign: async (message) => {
      const bytes = typeof message === "string" ? new TextEncoder().encode(message) : new Uint8Array(message);
      return base64(new Uint8Array(await crypto.subtle.sign(RSA, pair.privateKey, bytes)));
    },
  };
}

/** Decrypts RSAES-OAEP with SHA-1, as the provider does with what we encrypt for it. */
export async function openOaep(key: TestKeyPair, ciphertext: string): Promise<string> {
  const imported = await crypto.subtle.importKey("pkcs8", new Uint8Array(key.pkcs8), OAEP, false, ["decrypt"]);
  const bytes = Uint8Array.from(atob(ciphertext), (character) => character.charCodeAt(0));
  return new TextDecoder().decode(await crypto.subtle.decrypt(OAEP, imported, bytes));
}

/** Encrypts by RSAES-OAEP with SHA-1, as the provider does for us. */
export async function sealOaep(key: TestKeyPair, text: string): Promise<string> {
  const imported = await crypto.subtle.importKey("spki", new Uint8Array(key.spki), OAEP, false, ["encrypt"]);
  return base64(new Uint8Array(await crypto.subtle.encrypt(OAEP, imported, new TextEncoder().encode(text))));
}

export function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

export function armour(name: string, der: Uint8Array): string {
  const lines = base64(der).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${name}-----`, ...lines, `-----END ${name}-----`, ""].join("\n");
}
