/** Cloudflare Access: operators and auditors who signed in at the edge, by the token that it adds to their requests. */
import * as z from "zod";
import { PayError } from "../errors.ts";
import type { Actor } from "../payments/context.ts";
import { RemoteKeySet } from "./key-set.ts";
import { verifyToken } from "./verify-token.ts";

/** The one place where the token is looked for; the cookie of the same content need not be there. */
export const ACCESS_HEADER = "Cf-Access-Jwt-Assertion";

/** Whose tokens count, and who is who. */
export interface AccessRules {
  /** The team's host, such as `acme.cloudflareaccess.com`. */
  readonly teamDomain: string;
  /** The audience tags of the applications that stand before this service. */
  readonly audience: readonly string[];
  /** Users of the team by their `sub`. Nobody else is anybody here. */
  readonly operators: readonly string[];
  readonly auditors: readonly string[];
}

/** Finds out who an Access token speaks for: an operator or an auditor, nobody else ever. */
export type AuthenticateByAccess = (token: string) => Promise<Actor>;

/** A user's token. Service tokens have an empty `sub`, and the session's own are of another type. */
const claims = z.object({ type: z.literal("app"), sub: z.string().regex(/^[\x21-\x7e]{1,64}$/) });

/** Where a team publishes its keys. */
export function accessKeysUrl({ teamDomain }: AccessRules): string {
  return `https://${teamDomain}/cdn-cgi/access/certs`;
}

/**
 * Makes the verifier of these rules. It throws UNAUTHENTICATED for tokens that do not count, FORBIDDEN for users who
 * are on neither list, and UNAVAILABLE when no keys are to be had.
 */
export function createAccessAuthenticator(
  rules: AccessRules,
  surroundings: { readonly fetch: typeof fetch; readonly now: () => number },
): AuthenticateByAccess {
  const keys = new RemoteKeySet(accessKeysUrl(rules), surroundings);
  return async (token) => {
    const payload = await verifyToken(token, keys.find, {
      algorithms: ["RS256"],
      issuer: `https://${rules.teamDomain}`,
      audience: rules.audience,
      now: surroundings.now(),
    });
    const parsed = claims.safeParse(payload);
    if (!parsed.success) throw new PayError("UNAUTHENTICATED");
    // The e-mail address stays unread: it is personal data, and the books keep who acted.
    const { sub: id } = parsed.data;
    if (rules.operators.includes(id)) return { id, role: "operator" };
    if (rules.auditors.includes(id)) return { id, role: "auditor" };
    throw new PayError("FORBIDDEN");
  };
}
