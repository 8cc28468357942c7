/** Thousands of mutated callbacks of WeChat Pay: whatever becomes of them on their way, and whatever is signed in earnest. */
import fc from "fast-check";
import { afterAll, beforeEach, expect, it } from "vitest";
import { world } from "../setup/slot.ts";
import { openApi } from "./api/support.ts";
import { startAfresh } from "./support/afresh.ts";
import type { SignedDelivery } from "./support/controls.ts";
import { signedCallback } from "./support/controls.ts";
import { CORPUS_MS, JUNK, pathsOf, recordsOf, statusOf, tryMany, wholeBooks, withMember } from "./support/corpus.ts";
import { changed, textOf } from "./support/hostile.ts";
import { asText, BYTES, type Draws, type Mutation, oneOf } from "./support/mutations.ts";
import { openShop } from "./support/shop.ts";
import { KINDS, V2_KIND } from "./support/wechat-subjects.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const post = (callback: SignedDelivery, api = openApi()) => statusOf(api, "wechat", callback);

/** JSON that says the same, or nearly, in other words. */
const JSON_MUTATIONS: Readonly<Record<string, Mutation>> = {
  "members in another order": asText((text) =>
    JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text)).reverse())),
  ),
  "letters escaped": asText((text) => text.replace(/[a-z]/, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`)),
  "a member twice": asText((text, { at }) => {
    const members = Object.entries(JSON.parse(text));
    const [name, value] = members[at % members.length] ?? [];
    return `{${JSON.stringify(name)}:${JSON.stringify(value)},${text.slice(1)}`;
  }),
  "a prototype": asText((text) => `{"__proto__":{"event_type":"TRANSACTION.SUCCESS"},${text.slice(1)}`),
  "texts as numbers": asText((text) => text.replaceAll(/"(\d+)"/g, "$1")),
  nested: asText((text, { length }) => "[".repeat(length) + text + "]".repeat(length)),
  "an empty resource": asText((text) => JSON.stringify({ ...JSON.parse(text), resource: {} })),
};

const SIGNED = ["Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Signature", "Wechatpay-Serial"] as const;
type Names = Readonly<Record<string, string>>;
type HeaderMutation = (headers: Names, name: string, drawn: Draws, other: Names) => Names;

const HEADERS: Readonly<Record<string, HeaderMutation>> = {
  missing: (headers, name) => Object.fromEntries(Object.entries(headers).filter(([each]) => each !== name)),
  empty: (headers, name) => ({ ...headers, [name]: "" }),
  changed: (headers, name, { at }) => {
    const value = headers[name] ?? "";
    return { ...headers, [name]: changed(value, Math.floor((value.length * at) / 1_000_000)) };
  },
  twice: (headers, name) => ({ ...headers, [name]: `${headers[name]}, ${headers[name]}` }),
  swapped: (headers, name, { at }) => {
    const to = SIGNED.find((each, index) => index >= at % 4 && each !== name) ?? "Wechatpay-Nonce";
    return { ...headers, [name]: headers[to] ?? "", [to]: headers[name] ?? "" };
  },
  "of another": (headers, name, _, other) => ({ ...headers, [name]: other[name] ?? "" }),
  long: (headers, name, { length }) => ({ ...headers, [name]: (headers[name] ?? "").repeat(1 + length) }),
  shifted: (headers, _, { at }) => ({
    ...headers,
    "Wechatpay-Timestamp": String(Number(headers["Wechatpay-Timestamp"]) + 1 + at),
  }),
  padded: (headers, name, { length }) => ({ ...headers, [name]: "0".repeat(length) + headers[name] }),
  "another algorithm": (headers, _, { at }) => ({
    ...headers,
    "Wechatpay-Signature-Type": ["WECHATPAY2-SM2-WITH-SM3", "none", "HS256", "SHA1"][at % 4] ?? "",
  }),
};

const BODIES = { ...BYTES, ...JSON_MUTATIONS };

/** One callback and what becomes of it. */
const mutated = fc.oneof(
  { weight: 3, arbitrary: oneOf(BODIES).map((one) => ({ ...one, part: "body" as const })) },
  { weight: 1, arbitrary: oneOf(HEADERS).map((one) => ({ ...one, part: "headers" as const })) },
);
type Mutated = typeof mutated extends fc.Arbitrary<infer T> ? T : never;

function apply({ part, kind, base, drawn }: Mutated, callbacks: readonly SignedDelivery[]): SignedDelivery | undefined {
  const genuine = callbacks[base % callbacks.length];
  const other = callbacks[drawn.other % callbacks.length];
  if (!genuine || !other) throw new Error("no callbacks");
  const name = SIGNED[drawn.at % SIGNED.length] ?? "Wechatpay-Nonce";
  const headers = part === "headers" ? HEADERS[kind]?.(genuine.headers, name, drawn, other.headers) : genuine.headers;
  const body = Uint8Array.from((part === "body" && BODIES[kind]?.(genuine.body, drawn, other.body)) || genuine.body);
  const callback = { ...genuine, headers: headers ?? genuine.headers, body };
  return said(callback) === said(genuine) ? undefined : callback;
}

/** All that a signature covers. */
function said({ headers, body }: SignedDelivery): string {
  const received = new Headers(headers);
  return (
    [...SIGNED, "Wechatpay-Signature-Type"].map((name) => received.get(name)).join("\n") +
    new TextDecoder("latin1").decode(body)
  );
}

it("4,000 that nobody signed are turned away, each of them, and leave nothing behind", {
  timeout: CORPUS_MS,
}, async () => {
  const [shop, api] = [openShop(), openApi()];
  const callbacks: SignedDelivery[] = [];
  for (const { stage } of KINDS) {
    callbacks.push(await signedCallback({ provider: "wechat", ...(await stage(shop)).order }));
  }
  const before = [await wholeBooks(shop), await recordsOf(shop)];
  await tryMany(4000, mutated, async (one) => {
    const callback = apply(one, callbacks);
    fc.pre(callback !== undefined);
    expect(await post(callback, api)).toBe(401);
  });
  await api.idle();
  expect([await wholeBooks(shop), await recordsOf(shop)]).toEqual(before);
  for (const callback of callbacks) expect(await post(callback)).toBe(200);
});

it("500 mutations of a V2 notice, which nobody signs, change nothing", { timeout: CORPUS_MS }, async () => {
  const [shop, api] = [openShop(), openApi()];
  const genuine = await signedCallback({ provider: "wechat", ...(await V2_KIND.stage(shop)).order });
  expect(await post(genuine, api)).toBe(200);
  await api.idle();
  const before = await wholeBooks(shop);
  await tryMany(500, oneOf(BYTES), async ({ kind, drawn }) => {
    const body = Uint8Array.from(BYTES[kind]?.(genuine.body, drawn, genuine.body) ?? []);
    expect([200, 401]).toContain(await post({ ...genuine, body }, api));
  });
  await api.idle();
  expect(await wholeBooks(shop)).toEqual(before);
});

/** What is sealed in a callback. */
async function opened({ body }: SignedDelivery): Promise<unknown> {
  const { resource } = JSON.parse(new TextDecoder().decode(body));
  const encoder = new TextEncoder();
  const secret = encoder.encode(world().env.WECHAT_API_V3_KEY);
  const key = await crypto.subtle.importKey("raw", secret, "AES-GCM", false, ["decrypt"]);
  const sealed = Uint8Array.from(atob(resource.ciphertext), (character) => character.charCodeAt(0));
  const additionalData = encoder.encode(resource.associated_data);
  const text = await crypto.subtle.decrypt(
    { name: "AES-GCM", iv: encoder.encode(resource.nonce), additionalData },
    key,
    sealed,
  );
  return JSON.parse(new TextDecoder().decode(text));
}

it("600 that WeChat Pay signed, and which say what can't be, change nothing", { timeout: CORPUS_MS }, async () => {
  const [shop, api] = [openShop(), openApi()];
  const told: { readonly event: string; readonly inside: unknown }[] = [];
  for (const { stage } of KINDS) {
    const callback = await signedCallback({ provider: "wechat", ...(await stage(shop)).order });
    expect(await post(callback, api)).toBe(200);
    told.push({ event: JSON.parse(textOf(callback)).event_type, inside: await opened(callback) });
  }
  await api.idle();
  const before = await wholeBooks(shop);
  const statuses: Record<number, number> = {};
  const edits = fc.record({
    base: fc.nat(),
    at: fc.nat(),
    junk: fc.constantFrom(undefined, ...JUNK),
    envelope: fc.nat(9),
  });
  await tryMany(600, edits, async ({ base, at, junk, envelope }) => {
    const { event, inside } = told[base % told.length] ?? { event: "", inside: {} };
    const paths = pathsOf(inside);
    const plaintext = JSON.stringify(withMember(inside, paths[at % paths.length] ?? [], junk));
    const outer = ["id", "event_type", "resource"][at % 3] ?? "id";
    const order = {
      provider: "wechat",
      callback: "trade",
      event,
      plaintext,
      ...(envelope === 0 && { envelope: { [outer]: junk } }),
    };
    const status = await post(await signedCallback(order), api);
    statuses[status] = (statuses[status] ?? 0) + 1;
    expect([200, 401]).toContain(status);
  });
  await api.idle();
  expect(statuses).toEqual({ 200: expect.any(Number), 401: expect.any(Number) });
  expect(await wholeBooks(shop)).toEqual(before);
});
