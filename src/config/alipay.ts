/** Alipay's environment variables: public-key mode, or certificate mode where a certificate is given. */
import * as z from "zod";
import { readCbcKey } from "../crypto/aes-cbc.ts";
import { readCertificate, readCertificates } from "../crypto/certificate.ts";
import { rootCertificateSn } from "../providers/alipay/certificate-sn.ts";
import { type AlipayCertificates, type AlipayConfig, PRE_AUTH_PRODUCT_CODES } from "../providers/alipay/config.ts";
import { MISPLACED } from "../providers/alipay/key-places.ts";
import { hasNoReturnField } from "../providers/alipay/return-url.ts";
import { HAS_ROOT, KEY_FITS, NOT_AUTHORITIES_ALONE, NOT_OURS, ROOTS_FIT, sellerOf } from "./alipay-certificates.ts";
import { privateKeyHex, publicKeyHex, read } from "./key-material.ts";
import {
  baseAddress,
  callbackAddress,
  key,
  privateKey,
  publicKey,
  reachableAddress,
  text,
  together,
} from "./variables.ts";

const MAX_ADDRESS = 256;
const shortEnough = (url: string) => url.length <= MAX_ADDRESS;
const tooLong = `must have at most ${MAX_ADDRESS} characters`;

const RESERVED = "must have no parameter that Alipay adds itself, such as method or sign";

const CERTIFICATE_VARIABLES = ["ALIPAY_APP_CERT", "ALIPAY_ROOT_CERT", "ALIPAY_PUBLIC_CERT"] as const;
type Given = Partial<
  Readonly<
    Record<(typeof CERTIFICATE_VARIABLES)[number] | "ALIPAY_PRIVATE_KEY" | "ALIPAY_PUBLIC_KEY", string | undefined>
  >
>;

/** The one address that all calls go to. */
const gatewayAddress = baseAddress.refine(
  (url) => URL.parse(url)?.pathname.endsWith("/gateway.do"),
  "must end in /gateway.do",
);

export const alipayVariables = z
  .object({
    ALIPAY_APP_ID: text,
    ALIPAY_PRIVATE_KEY: privateKey("ALIPAY_PRIVATE_KEY"),
    ALIPAY_PUBLIC_KEY: publicKey("ALIPAY_PUBLIC_KEY").optional(),
    ALIPAY_APP_CERT: key("ALIPAY_APP_CERT", readCertificate).optional(),
    ALIPAY_ROOT_CERT: key("ALIPAY_ROOT_CERT", rootCertificateSn).optional(),
    ALIPAY_PUBLIC_CERT: key("ALIPAY_PUBLIC_CERT", readCertificates).optional(),
    ALIPAY_ENCRYPT_KEY: key("ALIPAY_ENCRYPT_KEY", readCbcKey).optional(),
    ALIPAY_GATEWAY_URL: gatewayAddress.default("https://openapi.alipay.com/gateway.do"),
    ALIPAY_NOTIFY_URL: callbackAddress(MAX_ADDRESS),
    // Alipay sends notices of refunds to the address that the payment named, so this one is never used.
    ALIPAY_REFUND_NOTIFY_URL: reachableAddress.optional(),
    ALIPAY_RETURN_URL: reachableAddress.refine(shortEnough, tooLong).refine(hasNoReturnField, RESERVED).optional(),
    ALIPAY_PREAUTH_PRODUCT_CODE: z
      .enum(PRE_AUTH_PRODUCT_CODES, `must be ${PRE_AUTH_PRODUCT_CODES.join(" or ")}`)
      .optional(),
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
      return theirs === undefined || theirs !== read(alipay.ALIPAY_PRIVATE_KEY, privateKeyHex);
    },
    together("ALIPAY_PUBLIC_KEY", MISPLACED.ALIPAY_PUBLIC_KEY),
  )
  .refine(...KEY_FITS)
  .refine(...NOT_OURS)
  .refine(...NOT_AUTHORITIES_ALONE)
  .refine(...HAS_ROOT)
  .refine(...ROOTS_FIT);

/** What the provider is made of. */
export function alipayConfig(variables: z.output<typeof alipayVariables>): AlipayConfig {
  const certificates = certificatesOf(variables);
  const { ALIPAY_APP_ID: appId, ALIPAY_PUBLIC_KEY: publicKeyPem } = variables;
  const sellerId = variables.ALIPAY_SELLER_ID ?? (certificates && sellerOf(certificates.app, appId));
  return {
    appId,
    privateKeyPem: variables.ALIPAY_PRIVATE_KEY,
    ...(certificates ? { certificates } : { ...(publicKeyPem && { publicKeyPem }) }),
    ...(variables.ALIPAY_ENCRYPT_KEY && { encryptKey: variables.ALIPAY_ENCRYPT_KEY }),
    gatewayUrl: variables.ALIPAY_GATEWAY_URL,
    notifyUrl: variables.ALIPAY_NOTIFY_URL,
    ...(variables.ALIPAY_RETURN_URL && { returnUrl: variables.ALIPAY_RETURN_URL }),
    ...(variables.ALIPAY_PREAUTH_PRODUCT_CODE && { preAuthProductCode: variables.ALIPAY_PREAUTH_PRODUCT_CODE }),
    ...(sellerId !== undefined && { sellerId }),
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
