/** The key material of both sides: generated once, kept in a file, so that a restart keeps the shop's settings valid. */
import { createPublicKey, generateKeyPair, randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import * as z from "zod";
import { issueCertificates } from "./alipay/certificates.ts";
import { randomDigits, randomSerial, randomText } from "./crypto.ts";
import { DAY } from "./times.ts";
import { issueMerchantCertificate, issuePlatformCertificate } from "./wechat/issue.ts";

const KeysSchema = z.object({
  wechat: z.object({
    merchantPrivateKey: z.string(),
    merchantSerial: z.string().regex(/^[0-9A-F]{40}$/),
    apiV3Key: z.string().length(32),
    publicKeyId: z.string().startsWith("PUB_KEY_ID_"),
    payPrivateKey: z.string(),
    platformSerial: z.string().regex(/^[0-9A-F]{40}$/),
    platformPrivateKey: z.string(),
    platformCertificate: z.string(),
    v2Key: z.string().length(32),
    merchantCertificate: z.string(),
  }),
  alipay: z.object({
    appPrivateKey: z.string(),
    gatewayPrivateKey: z.string(),
    encryptKey: z.base64(),
    rootPrivateKey: z.string(),
    authorityPrivateKey: z.string(),
    certifiedPrivateKey: z.string(),
    rootCertificates: z.string(),
    authorityCertificate: z.string(),
    appCertificate: z.string(),
    alipayCertificate: z.string(),
  }),
});

/** PEM texts (PKCS#8, X.509), serials, the APIv3 key and the V2 key, base64 of Alipay's content encryption key. */
export type Keys = z.infer<typeof KeysSchema>;

/** Files of older versions lack what was added since. */
const OlderKeys = KeysSchema.extend({
  wechat: KeysSchema.shape.wechat.partial({ v2Key: true, merchantCertificate: true }),
  alipay: z.union([
    KeysSchema.shape.alipay,
    KeysSchema.shape.alipay.pick({ appPrivateKey: true, gatewayPrivateKey: true }),
  ]),
});
type OlderKeys = z.infer<typeof OlderKeys>;

/** Making keys takes a second, so the simulators of one process share them. */
let unstored: Promise<Keys> | undefined;

/** Reads the keys, or generates and writes what is missing. Without a file they live as long as the process. */
export async function loadKeys(file: string | undefined): Promise<Keys> {
  if (file === undefined) {
    unstored ??= generateKeys();
    return unstored;
  }
  const stored = await readIfThere(file);
  const found = stored === undefined ? undefined : parseKeys(file, stored);
  if (found && isComplete(found)) return found;
  const keys = found ? await completed(found) : await generateKeys();
  await replaceFile(file, JSON.stringify(keys, null, 2));
  return keys;
}

/** Never leaves half a file behind for another process that starts at the same time. */
async function replaceFile(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, file);
}

function parseKeys(file: string, stored: string): OlderKeys {
  try {
    return OlderKeys.parse(JSON.parse(stored));
  } catch {
    throw new Error(`${file} is no key file of the simulator; delete it to have new keys made`);
  }
}

function isComplete(keys: OlderKeys): keys is Keys {
  const { v2Key, merchantCertificate } = keys.wechat;
  return v2Key !== undefined && merchantCertificate !== undefined && "encryptKey" in keys.alipay;
}

async function completed(keys: OlderKeys): Promise<Keys> {
  const { merchantPrivateKey, merchantSerial } = keys.wechat;
  const {
    v2Key = randomText(32),
    merchantCertificate = issueMerchantCertificate(merchantPrivateKey, merchantSerial, yesterday()),
  } = keys.wechat;
  const alipay = "encryptKey" in keys.alipay ? keys.alipay : await withCertificates(keys.alipay);
  return { alipay, wechat: { ...keys.wechat, v2Key, merchantCertificate } };
}

async function withCertificates(plain: Pick<Keys["alipay"], "appPrivateKey" | "gatewayPrivateKey">) {
  const [rootPrivateKey, authorityPrivateKey, certifiedPrivateKey] = await Promise.all([
    newPrivateKey(),
    newPrivateKey(),
    newPrivateKey(),
  ]);
  const keys = { rootPrivateKey, authorityPrivateKey, certifiedPrivateKey };
  const issued = issueCertificates(keys, createPublicKey(plain.appPrivateKey), yesterday());
  const certificates = {
    rootCertificates: issued.roots,
    authorityCertificate: issued.authority,
    appCertificate: issued.app,
    alipayCertificate: issued.alipay,
  };
  return { ...plain, ...keys, ...certificates, encryptKey: randomBytes(16).toString("base64") };
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

async function generateKeys(): Promise<Keys> {
  const [merchant, pay, platform, app, gateway] = await Promise.all([
    newPrivateKey(),
    newPrivateKey(),
    newPrivateKey(),
    newPrivateKey(),
    newPrivateKey(),
  ]);
  const platformSerial = randomSerial();
  return completed({
    wechat: {
      merchantPrivateKey: merchant,
      merchantSerial: randomSerial(),
      apiV3Key: randomText(32),
      publicKeyId: `PUB_KEY_ID_01${randomDigits(32)}`,
      payPrivateKey: pay,
      platformSerial,
      platformPrivateKey: platform,
      platformCertificate: issuePlatformCertificate(platform, platformSerial, yesterday()),
    },
    alipay: { appPrivateKey: app, gatewayPrivateKey: gateway },
  });
}

/** A new RSA-2048 private key as PKCS#8 PEM. */
export async function newPrivateKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

function yesterday(): Date {
  return new Date(Date.now() - DAY);
}
