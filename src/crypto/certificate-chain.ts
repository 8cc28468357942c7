/** Whether a certificate leads up to a root that is trusted (RFC 5280, path validation, as far as it is needed here). */
import { encodeHex } from "./bytes.ts";
import type { Certificate } from "./certificate.ts";
import { KeyFormatError } from "./pem.ts";
import { importRsaPublic } from "./rsa.ts";

/** RSA signatures by OID, in hex. SHA-1 is not among them: it can be forged. */
const HASHES: ReadonlyMap<string, string> = new Map([
  ["2a864886f70d01010b", "SHA-256"],
  ["2a864886f70d01010c", "SHA-384"],
  ["2a864886f70d01010d", "SHA-512"],
]);

const MOST_LINKS = 4;

/**
 * Whether a certificate was issued by one of the roots, or by authorities that one of them has issued. Every
 * certificate on the way must be in its time, signed by RSA, and allowed to issue others.
 * @param others where authorities between may be found, in any order; nothing is taken on trust from them
 * @param now milliseconds since the epoch
 */
export async function leadsToRoot(
  leaf: Certificate,
  others: readonly Certificate[],
  roots: readonly Certificate[],
  now: number,
): Promise<boolean> {
  let current = leaf;
  for (let links = 0; links < MOST_LINKS; links += 1) {
    if (!isInTime(current, now)) return false;
    if (
      await findIssuer(
        current,
        roots.filter((root) => isInTime(root, now)),
      )
    )
      return true;
    const authority = await findIssuer(
      current,
      others.filter((other) => other.isAuthority),
    );
    if (!authority) return false;
    current = authority;
  }
  return false;
}

/** Whether a certificate is in the time for which it was issued. `now` is in milliseconds since the epoch. */
export function isInTime(certificate: Certificate, now: number): boolean {
  return certificate.notBefore.getTime() <= now && now <= certificate.notAfter.getTime();
}

async function findIssuer(
  certificate: Certificate,
  candidates: readonly Certificate[],
): Promise<Certificate | undefined> {
  const name = encodeHex(certificate.issuer);
  for (const candidate of candidates) {
    if (encodeHex(candidate.subject) === name && (await hasSigned(candidate, certificate))) return candidate;
  }
  return undefined;
}

async function hasSigned(issuer: Certificate, certificate: Certificate): Promise<boolean> {
  const hash = HASHES.get(certificate.signatureOid);
  if (!hash) return false;
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash };
  try {
    const key = await importRsaPublic(issuer.spki, "issuer", algorithm, "verify");
    return await crypto.subtle.verify(algorithm, key, certificate.signature, certificate.signed);
  } catch (error) {
    if (error instanceof KeyFormatError) return false;
    throw error;
  }
}
