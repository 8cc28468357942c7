/**
 * The certificates of Alipay's certificate mode: four roots in one file, of which only the two with RSA signatures
 * count, an authority under them, the application's certificate and Alipay's own (Alipay, keys and certificates).
 */
import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { type Algorithm, certificate, type Name } from "../certificate.ts";
import { randomSerial } from "../crypto.ts";
import { DAY } from "../times.ts";
import { APP_ID, SELLER_ID } from "./application.ts";

const YEARS = 365 * DAY;

/** PEM texts and private keys of PKCS#8. */
export interface CertificateKeys {
  readonly rootPrivateKey: string;
  readonly authorityPrivateKey: string;
  readonly certifiedPrivateKey: string;
}

export interface Certificates {
  /** All roots in one text. */
  readonly roots: string;
  readonly authority: string;
  readonly app: string;
  /** Alipay's first one. */
  readonly alipay: string;
}

const named = (commonName: string): Name => ({
  country: "CN",
  organization: "Simulated Alipay",
  unit: "Certification Authority",
  commonName,
});
const ROOT = named("Simulated Certification Authority R1");
const AUTHORITY = named("Simulated Certification Authority Class 2 R1");

/** Issues everything that a merchant downloads. `appPublicKey` is the application's own. */
export function issueCertificates(keys: CertificateKeys, appPublicKey: KeyObject, notBefore: Date): Certificates {
  const root = createPrivateKey(keys.rootPrivateKey);
  const authority = certificate({
    ...period(notBefore, 10 * YEARS),
    issuer: ROOT,
    subject: AUTHORITY,
    publicKey: createPrivateKey(keys.authorityPrivateKey),
    signer: root,
    algorithm: "sha256WithRSA",
    isAuthority: true,
  });
  const subject = { country: "CN", organization: "中道商城", unit: SELLER_ID, commonName: `${SELLER_ID}-${APP_ID}` };
  const app = issuedByAuthority(keys, { subject, publicKey: appPublicKey, ...period(notBefore, 5 * YEARS) });
  const alipay = issueAlipayCertificate(keys, createPrivateKey(keys.certifiedPrivateKey), notBefore, 5 * YEARS);
  return { roots: rootFile(root, notBefore), authority, app, alipay };
}

/** A certificate of Alipay's own for a key, good for so many ms. */
export function issueAlipayCertificate(
  keys: CertificateKeys,
  publicKey: KeyObject,
  notBefore: Date,
  lifetime: number,
): string {
  const subject = { country: "CN", organization: "Simulated Alipay", unit: "Alipay", commonName: "支付宝(模拟)" };
  return issuedByAuthority(keys, { subject, publicKey, ...period(notBefore, lifetime) });
}

interface Subject {
  readonly subject: Name;
  readonly publicKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly serial: Buffer;
}

function issuedByAuthority(keys: CertificateKeys, subject: Subject): string {
  const signer = createPrivateKey(keys.authorityPrivateKey);
  return certificate({ ...subject, issuer: AUTHORITY, signer, algorithm: "sha256WithRSA", isAuthority: false });
}

/** In the order of the real file: SM2, RSA with SHA-256, ECDSA, RSA with SHA-1. */
function rootFile(root: KeyObject, notBefore: Date): string {
  const curve = generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey;
  const roots: [string, KeyObject, Algorithm][] = [
    ["Simulated Certification Authority SM2 R1", curve, "sm2"],
    [ROOT.commonName, root, "sha256WithRSA"],
    ["Simulated Certification Authority E1", curve, "ecdsaWithSha256"],
    ["Simulated Certification Authority R0", root, "sha1WithRSA"],
  ];
  return roots
    .map(([commonName, key, algorithm]) => {
      const self = { issuer: named(commonName), subject: named(commonName), publicKey: key, signer: key };
      return certificate({ ...self, ...period(notBefore, 20 * YEARS), algorithm, isAuthority: true });
    })
    .join("\n");
}

function period(notBefore: Date, lifetime: number) {
  const serial = Buffer.from(randomSerial().slice(0, 32), "hex");
  return { notBefore, notAfter: new Date(notBefore.getTime() + lifetime), serial };
}

/** A certificate's SN: MD5 over the issuer, last part first, and the decimal serial. */
export function serialNumber(pem: string): string {
  const { issuer, serialNumber: serial } = new X509Certificate(pem);
  const name = issuer.split("\n").reverse().join(",");
  return createHash("md5")
    .update(name + BigInt(`0x${serial}`), "utf8")
    .digest("hex");
}

/** The SN of a root file: those of the roots with RSA signatures, joined. */
export function rootSerialNumber(roots: string): string {
  const [, rsa256 = "", , rsa1 = ""] = roots.match(/-----BEGIN[\s\S]+?END CERTIFICATE-----/g) ?? [];
  return `${serialNumber(rsa256)}_${serialNumber(rsa1)}`;
}
