/** The environment variables about who calls: tokens, Cloudflare Access, front ends, rate limits. */
import * as z from "zod";
import type { AccessRules } from "../security/access.ts";
import type { TokenRules } from "../security/authenticate.ts";
import { isLoopback } from "../security/hosts.ts";
import { isRateLimiter, LIMITS, type RateLimiter } from "../security/rate-limits.ts";
import { byteLength, secureAddress, text } from "./variables.ts";

const list = text.transform((names) => names.split(",").map((name) => name.trim()));
const subjects = list.pipe(z.array(z.string().regex(/^[\x21-\x7e]{1,64}$/, "must be user ids, with commas between")));
const limiter = z.custom<RateLimiter>(isRateLimiter, "must be a rate limiting binding").optional();

/** By name; a binding that is missing limits nothing. */
const limiters = Object.fromEntries(Object.values(LIMITS).map((name) => [name, limiter]));

export const callerVariables = {
  JWT_SECRET: text.refine((secret) => byteLength(secret) >= 32, "must be at least 32 bytes long").optional(),
  JWT_JWKS_URL: secureAddress.optional(),
  JWT_ISSUER: text.optional(),
  JWT_AUDIENCE: text.optional(),
  CF_ACCESS_TEAM_DOMAIN: text
    .regex(/^(?:[a-z\d-]+\.)+cloudflareaccess\.com$/, "must be the team's host, such as acme.cloudflareaccess.com")
    .optional(),
  CF_ACCESS_AUDIENCE: list
    .pipe(z.array(z.string().regex(/^[\da-f]{64}$/, "must be audience tags of 64 digits")))
    .optional(),
  CF_ACCESS_OPERATORS: subjects.default([]),
  CF_ACCESS_AUDITORS: subjects.default([]),
  CORS_ORIGINS: list
    .pipe(z.array(z.string().refine(isOrigin, "must be origins such as https://shop.example, with commas between")))
    .default([]),
  RETURN_URL_HOSTS: list
    .pipe(z.array(z.string().refine(isHost, "must be hosts such as shop.example, with commas between")))
    .optional(),
  ...limiters,
};

type Given = z.output<z.ZodObject<typeof callerVariables>>;

/** What is wrong between these variables, each time by the variable that it is said of. */
export const CALLER_RULES: readonly (readonly [(given: Partial<Given>) => boolean, string, string])[] = [
  [
    (given) => given.JWT_SECRET !== undefined || given.JWT_JWKS_URL !== undefined,
    "JWT_SECRET",
    "is missing, and so is JWT_JWKS_URL: one of them is needed",
  ],
  [
    (given) => given.JWT_SECRET === undefined || given.JWT_JWKS_URL === undefined,
    "JWT_SECRET",
    "is there, and so is JWT_JWKS_URL: tokens must not be read in two ways",
  ],
  [
    (given) => given.JWT_JWKS_URL === undefined || given.JWT_AUDIENCE !== undefined,
    "JWT_AUDIENCE",
    "is missing: whoever publishes JWT_JWKS_URL signs tokens for others as well",
  ],
  [
    (given) => given.JWT_JWKS_URL === undefined || given.JWT_ISSUER !== undefined,
    "JWT_ISSUER",
    "is missing: tokens by JWT_JWKS_URL have to say who issued them",
  ],
  [
    (given) => (given.CF_ACCESS_TEAM_DOMAIN === undefined) === (given.CF_ACCESS_AUDIENCE === undefined),
    "CF_ACCESS_AUDIENCE",
    "needs CF_ACCESS_TEAM_DOMAIN beside it, and the other way round",
  ],
  [
    (given) =>
      (given.CF_ACCESS_TEAM_DOMAIN === undefined) ===
      isEmpty([given.CF_ACCESS_OPERATORS, given.CF_ACCESS_AUDITORS].flat()),
    "CF_ACCESS_OPERATORS",
    "must name somebody, or CF_ACCESS_AUDITORS must, where CF_ACCESS_TEAM_DOMAIN is set, and nowhere else",
  ],
  [
    (given) => !given.CF_ACCESS_OPERATORS?.some((id) => given.CF_ACCESS_AUDITORS?.includes(id)),
    "CF_ACCESS_AUDITORS",
    "must not name operators",
  ],
];

/** What bearer tokens are verified against. */
export function tokenRules(given: Given): TokenRules {
  const expected = { issuer: given.JWT_ISSUER, audience: given.JWT_AUDIENCE };
  if (given.JWT_JWKS_URL !== undefined) return { kind: "jwks", url: given.JWT_JWKS_URL, ...expected };
  return { kind: "secret", secret: given.JWT_SECRET ?? "", ...expected };
}

/** What tokens of Cloudflare Access are verified against; undefined when it is not used. */
export function accessRules(given: Given): AccessRules | undefined {
  const { CF_ACCESS_TEAM_DOMAIN: teamDomain, CF_ACCESS_AUDIENCE: audience } = given;
  if (teamDomain === undefined || audience === undefined) return undefined;
  return { teamDomain, audience, operators: given.CF_ACCESS_OPERATORS, auditors: given.CF_ACCESS_AUDITORS };
}

/** Where buyers may be sent: what is listed, else the front ends and `returnUrl`, the shop's own page to come back to. */
export function returnHostsOf(given: Given, databaseUrl: string, returnUrl: string | undefined) {
  const known = [...given.CORS_ORIGINS, ...(returnUrl === undefined ? [] : [returnUrl])];
  const listed = given.RETURN_URL_HOSTS?.map((host) => `https://${host}`) ?? known;
  return {
    listed: [...new Set(listed.map((address) => new URL(address).host))],
    // Only on a developer's machine is the database there too.
    loopback: isLoopback(new URL(databaseUrl).hostname),
  };
}

function isEmpty(names: readonly (string | undefined)[]): boolean {
  return names.every((name) => name === undefined);
}

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  if (url?.origin !== text || text.includes("*")) return false;
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
}

function isHost(text: string): boolean {
  return /^[^\s/?#\\@%]+$/.test(text) && URL.canParse(`https://${text}`);
}
