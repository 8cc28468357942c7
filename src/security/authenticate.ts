/** Who calls: by a bearer token (a JWT, RFC 7519) that somebody else issued, or by one of Cloudflare Access. */
import type { JWTPayload } from "jose";
import * as z from "zod";
import { PayError } from "../errors.ts";
import { type Actor, ROLES } from "../payments/context.ts";
import { ACCESS_HEADER, type AccessRules, createAccessAuthenticator } from "./access.ts";
import { RemoteKeySet } from "./key-set.ts";
import { verifyToken } from "./verify-token.ts";

/** What tokens are verified against. */
export type TokenRules = (
  | { readonly kind: "secret"; readonly secret: string }
  | { readonly kind: "jwks"; readonly url: string }
) & {
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
};

/** What a request brings to say who calls. */
export interface Credentials {
  readonly authorization: string | undefined;
  /** The token of Cloudflare Access. Where Access is not configured anybody could have written it, and nobody reads it. */
  readonly assertion: string | undefined;
}

/** Finds out who calls. Throws UNAUTHENTICATED, FORBIDDEN, and UNAVAILABLE when no keys are to be had. */
export type Authenticate = (credentials: Credentials) => Promise<Actor>;

interface Clock {
  readonly fetch: typeof fetch;
  readonly now: () => number;
}

const claims = z.object({
  sub: z.string().regex(/^[\x21-\x7e]{1,64}$/),
  role: z.enum(ROLES).default("customer"),
});

/** The credentials of a request. A header that comes twice arrives as one with a comma inside, which is no token. */
export function credentialsOf(headers: Headers): Credentials {
  return {
    authorization: headers.get("Authorization") ?? undefined,
    assertion: headers.get(ACCESS_HEADER) ?? undefined,
  };
}

/** Makes the one verifier for these rules. A request that brings both kinds of token must mean the same by them. */
export function createAuthenticator(rules: TokenRules, access: AccessRules | undefined, clock: Clock): Authenticate {
  const byBearer = createBearerAuthenticator(rules, clock);
  const byAccess = access && createAccessAuthenticator(access, clock);
  return async ({ authorization, assertion }) => {
    if (!byAccess || assertion === undefined) return byBearer(authorization);
    const actor = await byAccess(assertion);
    if (authorization === undefined) return actor;
    const { id, role } = await byBearer(authorization);
    if (id !== actor.id || role !== actor.role) throw new PayError("UNAUTHENTICATED");
    return actor;
  };
}

/** Each kind of key has its own algorithms, so that neither passes as the other. */
function createBearerAuthenticator(rules: TokenRules, clock: Clock) {
  const verify = verifierFor(rules, clock);
  return async (authorization: string | undefined): Promise<Actor> => {
    const token = /^Bearer +([\w.-]+)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) throw new PayError("UNAUTHENTICATED");
    return actorOf(await verify(token));
  };
}

function verifierFor(rules: TokenRules, clock: Clock): (token: string) => Promise<JWTPayload> {
  const { issuer, audience } = rules;
  const checks = (algorithms: readonly string[]) => ({ algorithms, issuer, audience, now: clock.now() });
  if (rules.kind === "secret") {
    const secret = new TextEncoder().encode(rules.secret);
    return (token) => verifyToken(token, secret, checks(["HS256"]));
  }
  const keys = new RemoteKeySet(rules.url, clock);
  return (token) => verifyToken(token, keys.find, checks(["RS256", "ES256", "EdDSA"]));
}

function actorOf(payload: JWTPayload): Actor {
  const parsed = claims.safeParse(payload);
  if (!parsed.success) throw new PayError("UNAUTHENTICATED");
  return { id: parsed.data.sub, role: parsed.data.role };
}
