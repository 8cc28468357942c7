/** The key material of both sides: generated once, kept in a file, so that a restart keeps the shop's settings valid. */
import { createPrivateKey, generateKeyPair } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import * as z from "zod";
import { selfSignedCertificate } from "./certificate.ts";
import { randomDigits, randomSerial, randomText } from "./crypto.ts";
import { DAY } from "./times.ts";

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
  }),
  alipay: z.object({ appPrivateKey: z.string(), gatewayPrivateKey: z.string() }),
});

/** PEM texts (PKCS#8, X.509), serials and the APIv3 key. */
export type Keys = z.infer<typeof KeysSchema>;

/** Reads the keys, or generates and writes them. Without a file they live as long as the process. */
export async function loadKeys(file: string | undefined): Promise<Keys> {
  if (file === undefined) return generateKeys();
  const stored = await readIfThere(file);
  if (stored !== undefined) return parseKeys(file, stored);
  const keys = await generateKeys();
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(keys, null, 2), { mode: 0o600 });
  return keys;
}

function parseKeys(file: string, stored: string): Keys {
  try {
    return KeysSchema.parse(JSON.parse(stored));
  } catch {
    throw new Error(`${file} is no key file of the simulator; delete it to have new keys made`);
  }
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
  const [merchant, pay, platform, app, gateway] = await Promise.all([rsa(), rsa(), rsa(), rsa(), rsa()]);
  const platformSerial = randomSerial();
  return {
    wechat: {
      merchantPrivateKey: merchant,
      merchantSerial: randomSerial(),
      apiV3Key: randomText(32),
      publicKeyId: `PUB_KEY_ID_01${randomDigits(32)}`,
      payPrivateKey: pay,
      platformSerial,
      platformPrivateKey: platform,
      platformCertificate: platformCertificate(platform, platformSerial),
    },
    alipay: { appPrivateKey: app, gatewayPrivateKey: gateway },
  };
}

/** A new RSA-2048 private key as PKCS#8 PEM. */
async function rsa(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

function platformCertificate(privateKeyPem: string, serial: string): string {
  const notBefore = new Date(Date.now() - DAY);
  return selfSignedCertificate({
    privateKey: createPrivateKey(privateKeyPem),
    serial: Buffer.from(serial, "hex"),
    commonName: "Simulated WeChat Pay platform certificate",
    notBefore,
    notAfter: new Date(notBefore.getTime() + 5 * 365 * DAY),
  });
}
