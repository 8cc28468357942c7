/** Issuers of tokens for tests, and what verifies them. */
import type { JWTPayload } from "jose";
import { SignJWT } from "jose/jwt/sign";
import { exportJWK } from "jose/key/export";
import { generateKeyPair } from "jose/key/generate/keypair";

export const NOW = Date.UTC(2026, 10, 1);
export const SECONDS = NOW / 1000;

type Key = Parameters<SignJWT["sign"]>[0];

/** Signs claims under a header of any content. */
export function signed(
  claims: JWTPayload,
  key: Key,
  header: { alg: string } & Record<string, unknown>,
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader(header).sign(key);
}

/** An issuer with one key, and the set that it publishes. */
export async function issuer(kid: string, alg = "RS256") {
  const { publicKey, privateKey } = await generateKeyPair(alg);
  return { privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } };
}

/** A key server: what it serves can change, it can fail, and it counts how often it was asked. */
export function keyServer(keys: readonly object[]) {
  const server = {
    keys,
    asked: 0,
    answer: async (): Promise<Response> => Response.json({ keys: server.keys }),
    fetch: (async () => {
      server.asked++;
      return server.answer();
    }) as typeof fetch,
  };
  return server;
}
