/** Certificates as Alipay's authorities issue them: signed, with names, and with the right to issue others. */
import { createHash } from "node:crypto";
import type { AlipayCertificates } from "../../../../src/providers/alipay/config.ts";
import { armour, makeKeyPair, type TestKeyPair, testKeys } from "./keys.ts";
import { ascii, der } from "./wechat.ts";

const RSA_SHA256 = der(0x30, der(0x06, Uint8Array.of(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11)), der(0x05));
const OIDS = { C: 6, O: 10, OU: 11, CN: 3 } as const;

/** A name's parts, in the order in which they are encoded. */
type Name = readonly (readonly [keyof typeof OIDS, string])[];

interface Authority {
  readonly name: Name;
  readonly key: TestKeyPair;
}

export interface Wanted {
  readonly serial?: bigint;
  readonly subject: Name;
  readonly key: TestKeyPair;
  readonly issuer: Authority;
  readonly isAuthority?: boolean;
  /** `YYMMDDhhmmssZ`. */
  readonly notBefore?: string;
  readonly notAfter?: string;
}

export const named = (commonName: string): Name => [
  ["C", "CN"],
  ["O", "Ant Financial"],
  ["OU", "Certification Authority"],
  ["CN", commonName],
];

/** Issues a certificate. Returns PEM. */
export async function issue(wanted: Wanted): Promise<string> {
  const { serial = 0x20_18n, notBefore = "200101000000Z", notAfter = "350101000000Z" } = wanted;
  const extensions = wanted.isAuthority ? [der(0xa3, der(0x30, basicConstraints()))] : [];
  const body = der(
    0x30,
    der(0xa0, der(0x02, Uint8Array.of(2))),
    der(0x02, integer(serial)),
    RSA_SHA256,
    encodeName(wanted.issuer.name),
    der(0x30, der(0x17, ascii(notBefore)), der(0x17, ascii(notAfter))),
    encodeName(wanted.subject),
    wanted.key.spki,
    ...extensions,
  );
  const signature = Uint8Array.from(atob(await wanted.issuer.key.sign(body)), (character) => character.charCodeAt(0));
  return armour("CERTIFICATE", der(0x30, body, RSA_SHA256, der(0x03, Uint8Array.of(0), signature)));
}

/** The SN that Alipay gives a certificate, computed from what it was made of. */
export function snOf(issuer: Name, serial: bigint): string {
  const text = issuer.map(([key, value]) => `${key}=${value}`).reverse();
  return createHash("md5")
    .update(text.join(",") + serial)
    .digest("hex");
}

export const SERIALS = {
  root: 7n,
  app: 0x2021_11_22_00n,
  alipay: 0x2021_11_22_01n,
  next: 0x8021_11_22_02_ff_ff_ffn,
} as const;

let made: Promise<Awaited<ReturnType<typeof makeAuthorities>>> | undefined;

/** Alipay's authorities, made once: a root, and below it one for applications and one for Alipay itself. */
export function authorities() {
  made ??= makeAuthorities();
  return made;
}

async function makeAuthorities() {
  const [rootKey, class1Key, class2Key] = await Promise.all([makeKeyPair(), makeKeyPair(), makeKeyPair()]);
  const root = { name: named("Root R1"), key: rootKey };
  const class1 = { name: named("Class 1 R1"), key: class1Key };
  const class2 = { name: named("Class 2 R1"), key: class2Key };
  const below = (authority: Authority) =>
    issue({ subject: authority.name, key: authority.key, issuer: root, isAuthority: true });
  const rootPem = await issue({
    subject: root.name,
    key: rootKey,
    issuer: root,
    isAuthority: true,
    serial: SERIALS.root,
  });
  return { root, class1, class2, rootPem, class1Pem: await below(class1), class2Pem: await below(class2) };
}

/** The files of an application in certificate mode; the keys are those of testKeys. */
export async function certificateFiles(changes: Partial<Wanted> = {}): Promise<AlipayCertificates> {
  const { merchant, platform } = await testKeys();
  const { class1, class2, rootPem, class2Pem } = await authorities();
  const app = await issue({ subject: named("app"), key: merchant, issuer: class1, serial: SERIALS.app });
  const own = { subject: named("Alipay"), key: platform, issuer: class2, serial: SERIALS.alipay, ...changes };
  return { app, root: rootPem, alipay: (await issue(own)) + class2Pem };
}

function basicConstraints(): Uint8Array {
  const value = der(0x30, der(0x01, Uint8Array.of(0xff)));
  return der(0x30, der(0x06, Uint8Array.of(0x55, 0x1d, 0x13)), der(0x01, Uint8Array.of(0xff)), der(0x04, value));
}

function encodeName(name: Name): Uint8Array {
  const parts = name.map(([key, value]) =>
    der(0x31, der(0x30, der(0x06, Uint8Array.of(0x55, 4, OIDS[key])), der(0x0c, ascii(value)))),
  );
  return der(0x30, ...parts);
}

function integer(value: bigint): Uint8Array {
  const hex = value.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  const bytes = even.match(/../g) ?? [];
  const digits = bytes.map((byte) => Number.parseInt(byte, 16));
  return Uint8Array.from((digits[0] ?? 0) >= 0x80 ? [0, ...digits] : digits);
}
