/** Rules for Alipay's certificate files taken together. What is missing or unreadable is reported by itself. */
import { encodeHex } from "../crypto/bytes.ts";
import { type Certificate, readCertificate, readCertificates } from "../crypto/certificate.ts";
import { printName } from "../crypto/distinguished-name.ts";
import { ownCertificates } from "../providers/alipay/certificate-trust.ts";
import { MISPLACED } from "../providers/alipay/key-places.ts";
import { certificateKeyHex, maybeSame, privateKeyHex, read } from "./key-material.ts";
import { together } from "./variables.ts";

/** The variables that are compared, as they are given. */
type Given = Partial<
  Readonly<
    Record<"ALIPAY_PRIVATE_KEY" | "ALIPAY_APP_CERT" | "ALIPAY_ROOT_CERT" | "ALIPAY_PUBLIC_CERT", string | undefined>
  >
>;

type Rule = readonly [holds: (given: Given) => boolean, otherwise: ReturnType<typeof together>];

/** The key and the certificate of the application belong together. */
export const KEY_FITS: Rule = [
  (given) => maybeSame(read(given.ALIPAY_APP_CERT, certificateKeyHex), read(given.ALIPAY_PRIVATE_KEY, privateKeyHex)),
  together("ALIPAY_APP_CERT", MISPLACED.ALIPAY_APP_CERT),
];

export const NOT_OURS: Rule = [
  (given) => {
    const own = read(given.ALIPAY_PRIVATE_KEY, privateKeyHex);
    return !all(given.ALIPAY_PUBLIC_CERT).some(({ spki }) => encodeHex(spki) === own);
  },
  together("ALIPAY_PUBLIC_CERT", MISPLACED.ALIPAY_PUBLIC_CERT),
];

export const NOT_AUTHORITIES_ALONE: Rule = [
  (given) => {
    const certificates = all(given.ALIPAY_PUBLIC_CERT);
    return certificates.length === 0 || ownCertificates(certificates).length > 0;
  },
  together("ALIPAY_PUBLIC_CERT", "holds authorities only; has it been swapped with ALIPAY_ROOT_CERT?"),
];

export const HAS_ROOT: Rule = [
  (given) => {
    const roots = all(given.ALIPAY_ROOT_CERT);
    return roots.length === 0 || roots.some(isRoot);
  },
  together("ALIPAY_ROOT_CERT", "holds no root certificate; has it been swapped with ALIPAY_PUBLIC_CERT?"),
];

/** Names are compared, no signatures: a file of other roots than Alipay's is what may happen. */
export const ROOTS_FIT: Rule = [
  (given) => {
    const roots = all(given.ALIPAY_ROOT_CERT);
    if (!roots.some(isRoot)) return true;
    const chains = [all(given.ALIPAY_PUBLIC_CERT), all(given.ALIPAY_APP_CERT)];
    const found = chains.flatMap((chain) => ownCertificates(chain).map((own) => leadsTo(roots, own, chain)));
    return found.includes(true) || !found.includes(false);
  },
  together("ALIPAY_ROOT_CERT", "issued neither ALIPAY_PUBLIC_CERT nor ALIPAY_APP_CERT: put Alipay's roots here"),
];

/** Whether a certificate leads up to one of the roots by its issuers' names. Undefined where those between are missing. */
function leadsTo(
  roots: readonly Certificate[],
  certificate: Certificate,
  chain: readonly Certificate[],
): boolean | undefined {
  if (roots.some(({ subject }) => isSame(subject, certificate.issuer))) return true;
  if (isRoot(certificate)) return false;
  const above = chain.find(({ isAuthority, subject }) => isAuthority && isSame(subject, certificate.issuer));
  if (!above) return certificate.isAuthority ? false : undefined;
  return leadsTo(
    roots,
    above,
    chain.filter((other) => other !== above),
  );
}

/**
 * The account that an application belongs to: Alipay names application's certificates `<account>-<application>`.
 * Undefined where the certificate does not say it of this application, once.
 */
export function sellerOf(appCertificate: string, appId: string): string | undefined {
  const name = printName(readCertificate(appCertificate, "ALIPAY_APP_CERT").subject);
  const [only, ...others] = name.split(",").filter((part) => part.startsWith("CN="));
  const [, account, application] = /^CN=(2088\d{12})-(\d+)$/.exec(only ?? "") ?? [];
  return others.length === 0 && application === appId ? account : undefined;
}

function all(pem: string | undefined): readonly Certificate[] {
  return read(pem, readCertificates) ?? [];
}

function isRoot({ issuer, subject }: Certificate): boolean {
  return isSame(issuer, subject);
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return encodeHex(one) === encodeHex(other);
}
