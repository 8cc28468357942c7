/** Kinds of environment variables. Messages say what is wrong with a value and never show it. */
import * as z from "zod";
import { decodePem, KeyFormatError } from "../crypto/pem.ts";
import { spkiOfPrivateKey } from "../crypto/private-key.ts";
import { requireLength, toSpki } from "../crypto/public-key.ts";
import { isLoopback, isPublicHost } from "../security/hosts.ts";

export const text = z.string({ error: (issue) => (issue.input === undefined ? "is missing" : "must be text") });

const NOT_PRIVATE = "must be https, unless it is on this machine";

const address = z.url({
  protocol: /^https?$/,
  error: (issue) => (issue.input === undefined ? "is missing" : "must be an http or https address"),
});

/** The database's address, which brings its user and password along. */
export const databaseAddress = address.refine(isPrivate, NOT_PRIVATE);

/** An address that nobody on the way can read along with. */
export const secureAddress = databaseAddress.refine(hasNoCredentials, "must hold no user name and no password");

/** An address that paths are put behind. */
export const baseAddress = secureAddress.refine(isBare, "must have no query string and no fragment");

/** An address that others have to reach: a provider, or a buyer's browser. */
export const reachableAddress = secureAddress.refine(
  isReachable,
  "must be on the internet, unless it is on this machine",
);

/** An address that a provider posts callbacks to. */
export const callbackAddress = (longest: number) =>
  reachableAddress
    .refine(isBare, "must have no query string and no fragment")
    .refine((url) => url.length <= longest, `must have at most ${longest} characters`);

export const integer = (least: number, most: number) =>
  text
    .regex(/^\d{1,9}$/, { error: "must be a whole number", abort: true })
    .transform(Number)
    .pipe(z.int().min(least, `must be at least ${least}`).max(most, `must be at most ${most}`));

/** Text that has a number of bytes, as secrets do which are used as they are. */
export const secretOf = (bytes: number) =>
  text.refine((secret) => byteLength(secret) === bytes, `must be ${bytes} characters long`);

/** Text that `read` takes without a KeyFormatError. */
export const key = (label: string, read: (text: string, label: string) => unknown) =>
  text.superRefine((value, context) => {
    try {
      read(value, label);
    } catch (error) {
      if (!(error instanceof KeyFormatError)) throw error;
      context.addIssue({ code: "custom", message: error.message.slice(label.length + 2) });
    }
  });

export const privateKey = (label: string) =>
  key(label, (pem) => requireLength(spkiOfPrivateKey(decodePem(pem, label), label), label));

export const publicKey = (label: string) =>
  key(label, (pem) => requireLength(toSpki(decodePem(pem, label), label), label));

export function byteLength(value: string): number {
  return new TextEncoder().encode(value).length;
}

/** Rules that span variables are checked even when single ones are wrong, so that everything is said at once. */
export function together(name: string, error: string) {
  return { path: [name], error, when: () => true };
}

function isBare(url: string): boolean {
  return !/[?#]/.test(url);
}

/** Whether nobody on the way can read what is sent there. */
function isPrivate(url: string): boolean {
  return URL.parse(url)?.protocol !== "http:" || isLoopback(hostOf(url));
}

function hasNoCredentials(url: string): boolean {
  const parsed = URL.parse(url);
  return !parsed || (parsed.username === "" && parsed.password === "");
}

function isReachable(url: string): boolean {
  return !URL.canParse(url) || isLoopback(hostOf(url)) || isPublicHost(hostOf(url));
}

function hostOf(url: string): string {
  return URL.parse(url)?.hostname ?? "";
}
