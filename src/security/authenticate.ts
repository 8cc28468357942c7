/** Bearer tokens: who calls, by a JWT (RFC 7519) that somebody else issued. */

import type { JWTPayload } from "jose";
import { JOSEError } from "jose/errors";
import { createRemoteJWKSet, customFetch } from "jose/jwks/remote";
import { type JWTVerifyOptions, jwtVerify } from "jose/jwt/verify";
import * as z from "zod";
import { PayError } from "../errors.ts";
import { type Actor, ROLES } from "../payments/context.ts";

/** What tokens are verified against. */
export type TokenRules = (
  | { readonly kind: "secret"; readonly secret: string }
  | { readonly kind: "jwks"; readonly url: string }
) & {
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
};

/** Finds out who an Authorization header speaks for. Throws UNAUTHENTICATED, and UNAVAILABLE when no keys are to be had. */
export type Authenticate = (authorization: string | undefined) => Promise<Actor>;

const CLOCK_TOLERANCE_SECONDS = 5;

/** Failures of the key server, not of the token. */
const KEYS_UNAVAILABLE = ["ERR_JWKS_TIMEOUT", "ERR_JWKS_INVALID", "ERR_JOSE_GENERIC"];

const claims = z.object({
  sub: z.string().regex(/^[\x21-\x7e]{1,64}$/),
  role: z.enum(ROLES).default("customer"),
});

/** Makes the one verifier for these rules. Each kind of key has its own algorithms, so that neither passes as the other. */
export function createAuthenticator(
  rules: TokenRules,
  surroundings: { readonly fetch: typeof fetch; readonly now: () => number },
): Authenticate {
  const verify = verifierFor(rules, surroundings.fetch);
  return async (authorization) => {
    const token = /^Bearer +([\w.-]+)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) throw new PayError("UNAUTHENTICATED");
    const options = {
      ...(rules.issuer !== undefined && { issuer: rules.issuer }),
      ...(rules.audience !== undefined && { audience: rules.audience }),
      requiredClaims: ["exp"],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(surroundings.now()),
    };
    return actorOf(await verified(verify(token, options)));
  };
}

type Verify = (token: string, options: JWTVerifyOptions) => Promise<{ readonly payload: JWTPayload }>;

function verifierFor(rules: TokenRules, send: typeof fetch): Verify {
  if (rules.kind === "secret") {
    const secret = new TextEncoder().encode(rules.secret);
    return (token, options) => jwtVerify(token, secret, { ...options, algorithms: ["HS256"] });
  }
  const keys = createRemoteJWKSet(new URL(rules.url), { [customFetch]: (url, init) => send(url, init) });
  return (token, options) => jwtVerify(token, keys, { ...options, algorithms: ["RS256", "ES256", "EdDSA"] });
}

/** Why a token is refused is nobody's business; that no key can be had is no fault of the caller's. */
async function verified(verification: ReturnType<Verify>): Promise<JWTPayload> {
  try {
    return (await verification).payload;
  } catch (error) {
    if (error instanceof JOSEError && !KEYS_UNAVAILABLE.includes(error.code)) throw new PayError("UNAUTHENTICATED");
    throw new PayError("UNAVAILABLE", { retryAfter: 1 }, "Tokens can't be checked at the moment. Repeat the request.");
  }
}

function actorOf(payload: JWTPayload): Actor {
  const parsed = claims.safeParse(payload);
  if (!parsed.success) throw new PayError("UNAUTHENTICATED");
  return { id: parsed.data.sub, role: parsed.data.role };
}
