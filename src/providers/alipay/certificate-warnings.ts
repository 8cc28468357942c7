/** Certificates that lapse (Alipay, certificate mode: new ones are to be had about a month ahead). */
import { type Certificate, readCertificates } from "../../crypto/certificate.ts";
import { certificateSn } from "./certificate-sn.ts";
import { ownCertificates } from "./certificate-trust.ts";
import type { AlipayConfig } from "./config.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const AHEAD_DAYS = 30;

/** A certificate that has lapsed or will soon. */
export interface CertificateWarning {
  /** The environment variable that holds it. */
  readonly variable: "ALIPAY_APP_CERT" | "ALIPAY_PUBLIC_CERT";
  readonly sn: string;
  readonly expiresAt: Date;
  /** Whole days that are left; negative when it has lapsed. */
  readonly daysLeft: number;
}

/**
 * Says which certificates lapse within 30 days. One of Alipay's that another one already replaces, in use longer, is
 * not worth a warning. Nothing in public-key mode. Throws KeyFormatError.
 * @param now milliseconds since the epoch
 */
export function certificateWarnings(
  config: Pick<AlipayConfig, "certificates">,
  now: number,
): readonly CertificateWarning[] {
  const { certificates } = config;
  if (!certificates) return [];
  const [app] = readCertificates(certificates.app, "ALIPAY_APP_CERT");
  const alipay = [...ownCertificates(readCertificates(certificates.alipay, "ALIPAY_PUBLIC_CERT"))];
  const lasting = alipay.sort((one, other) => other.notAfter.getTime() - one.notAfter.getTime())[0];
  return [
    ...warningsOf("ALIPAY_APP_CERT", [app], now),
    ...warningsOf("ALIPAY_PUBLIC_CERT", lasting ? [lasting] : [], now),
  ];
}

function warningsOf(
  variable: CertificateWarning["variable"],
  certificates: readonly Certificate[],
  now: number,
): readonly CertificateWarning[] {
  return certificates.flatMap((certificate) => {
    const daysLeft = Math.floor((certificate.notAfter.getTime() - now) / DAY_MS);
    if (daysLeft >= AHEAD_DAYS) return [];
    return [{ variable, sn: certificateSn(certificate), expiresAt: certificate.notAfter, daysLeft }];
  });
}
