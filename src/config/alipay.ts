/** Alipay's environment variables: public-key mode, or certificate mode where a certificate is given. */
import * as z from "zod";
import { readCbcKey } from "../crypto/aes-cbc.ts";
import { encodeHex } from "../crypto/bytes.ts";
import { type Certificate, readCertificate, readCertificates } from "../crypto/certificate.ts";
import { rootCertificateSn } from "../providers/alipay/certificate-sn.ts";
import type { AlipayCertificates, AlipayConfig } from "../providers/alipay/config.ts";
import { ownCertificates } from "../providers/alipay/key-ring.ts";
import { certificateKeyHex, maybeSame, privateKeyHex, publicKeyHex, read } from "./key-material.ts";
import { address, baseAddress, key, privateKey, text, together } from "./variables.ts";

const MAX_ADDRESS = 256;
const shortEnough = (url: string) => url.length <= MAX_ADDRESS;
const tooLong = `must have at most ${MAX_ADDRESS} characters`;

const CERTIFICATE_VARIABLES = ["ALIPAY_APP_CERT", "ALIPAY_ROOT_CERT", "ALIPAY_PUBLIC_CERT"] as const;
type Given = Partial<
  Readonly<
    Record<(typeof CERTIFICATE_VARIABLES)[number] | "ALIPAY_PRIVATE_KEY" | "ALIPAY_PUBLIC_KEY", string | undefined>
  >
>;

export const alipayVariables = z
  .object({
    ALIPAY_APP_ID: text,
    ALIPAY_PRIVATE_KEY: privateKey("ALIPAY_PRIVATE_KEY"),
    ALIPAY_PUBLIC_KEY: key("ALIPAY_PUBLIC_KEY", publicKeyHex).optional(),
    ALIPAY_APP_CERT: key("ALIPAY_APP_CERT", readCertificate).optional(),
    ALIPAY_ROOT_CERT: key("ALIPAY_ROOT_CERT", rootCertificateSn).optional(),
    ALIPAY_PUBLIC_CERT: key("ALIPAY_PUBLIC_CERT", readCertificates).optional(),
    ALIPAY_ENCRYPT_KEY: key("ALIPAY_ENCRYPT_KEY", readCbcKey).optional(),
    ALIPAY_GATEWAY_URL: baseAddress.default("https://openapi.alipay.com/gateway.do"),
    ALIPAY_NOTIFY_URL: baseAddress.refine(shortEnough, tooLong),
    // Alipay sends notices of refunds to the address that the payment named, so this one is never used.
    ALIPAY_REFUND_NOTIFY_URL: address.optional(),
    ALIPAY_RETURN_URL: address.refine(shortEnough, tooLong).optional(),
    ALIPAY_SELLER_ID: text.regex(/^2088\d{12}$/, "must be 16 digits that begin with 2088").optional(),
  })
  .refine(
    ...required("ALIPAY_PUBLIC_KEY", `public-key mode needs it, certificate mode ${CERTIFICATE_VARIABLES.join(", ")}`),
  )
  .refine(...required("ALIPAY_APP_CERT", "certificate mode needs it"))
  .refine(...required("ALIPAY_ROOT_CERT", "certificate mode needs it"))
  .refine(...required("ALIPAY_PUBLIC_CERT", "certificate mode needs it"))
  .refine(
    (alipay) => {
      const theirs = read(alipay.ALIPAY_PUBLIC_KEY, publicKeyHex);
      return theirs === undefined || theirs !== ownKeyOf(alipay);
    },
    together(
      "ALIPAY_PUBLIC_KEY",
      "is the application's own public key, the one that belongs to ALIPAY_PRIVATE_KEY: put Alipay's (支付宝公钥) here, " +
        "which the console shows once the application's own has been uploaded",
    ),
  )
  .refine(
    (alipay) => maybeSame(read(alipay.ALIPAY_APP_CERT, certificateKeyHex), ownKeyOf(alipay)),
    together("ALIPAY_APP_CERT", "does not belong to ALIPAY_PRIVATE_KEY"),
  )
  .refine(
    (alipay) => !(read(alipay.ALIPAY_PUBLIC_CERT, keysHex) ?? []).includes(ownKeyOf(alipay) ?? ""),
    together("ALIPAY_PUBLIC_CERT", "is the application's own certificate, for ALIPAY_PRIVATE_KEY: put Alipay's here"),
  )
  .refine(
    (alipay) =>
      read(alipay.ALIPAY_PUBLIC_CERT, (pem, label) => ownCertificates(readCertificates(pem, label)).length) !== 0,
    together("ALIPAY_PUBLIC_CERT", "holds authorities only; has it been swapped with ALIPAY_ROOT_CERT?"),
  )
  .refine(
    (alipay) => read(alipay.ALIPAY_ROOT_CERT, (pem, label) => readCertificates(pem, label).some(isRoot)) !== false,
    together("ALIPAY_ROOT_CERT", "holds no root certificate; has it been swapped with ALIPAY_PUBLIC_CERT?"),
  );

/** What the provider is made of. */
export function alipayConfig(variables: z.output<typeof alipayVariables>): AlipayConfig {
  const certificates = certificatesOf(variables);
  const { ALIPAY_PUBLIC_KEY: publicKeyPem } = variables;
  return {
    appId: variables.ALIPAY_APP_ID,
    privateKeyPem: variables.ALIPAY_PRIVATE_KEY,
    ...(certificates ? { certificates } : { ...(publicKeyPem && { publicKeyPem }) }),
    ...(variables.ALIPAY_ENCRYPT_KEY && { encryptKey: variables.ALIPAY_ENCRYPT_KEY }),
    gatewayUrl: variables.ALIPAY_GATEWAY_URL,
    notifyUrl: variables.ALIPAY_NOTIFY_URL,
    ...(variables.ALIPAY_RETURN_URL && { returnUrl: variables.ALIPAY_RETURN_URL }),
    ...(variables.ALIPAY_SELLER_ID && { sellerId: variables.ALIPAY_SELLER_ID }),
  };
}

function certificatesOf(given: Given): AlipayCertificates | undefined {
  const { ALIPAY_APP_CERT: app, ALIPAY_ROOT_CERT: root, ALIPAY_PUBLIC_CERT: alipay } = given;
  return app !== undefined && root !== undefined && alipay !== undefined ? { app, root, alipay } : undefined;
}

type KeyVariable = (typeof CERTIFICATE_VARIABLES)[number] | "ALIPAY_PUBLIC_KEY";

/** The variables that the mode lacks. One certificate is enough to tell that certificate mode is meant. */
function missingKeys(given: Given): readonly KeyVariable[] {
  const missing = CERTIFICATE_VARIABLES.filter((name) => given[name] === undefined);
  if (missing.length < CERTIFICATE_VARIABLES.length) return missing;
  return given.ALIPAY_PUBLIC_KEY === undefined ? ["ALIPAY_PUBLIC_KEY"] : [];
}

/** A rule for a variable that a mode can't do without. */
function required(name: KeyVariable, why: string) {
  return [(given: Given) => !missingKeys(given).includes(name), together(name, `is missing: ${why}`)] as const;
}

function ownKeyOf(given: Given): string | undefined {
  return read(given.ALIPAY_PRIVATE_KEY, privateKeyHex);
}

function keysHex(pem: string, label: string): readonly string[] {
  return readCertificates(pem, label).map(({ spki }) => encodeHex(spki));
}

function isRoot({ issuer, subject }: Certificate): boolean {
  return encodeHex(issuer) === encodeHex(subject);
}
