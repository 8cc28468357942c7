/** Tokens by which somebody tries to be somebody else. */
import type { JWTPayload } from "jose";
import { exportSPKI } from "jose/key/export";
import { describe, expect, it } from "vitest";
import { createAuthenticator, credentialsOf, type TokenRules } from "../../../src/security/authenticate.ts";
import { issuer, keyServer, NOW, SECONDS, signed } from "./tokens.ts";

const SECRET = new TextEncoder().encode("0123456789abcdef0123456789abcdef");
const CLAIMS = { sub: "customer-1", exp: SECONDS + 60, iss: "https://id.test", aud: "shop" };
const RULES: TokenRules = {
  kind: "secret",
  secret: "0123456789abcdef0123456789abcdef",
  issuer: "https://id.test",
  audience: "shop",
};
const offline: typeof fetch = () => Promise.reject(new TypeError("no network"));
const authenticate = createAuthenticator(RULES, undefined, { fetch: offline, now: () => NOW });

const asBearer = (token: string) => authenticate({ authorization: `Bearer ${token}`, assertion: undefined });
const hs256 = (claims: JWTPayload, header: object = {}) => signed(claims, SECRET, { alg: "HS256", ...header });

/** A token as no library would make it, with a signature that is right. */
async function handmade(header: object, claims: object): Promise<string> {
  const message = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}`;
  const key = await crypto.subtle.importKey("raw", SECRET, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(message)));
  return `${message}.${base64url(String.fromCharCode(...signature))}`;
}

function base64url(binary: string): string {
  return btoa(binary).replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_");
}

describe("a header that says more than how it was signed", () => {
  it.each<[string, object]>([
    ["a key of its own", { jwk: { kty: "oct", k: "AAAA" } }],
    ["where to find its key", { jku: "https://evil.test/jwks" }],
    ["where to find its certificate", { x5u: "https://evil.test/cert.pem" }],
    ["its certificate", { x5c: ["AAAA"] }],
    ["a rule that must be understood", { crit: ["exp-rule"], "exp-rule": 1 }],
    ["that the payload is not encoded", { crit: ["b64"], b64: true }],
    ["packing", { zip: "DEF" }],
    ["another kind of token", { typ: "logout+jwt" }],
    ["a kind that is no text", { typ: 7 }],
  ])("(%s) makes a token of no use", async (_what, header) => {
    await expect(asBearer(await handmade({ alg: "HS256" }, CLAIMS))).resolves.toMatchObject({ id: "customer-1" });
    const token = await handmade({ alg: "HS256", ...header }, CLAIMS);
    await expect(asBearer(token)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it.each(["JWT", "jwt", "at+jwt", "application/at+jwt"])("but its kind may be said: %s", async (typ) => {
    await expect(asBearer(await hs256(CLAIMS, { typ }))).resolves.toMatchObject({ role: "customer" });
  });
});

describe("claims", () => {
  it.each<[string, object]>([
    ["issued in the future", { ...CLAIMS, iat: SECONDS + 60 }],
    ["valid in the future", { ...CLAIMS, nbf: SECONDS + 6 }],
    ["expired by the clock's tolerance", { ...CLAIMS, exp: SECONDS - 5 }],
    ["exp as text", { ...CLAIMS, exp: "never" }],
    ["iat as text", { ...CLAIMS, iat: "now" }],
    ["several subjects", { ...CLAIMS, sub: ["a", "b"] }],
    ["a subject that is a number", { ...CLAIMS, sub: 7 }],
    ["a subject with a line break", { ...CLAIMS, sub: "a\nb" }],
    ["a role of null", { ...CLAIMS, role: null }],
    ["a role as an object", { ...CLAIMS, role: { 0: "operator" } }],
    ["a role in capitals", { ...CLAIMS, role: "OPERATOR" }],
    ["an issuer that only begins so", { ...CLAIMS, iss: "https://id.test.evil.test" }],
    ["a list of issuers", { ...CLAIMS, iss: ["https://id.test"] }],
  ])("(%s) are refused", async (_what, claims) => {
    const token = await handmade({ alg: "HS256" }, claims);
    await expect(asBearer(token)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("may be a few seconds off", async () => {
    const close = { ...CLAIMS, iat: SECONDS + 4, nbf: SECONDS + 4, exp: SECONDS - 4 };
    await expect(asBearer(await hs256(close))).resolves.toMatchObject({ id: "customer-1" });
  });
});

describe("a request's header", () => {
  it("with two tokens, or one too long, is refused before anything is verified", async () => {
    const token = await hs256(CLAIMS);
    const twice = new Headers([
      ["Authorization", `Bearer ${token}`],
      ["Authorization", `Bearer ${token}`],
    ]);
    await expect(authenticate(credentialsOf(twice))).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    const long = await hs256({ ...CLAIMS, note: "x".repeat(8192) });
    await expect(asBearer(long)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("of Cloudflare Access says nothing where Access is not configured", async () => {
    const credentials = { authorization: undefined, assertion: await hs256({ ...CLAIMS, role: "operator" }) };
    await expect(authenticate(credentials)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });
});

it("a public key is no secret: a token signed with it as one is refused", async () => {
  const { publicKey, jwk, privateKey } = await issuer("k1");
  const server = keyServer([jwk]);
  const rules: TokenRules = { kind: "jwks", url: "https://id.test/jwks", issuer: undefined, audience: undefined };
  const byKeys = createAuthenticator(rules, undefined, { fetch: server.fetch, now: () => NOW });
  const pem = new TextEncoder().encode(await exportSPKI(publicKey));
  const forged = await signed({ ...CLAIMS, role: "operator" }, pem, { alg: "HS256", kid: "k1" });
  const call = (token: string) => byKeys({ authorization: `Bearer ${token}`, assertion: undefined });
  await expect(call(forged)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  const genuine = await signed(CLAIMS, privateKey, { alg: "RS256", kid: "k1" });
  await expect(call(genuine)).resolves.toMatchObject({ id: "customer-1" });
});
