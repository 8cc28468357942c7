/** WeChat Pay's environment variables. */
import * as z from "zod";
import { readCertificate } from "../crypto/certificate.ts";
import type { WechatPayConfig } from "../providers/wechat/config.ts";
import { certificateKeyHex, maybeSame, privateKeyHex, publicKeyHex, read } from "./key-material.ts";
import { baseAddress, callbackAddress, key, privateKey, publicKey, secretOf, text, together } from "./variables.ts";

const OFFICIAL_URL = "https://api.mch.weixin.qq.com";
const OFFICIAL_BACKUP_URL = "https://api2.mch.weixin.qq.com";

/** A certificate's serial number has at most 20 bytes. In decimal, as some tools print it, most are longer. */
const SERIAL = /^[0-9A-F]{1,40}$/i;
/** Those of merchants' certificates have all of them. */
const SERIAL_DIGITS = 40;

/** An address of WeChat Pay's, or of what stands in for it. Calls bring the whole path. */
const apiAddress = baseAddress.refine(
  (url) => !/\/v3\/*$/i.test(url),
  "must end before /v3, which every call begins with",
);

export const wechatVariables = z
  .object({
    WECHAT_APP_ID: text,
    WECHAT_MINI_APP_ID: text.optional(),
    WECHAT_MOBILE_APP_ID: text.optional(),
    WECHAT_MCH_ID: text.regex(/^\d{1,32}$/, "must be digits"),
    WECHAT_API_V3_KEY: secretOf(32),
    WECHAT_KEY: secretOf(32).optional(),
    WECHAT_API_CLIENT_KEY: privateKey("WECHAT_API_CLIENT_KEY"),
    WECHAT_API_CLIENT_CERT: key("WECHAT_API_CLIENT_CERT", readCertificate).optional(),
    WECHAT_API_SERIAL_NO: text.regex(SERIAL, "must be hexadecimal, as the merchant platform shows it").optional(),
    WECHAT_PUBLIC_KEY_ID: text
      .regex(/^PUB_KEY_ID_\w+$/, "must begin with PUB_KEY_ID_, with letters and digits behind it")
      .optional(),
    WECHAT_PUBLIC_KEY: publicKey("WECHAT_PUBLIC_KEY").optional(),
    WECHAT_API_BASE_URL: apiAddress.default(OFFICIAL_URL),
    WECHAT_API_BACKUP_URL: apiAddress.optional(),
    WECHAT_NOTIFY_URL: callbackAddress(255),
    WECHAT_REFUND_NOTIFY_URL: callbackAddress(256),
    PROVIDER_PROXY_URL: apiAddress.optional(),
  })
  .refine(
    (wechat) => wechat.WECHAT_API_SERIAL_NO !== undefined || wechat.WECHAT_API_CLIENT_CERT !== undefined,
    together("WECHAT_API_SERIAL_NO", "is missing, and so is WECHAT_API_CLIENT_CERT, from which it could be read"),
  )
  .refine(
    (wechat) => (wechat.WECHAT_PUBLIC_KEY_ID === undefined) === (wechat.WECHAT_PUBLIC_KEY === undefined),
    together("WECHAT_PUBLIC_KEY", "needs WECHAT_PUBLIC_KEY_ID beside it, and the other way round"),
  )
  .refine(
    ({ WECHAT_API_CLIENT_CERT, WECHAT_API_SERIAL_NO: serial }) =>
      WECHAT_API_CLIENT_CERT !== undefined || serial === undefined || !isShort(serial),
    together("WECHAT_API_SERIAL_NO", `must have ${SERIAL_DIGITS} digits, with the zeros that it may begin with`),
  )
  .refine(
    (wechat) => maybeSame(wechat.WECHAT_API_SERIAL_NO?.toUpperCase(), serialOf(wechat)),
    together("WECHAT_API_SERIAL_NO", "is not the serial number of WECHAT_API_CLIENT_CERT"),
  )
  .refine(
    (wechat) => maybeSame(ownKeyOf(wechat), read(wechat.WECHAT_API_CLIENT_CERT, certificateKeyHex)),
    together("WECHAT_API_CLIENT_KEY", "is not the private key of WECHAT_API_CLIENT_CERT"),
  )
  .refine(
    (wechat) => {
      const theirs = read(wechat.WECHAT_PUBLIC_KEY, publicKeyHex);
      return theirs === undefined || theirs !== ownKeyOf(wechat);
    },
    together("WECHAT_PUBLIC_KEY", "is the merchant's own public key, not WeChat Pay's"),
  );

/** What the provider is made of. WeChat Pay's own address comes with its backup. */
export function wechatConfig(variables: z.output<typeof wechatVariables>): WechatPayConfig {
  const { WECHAT_PUBLIC_KEY_ID: id, WECHAT_PUBLIC_KEY: pem, WECHAT_API_BASE_URL: baseUrl } = variables;
  const isFirst = new URL(baseUrl).origin === OFFICIAL_URL;
  const backupUrl = variables.WECHAT_API_BACKUP_URL ?? (isFirst && OFFICIAL_BACKUP_URL);
  return {
    appId: variables.WECHAT_APP_ID,
    ...(variables.WECHAT_MINI_APP_ID && { miniAppId: variables.WECHAT_MINI_APP_ID }),
    ...(variables.WECHAT_MOBILE_APP_ID && { mobileAppId: variables.WECHAT_MOBILE_APP_ID }),
    mchId: variables.WECHAT_MCH_ID,
    apiV3Key: variables.WECHAT_API_V3_KEY,
    ...(variables.WECHAT_KEY && { v2Key: variables.WECHAT_KEY }),
    privateKeyPem: variables.WECHAT_API_CLIENT_KEY,
    serialNo: serialOf(variables) ?? variables.WECHAT_API_SERIAL_NO?.toUpperCase() ?? "",
    ...(id !== undefined && pem !== undefined && { publicKey: { id, pem } }),
    baseUrl,
    ...(backupUrl && { backupUrl }),
    ...(variables.PROVIDER_PROXY_URL && { proxyUrl: variables.PROVIDER_PROXY_URL }),
    notifyUrl: variables.WECHAT_NOTIFY_URL,
    refundNotifyUrl: variables.WECHAT_REFUND_NOTIFY_URL,
  };
}

function isShort(serial: string): boolean {
  return SERIAL.test(serial) && serial.length < SERIAL_DIGITS;
}

type Given = Partial<Readonly<Record<"WECHAT_API_CLIENT_CERT" | "WECHAT_API_CLIENT_KEY", string | undefined>>>;

function serialOf(wechat: Given): string | undefined {
  return read(wechat.WECHAT_API_CLIENT_CERT, (pem, label) => readCertificate(pem, label).serial);
}

function ownKeyOf(wechat: Given): string | undefined {
  return read(wechat.WECHAT_API_CLIENT_KEY, privateKeyHex);
}
