/** Keys in each other's place, the mistake most often made: calls work, and nothing that comes back verifies. */
import { encodeHex } from "../../crypto/bytes.ts";
import { readCertificate, readCertificates } from "../../crypto/certificate.ts";
import { decodePem, KeyFormatError } from "../../crypto/pem.ts";
import { spkiOfPrivateKey } from "../../crypto/private-key.ts";
import { requireLength, toSpki } from "../../crypto/public-key.ts";
import type { AlipayCertificates, AlipayConfig } from "./config.ts";

/** What is wrong, said behind the name of what is misplaced. */
export const MISPLACED = {
  ALIPAY_PUBLIC_KEY:
    "is the application's own public key, the one that belongs to ALIPAY_PRIVATE_KEY: put Alipay's (支付宝公钥) here, " +
    "which the console shows once the application's own has been uploaded",
  ALIPAY_APP_CERT: "does not belong to ALIPAY_PRIVATE_KEY",
  ALIPAY_PUBLIC_CERT: "is the application's own certificate, for ALIPAY_PRIVATE_KEY: put Alipay's here",
} as const;

/** Throws KeyFormatError for a key that can't be used, or that stands where another belongs. */
export function checkKeyPlaces(config: AlipayConfig): void {
  const label = "ALIPAY_PRIVATE_KEY";
  const own = encodeHex(requireLength(spkiOfPrivateKey(decodePem(config.privateKeyPem, label), label), label));
  if (config.certificates) checkCertificates(config.certificates, own);
  else if (publicKeyHex(config.publicKeyPem ?? "") === own) throw misplaced("ALIPAY_PUBLIC_KEY");
}

function checkCertificates({ app, alipay }: AlipayCertificates, own: string): void {
  if (encodeHex(readCertificate(app, "ALIPAY_APP_CERT").spki) !== own) throw misplaced("ALIPAY_APP_CERT");
  const theirs = readCertificates(alipay, "ALIPAY_PUBLIC_CERT");
  if (theirs.some(({ spki }) => encodeHex(spki) === own)) throw misplaced("ALIPAY_PUBLIC_CERT");
}

function publicKeyHex(pem: string): string {
  const label = "ALIPAY_PUBLIC_KEY";
  return encodeHex(requireLength(toSpki(decodePem(pem, label), label), label));
}

function misplaced(label: keyof typeof MISPLACED): KeyFormatError {
  return new KeyFormatError(label, MISPLACED[label]);
}
