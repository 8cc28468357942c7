import type { JWTPayload } from "jose";
import { SignJWT } from "jose/jwt/sign";
import { exportJWK } from "jose/key/export";
import { generateKeyPair } from "jose/key/generate/keypair";
import { describe, expect, it } from "vitest";
import { createAuthenticator, type TokenRules } from "../../../src/security/authenticate.ts";

const NOW = Date.UTC(2026, 10, 1);
const SECONDS = NOW / 1000;
const SECRET = "0123456789abcdef0123456789abcdef";
const RULES: TokenRules = { kind: "secret", secret: SECRET, issuer: "https://id.test", audience: "shop" };
const CLAIMS = { sub: "customer-1", role: "operator", exp: SECONDS + 60, iss: "https://id.test", aud: "shop" };

const noFetch: typeof fetch = () => Promise.reject(new TypeError("no network"));

/** Speaks for an Authorization header alone. */
function bearers(rules: TokenRules, clock: { readonly fetch: typeof fetch; readonly now: () => number }) {
  const authenticate = createAuthenticator(rules, undefined, clock);
  return (authorization: string | undefined) => authenticate({ authorization, assertion: undefined });
}

function sign(claims: JWTPayload, key: Parameters<SignJWT["sign"]>[0] = text(SECRET), alg = "HS256", kid?: string) {
  return new SignJWT(claims).setProtectedHeader({ alg, ...(kid && { kid }) }).sign(key);
}

function text(value: string) {
  return new TextEncoder().encode(value);
}

describe("with a shared secret", () => {
  const authenticate = bearers(RULES, { fetch: noFetch, now: () => NOW });

  it("takes who and which role from the token", async () => {
    expect(await authenticate(`Bearer ${await sign(CLAIMS)}`)).toEqual({ id: "customer-1", role: "operator" });
    expect(await authenticate(`bearer ${await sign(CLAIMS)}`)).toEqual({ id: "customer-1", role: "operator" });
  });

  it("takes whoever names no role for a customer", async () => {
    const { role: _none, ...claims } = CLAIMS;
    expect(await authenticate(`Bearer ${await sign(claims)}`)).toEqual({ id: "customer-1", role: "customer" });
  });

  it.each<[string, JWTPayload]>([
    ["an expired token", { ...CLAIMS, exp: SECONDS - 6 }],
    ["a token that never expires", (({ exp: _none, ...claims }) => claims)(CLAIMS)],
    ["a token not valid yet", { ...CLAIMS, nbf: SECONDS + 60 }],
    ["another issuer", { ...CLAIMS, iss: "https://other.test" }],
    ["another audience", { ...CLAIMS, aud: "other" }],
    ["no subject", (({ sub: _none, ...claims }) => claims)(CLAIMS)],
    ["an empty subject", { ...CLAIMS, sub: "" }],
    ["a subject with a space", { ...CLAIMS, sub: "a b" }],
    ["a subject of 65 characters", { ...CLAIMS, sub: "a".repeat(65) }],
    ["a role nobody knows", { ...CLAIMS, role: "root" }],
    ["a role that is no text", { ...CLAIMS, role: ["operator"] }],
  ])("refuses %s, without saying why", async (_what, claims) => {
    const refusal = authenticate(`Bearer ${await sign(claims)}`);
    await expect(refusal).rejects.toMatchObject({ code: "UNAUTHENTICATED", details: {} });
    await expect(refusal).rejects.toThrow("A valid bearer token is required.");
  });

  it.each([
    ["no header", undefined],
    ["another scheme", "Basic dXNlcjpwYXNz"],
    ["no token", "Bearer "],
    ["something else than a JWT", "Bearer not.a.token"],
  ])("refuses %s", async (_what, header) => {
    await expect(authenticate(header)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("refuses another secret's signature, no signature, and another algorithm", async () => {
    const unsigned = `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify(CLAIMS))}.`.replaceAll("=", "");
    const tokens = [
      await sign(CLAIMS, text("another secret, also 32 bytes lo")),
      unsigned,
      await sign(CLAIMS, text(SECRET.repeat(2)), "HS512"),
    ];
    for (const token of tokens) {
      await expect(authenticate(`Bearer ${token}`)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    }
  });
});

describe("with a JWKS", () => {
  const rules: TokenRules = { kind: "jwks", url: "https://id.test/jwks", issuer: undefined, audience: undefined };

  it.each(["RS256", "ES256", "EdDSA"])("takes %s by the key's id", async (alg) => {
    const { authenticate, privateKey } = await withKey(alg);
    expect(await authenticate(`Bearer ${await sign(CLAIMS, privateKey, alg, "k1")}`)).toMatchObject({
      role: "operator",
    });
  });

  it("refuses a key that is not in it, and a public key taken for a secret", async () => {
    const { authenticate, jwk } = await withKey("RS256");
    const foreign = await generateKeyPair("RS256");
    const tokens = [
      await sign(CLAIMS, foreign.privateKey, "RS256", "k1"),
      await sign(CLAIMS, foreign.privateKey, "RS256", "k2"),
      await sign(CLAIMS, text(JSON.stringify(jwk)), "HS256", "k1"),
    ];
    for (const token of tokens) {
      await expect(authenticate(`Bearer ${token}`)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    }
  });

  it.each<[string, typeof fetch]>([
    ["can't be reached", noFetch],
    ["fails", async () => new Response("", { status: 500 })],
    ["serves something else", async () => Response.json({ hello: "world" })],
  ])("says to come again when the key server %s", async (_what, send) => {
    const { privateKey } = await generateKeyPair("ES256");
    const authenticate = bearers(rules, { fetch: send, now: () => NOW });
    const refusal = authenticate(`Bearer ${await sign(CLAIMS, privateKey, "ES256", "k1")}`);
    await expect(refusal).rejects.toMatchObject({ code: "UNAVAILABLE", details: { retryAfter: 1 } });
  });

  async function withKey(alg: string) {
    const { publicKey, privateKey } = await generateKeyPair(alg);
    const jwk = { ...(await exportJWK(publicKey)), kid: "k1", alg, use: "sig" };
    const serve: typeof fetch = async () => Response.json({ keys: [jwk] });
    return { authenticate: bearers(rules, { fetch: serve, now: () => NOW }), privateKey, jwk };
  }
});
