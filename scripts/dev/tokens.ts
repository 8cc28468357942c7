/** Ready-made tokens for the people of a development shop. */
import { SignJWT } from "jose";
import { SEED_USERS } from "../../db/seed.ts";
import type { Variables } from "./variables.ts";

type Role = keyof typeof SEED_USERS;

export type Tokens = Readonly<Record<Role, string>>;

/**
 * HS256 tokens for 30 days, one per role. Undefined when the shop verifies against a JWKS, whose keys are elsewhere.
 */
export async function makeTokens(variables: Variables): Promise<Tokens | undefined> {
  const { JWT_SECRET: secret, JWT_JWKS_URL: jwks } = variables;
  if (secret === undefined || jwks !== undefined) return undefined;
  const token = (role: Role) => makeToken(role, secret, variables);
  return { customer: await token("customer"), operator: await token("operator"), service: await token("service") };
}

function makeToken(role: Role, secret: string, variables: Variables): Promise<string> {
  const jwt = new SignJWT({ role }).setProtectedHeader({ alg: "HS256", typ: "JWT" }).setSubject(SEED_USERS[role]);
  jwt.setIssuedAt().setExpirationTime("30d");
  if (variables.JWT_ISSUER !== undefined) jwt.setIssuer(variables.JWT_ISSUER);
  if (variables.JWT_AUDIENCE !== undefined) jwt.setAudience(variables.JWT_AUDIENCE);
  return jwt.sign(new TextEncoder().encode(secret));
}
