/** Cloudflare Access: who may be an operator by it, and who never. */
import type { JWTPayload } from "jose";
import { SignJWT } from "jose/jwt/sign";
import { beforeAll, describe, expect, it } from "vitest";
import { type Authenticate, createAuthenticator, type TokenRules } from "../../../src/security/authenticate.ts";
import { issuer, keyServer, NOW, SECONDS, signed } from "./tokens.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const BEARERS: TokenRules = { kind: "secret", secret: SECRET, issuer: undefined, audience: undefined };
const OPERATOR = "7335d417-61da-459d-899c-0a01c76a2f94";
const AUDITOR = "11111111-61da-459d-899c-0a01c76a2f94";
const AUDIENCE = "a".repeat(64);
const ACCESS = {
  teamDomain: "acme.cloudflareaccess.com",
  audience: [AUDIENCE, "b".repeat(64)],
  operators: [OPERATOR],
  auditors: [AUDITOR],
};
const CLAIMS = {
  aud: [AUDIENCE],
  email: "somebody@shop.example",
  exp: SECONDS + 60,
  iat: SECONDS,
  nbf: SECONDS,
  iss: "https://acme.cloudflareaccess.com",
  type: "app",
  sub: OPERATOR,
};

let authenticate: Authenticate;
let assert: (claims: object, alg?: string) => Promise<string>;

beforeAll(async () => {
  const [team, other] = await Promise.all([issuer("k1"), issuer("k2", "ES256")]);
  const { fetch } = keyServer([team.jwk, other.jwk]);
  authenticate = createAuthenticator(BEARERS, ACCESS, { fetch, now: () => NOW });
  assert = (claims, alg = "RS256") =>
    signed(claims as JWTPayload, alg === "RS256" ? team.privateKey : other.privateKey, {
      alg,
      kid: alg === "RS256" ? "k1" : "k2",
      typ: "JWT",
    });
});

const byAccess = async (claims: object, alg?: string) =>
  authenticate({ authorization: undefined, assertion: await assert(claims, alg) });

async function bearer(sub: string, role: string): Promise<string> {
  const jwt = new SignJWT({ sub, role, exp: SECONDS + 60 }).setProtectedHeader({ alg: "HS256" });
  return `Bearer ${await jwt.sign(new TextEncoder().encode(SECRET))}`;
}

describe("a token of Access", () => {
  it("makes those who are listed operators and auditors, by their number and never by their address", async () => {
    expect(await byAccess(CLAIMS)).toEqual({ id: OPERATOR, role: "operator" });
    expect(await byAccess({ ...CLAIMS, sub: AUDITOR, aud: "b".repeat(64) })).toEqual({ id: AUDITOR, role: "auditor" });
  });

  it("makes nobody else anybody, whatever role it names", async () => {
    for (const role of ["customer", "service", "operator", "auditor"]) {
      await expect(byAccess({ ...CLAIMS, sub: "somebody-else", role })).rejects.toMatchObject({ code: "FORBIDDEN" });
    }
    expect(await byAccess({ ...CLAIMS, sub: AUDITOR, role: "operator" })).toMatchObject({ role: "auditor" });
  });

  it.each<[string, object]>([
    ["another application", { ...CLAIMS, aud: ["c".repeat(64)] }],
    ["another team", { ...CLAIMS, iss: "https://evil.cloudflareaccess.com" }],
    ["yesterday", { ...CLAIMS, exp: SECONDS - 60 }],
    ["no end", (({ exp: _none, ...claims }) => claims)(CLAIMS)],
    ["the session as a whole", { ...CLAIMS, type: "org" }],
    ["a machine", { ...CLAIMS, sub: "", common_name: "machine.access" }],
  ])("of %s is refused", async (_what, claims) => {
    await expect(byAccess(claims)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("is signed by RS256 and nothing else", async () => {
    await expect(byAccess(CLAIMS, "ES256")).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("is no bearer token, and a bearer token is none of Access", async () => {
    const asBearer = { authorization: `Bearer ${await assert(CLAIMS)}`, assertion: undefined };
    await expect(authenticate(asBearer)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    const asAssertion = { authorization: undefined, assertion: (await bearer(OPERATOR, "operator")).slice(7) };
    await expect(authenticate(asAssertion)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });
});

describe("a request with both tokens", () => {
  it("counts when both mean the same", async () => {
    const both = { authorization: await bearer(OPERATOR, "operator"), assertion: await assert(CLAIMS) };
    expect(await authenticate(both)).toEqual({ id: OPERATOR, role: "operator" });
  });

  it.each([
    ["somebody else", "customer-1", "operator"],
    ["another role", OPERATOR, "customer"],
  ])("is refused when one means %s", async (_what, sub, role) => {
    const both = { authorization: await bearer(sub, role), assertion: await assert(CLAIMS) };
    await expect(authenticate(both)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("is refused when one of them does not count", async () => {
    const broken = [
      { authorization: await bearer(OPERATOR, "operator"), assertion: "not.a.token" },
      { authorization: "Bearer not.a.token", assertion: await assert(CLAIMS) },
    ];
    for (const both of broken) await expect(authenticate(both)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });
});

it("without Access's token a bearer token counts as ever", async () => {
  const credentials = { authorization: await bearer("customer-1", "customer"), assertion: undefined };
  expect(await authenticate(credentials)).toEqual({ id: "customer-1", role: "customer" });
});
