/** Signed requests that a browser or an application hands in (Alipay gateway protocol v2, pages and order strings). */
import { InputError } from "../input-error.ts";
import type { SignedRequest } from "./signed-request.ts";

/** The gateway's address with the common parameters in its query. */
export function gatewayAddress(gatewayUrl: string, { common }: Pick<SignedRequest, "common">): string {
  const url = new URL(gatewayUrl);
  for (const [name, value] of Object.entries(common)) url.searchParams.set(name, value);
  return url.href;
}

/** An address that opens the cashier by GET. */
export function pageUrl(gatewayUrl: string, { common, content }: SignedRequest): string {
  return gatewayAddress(gatewayUrl, { common: { ...common, ...content } });
}

const FORM_ID = "alipay-form";

/**
 * HTML of a form that submits itself by POST. Nothing in it can end an attribute or be read as a character reference,
 * and text is the same in whatever charset the page around it comes: the browser posts exactly what was signed.
 * @throws InputError for line breaks outside of JSON's strings: browsers rewrite them
 */
export function pageForm(gatewayUrl: string, request: SignedRequest): string {
  const action = escapeHtml(gatewayAddress(gatewayUrl, request));
  const inputs = Object.entries(request.content).map(([name, value]) => {
    if (/[\r\n]/.test(value)) throw new InputError(name, "has line breaks between its members");
    return `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`;
  });
  return [
    `<form id="${FORM_ID}" action="${action}" method="POST" accept-charset="utf-8">`,
    ...inputs,
    "</form>",
    `<script>document.getElementById("${FORM_ID}").submit();</script>`,
  ].join("");
}

/** What the application's SDK takes: every parameter, its value percent-encoded, spaces as `%20`. */
export function orderString({ common, content }: SignedRequest): string {
  const { sign = "", ...parameters } = common;
  return Object.entries({ ...parameters, ...content, sign })
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&");
}

const REFERENCES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Characters beyond ASCII as references too; controls up to U+009F stay, as references browsers take for others. */
function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"'\u{a0}-\u{10ffff}]/gu, (character) => REFERENCES[character] ?? reference(character));
}

function reference(character: string): string {
  return `&#x${character.codePointAt(0)?.toString(16)};`;
}
