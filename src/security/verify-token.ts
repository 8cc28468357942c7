/** What holds for every token, whoever issued it: RFC 7519 as RFC 8725 advises to read it. */
import type { JWTPayload } from "jose";
import { decodeProtectedHeader } from "jose/decode/protected_header";
import { type JWTVerifyGetKey, jwtVerify } from "jose/jwt/verify";
import { PayError } from "../errors.ts";
import { KeysUnavailable } from "./key-set.ts";

/** What a token has to be. */
export interface TokenChecks {
  readonly algorithms: readonly string[];
  readonly issuer: string | undefined;
  /** One of them has to be among the token's. */
  readonly audience: string | readonly string[] | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Real ones are around a kilobyte; nothing is decoded of a longer one. */
const LONGEST_TOKEN = 8192;
const CLOCK_TOLERANCE_SECONDS = 5;
const RETRY_SECONDS = 1;

/** Kinds of tokens that say who calls. Others, such as logout tokens, may bear the same signature. */
const TYPES = /^(?:application\/)?(?:at\+)?jwt$/i;
/** Headers by which a token would bring its own key, or rules that nobody here knows. */
const FOREIGN_HEADERS = ["jwk", "jku", "x5u", "x5c", "crit", "zip", "enc"] as const;

/** Verifies a token and gives its claims. Throws UNAUTHENTICATED, never saying why, and UNAVAILABLE without keys. */
export async function verifyToken(
  token: string,
  key: Uint8Array | JWTVerifyGetKey,
  checks: TokenChecks,
): Promise<JWTPayload> {
  if (!hasPlainHeader(token)) throw new PayError("UNAUTHENTICATED");
  const { issuer, audience, now } = checks;
  const options = {
    algorithms: [...checks.algorithms],
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience: [audience].flat() }),
    requiredClaims: ["exp"],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    currentDate: new Date(now),
  };
  const { payload } = await settled(
    typeof key === "function" ? jwtVerify(token, key, options) : jwtVerify(token, key, options),
  );
  if (payload.iat !== undefined && payload.iat > now / 1000 + CLOCK_TOLERANCE_SECONDS) {
    throw new PayError("UNAUTHENTICATED");
  }
  return payload;
}

function hasPlainHeader(token: string): boolean {
  if (token.length > LONGEST_TOKEN) return false;
  try {
    const header = decodeProtectedHeader(token);
    if (FOREIGN_HEADERS.some((name) => Object.hasOwn(header, name))) return false;
    return header.typ === undefined || TYPES.test(header.typ);
  } catch {
    return false;
  }
}

/** Why a token is refused is nobody's business; that no key can be had is no fault of the caller's. */
async function settled<T>(verification: Promise<T>): Promise<T> {
  try {
    return await verification;
  } catch (error) {
    if (error instanceof KeysUnavailable) {
      const message = "Tokens can't be checked at the moment. Repeat the request.";
      throw new PayError("UNAVAILABLE", { retryAfter: RETRY_SECONDS }, message);
    }
    // Keys that no algorithm takes are errors of other kinds; whoever names one in a token has not shown who calls.
    throw new PayError("UNAUTHENTICATED");
  }
}
