/** Kinds of environment variables. Messages say what is wrong with a value and never show it. */
import * as z from "zod";
import { decodePem, KeyFormatError } from "../crypto/pem.ts";
import { spkiOfPrivateKey } from "../crypto/private-key.ts";
import { requireLength, toSpki } from "../crypto/public-key.ts";

export const text = z.string({ error: (issue) => (issue.input === undefined ? "is missing" : "must be text") });

export const address = z.url({
  protocol: /^https?$/,
  error: (issue) => (issue.input === undefined ? "is missing" : "must be an http or https address"),
});

/** An address that paths are put behind. */
export const baseAddress = address.refine(isBare, "must have no query string and no fragment");

/** An address that a provider posts callbacks to. */
export const callbackAddress = (longest: number) =>
  baseAddress
    .refine((url) => url.length <= longest, `must have at most ${longest} characters`)
    .refine(isPrivate, NOT_PRIVATE);

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

export const NOT_PRIVATE = "must be https, unless it is on this machine";

/** Whether nobody on the way can read what is sent there. */
export function isPrivate(url: string): boolean {
  return URL.parse(url)?.protocol !== "http:" || isLoopback(url);
}

function isLoopback(url: string): boolean {
  const host = URL.parse(url)?.hostname ?? "";
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(\.\d+){3}$/.test(host);
}
