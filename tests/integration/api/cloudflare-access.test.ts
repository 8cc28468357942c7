/** Operators who signed in at Cloudflare's edge: what they may do, and what other sites can't do in their name. */
import { SignJWT } from "jose/jwt/sign";
import { exportJWK } from "jose/key/export";
import { generateKeyPair } from "jose/key/generate/keypair";
import { beforeAll, describe, expect, it } from "vitest";
import { createApp } from "../../../src/app.ts";
import { createLoader } from "../../../src/services.ts";
import { environment, tokenFor } from "./support.ts";

const TEAM = "https://acme.cloudflareaccess.com";
const OPERATOR = "7335d417-61da-459d-899c-0a01c76a2f94";
const AUDITOR = "11111111-61da-459d-899c-0a01c76a2f94";
const SHOP = "http://shop.test";

let send: (path: string, headers?: Record<string, string>, body?: string) => Promise<Response>;
let signIn: (sub: string) => Promise<string>;
const lines: string[] = [];

beforeAll(async () => {
  const { publicKey, privateKey } = await generateKeyPair("RS256");
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: "k1", alg: "RS256", use: "sig" }] };
  const surroundings = {
    fetch: async (input: RequestInfo | URL, init?: RequestInit) =>
      String(input) === `${TEAM}/cdn-cgi/access/certs` ? Response.json(keys) : fetch(input, init),
    now: () => Date.now(),
    writeLog: (line: string) => void lines.push(line),
  };
  const app = createApp(createLoader(surroundings), surroundings);
  const bindings = environment({
    CF_ACCESS_TEAM_DOMAIN: "acme.cloudflareaccess.com",
    CF_ACCESS_AUDIENCE: "a".repeat(64),
    CF_ACCESS_OPERATORS: OPERATOR,
    CF_ACCESS_AUDITORS: AUDITOR,
    CORS_ORIGINS: "https://console.test",
  });
  const execution = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };
  send = async (path, headers = {}, body) =>
    app.fetch(
      new Request(SHOP + path, { headers, ...(body !== undefined && { method: "POST", body }) }),
      bindings,
      execution,
    );
  signIn = (sub) =>
    new SignJWT({ type: "app", email: "somebody@planted.example" })
      .setProtectedHeader({ alg: "RS256", kid: "k1", typ: "JWT" })
      .setSubject(sub)
      .setIssuer(TEAM)
      .setAudience(["a".repeat(64)])
      .setExpirationTime("10m")
      .sign(privateKey);
});

const asserted = async (sub: string, headers: Record<string, string> = {}) => ({
  "Cf-Access-Jwt-Assertion": await signIn(sub),
  ...headers,
});
const JSON_BODY = { "Content-Type": "application/json" };
const RUN = JSON.stringify({ names: ["keys"], reason: "by hand" });

describe("whoever is listed", () => {
  it("may do what operators do, and is kept by a number", async () => {
    const run = await send("/api/v1/operations/jobs/run", await asserted(OPERATOR, JSON_BODY), RUN);
    expect(run.status).toBe(200);
    const overTrpc = await send("/trpc/operations.runJobs", await asserted(OPERATOR, JSON_BODY), `{"json":${RUN}}`);
    expect(overTrpc.status).toBe(200);
    expect(lines.join("\n")).not.toContain("planted");
  });

  it("as an auditor may only look", async () => {
    expect((await send("/api/v1/operations/anomalies", await asserted(AUDITOR))).status).toBe(200);
    expect((await send("/api/v1/operations/jobs/run", await asserted(AUDITOR, JSON_BODY), RUN)).status).toBe(403);
  });
});

it("nobody else is anybody, neither a member of the team nor whoever writes the header", async () => {
  const member = await send("/api/v1/orders", await asserted("somebody-else"));
  expect([member.status, ((await member.json()) as { code: string }).code]).toEqual([403, "FORBIDDEN"]);
  expect((await send("/api/v1/orders", { "Cf-Access-Jwt-Assertion": "not.a.token" })).status).toBe(401);
  const cookie = { Cookie: `CF_Authorization=${await signIn(OPERATOR)}` };
  expect((await send("/api/v1/orders", cookie)).status).toBe(401);
});

it("a customer's token beside it is refused", async () => {
  const token = await tokenFor({ id: "customer-1", role: "customer" });
  const both = await asserted(OPERATOR, { Authorization: `Bearer ${token}` });
  expect((await send("/api/v1/orders", both)).status).toBe(401);
  expect((await send("/api/v1/orders", { Authorization: `Bearer ${token}` })).status).toBe(200);
});

describe("another site's page in an operator's browser", () => {
  it.each(["https://evil.test", "null", "https://shop.test.evil.test", "https://shop.test"])(
    "(%s) does nothing in the operator's name",
    async (Origin) => {
      for (const [path, type, body] of [
        ["/api/v1/operations/jobs/run", "application/json", RUN],
        ["/api/v1/operations/jobs/run", "text/plain", ""],
        ["/trpc/operations.runJobs", "application/json", `{"json":${RUN}}`],
      ] as const) {
        const response = await send(path, await asserted(OPERATOR, { Origin, "Content-Type": type }), body);
        expect([path, response.status]).toEqual([path, 403]);
      }
    },
  );

  it.each(["https://console.test", SHOP])("but the console's own (%s) does", async (Origin) => {
    const headers = await asserted(OPERATOR, { Origin, ...JSON_BODY });
    expect((await send("/api/v1/operations/jobs/run", headers, RUN)).status).toBe(200);
  });
});
