/** Thousands of mutated notices of Alipay: whatever becomes of them on their way, and whatever is signed in earnest. */
import fc from "fast-check";
import { afterAll, beforeEach, expect, it } from "vitest";
import { openApi } from "./api/support.ts";
import { startAfresh } from "./support/afresh.ts";
import { KINDS, type Subject, signedAnew } from "./support/alipay-subjects.ts";
import type { SignedDelivery } from "./support/controls.ts";
import { CORPUS_MS, JUNK, recordsOf, statusOf, tryMany, wholeBooks } from "./support/corpus.ts";
import { textOf } from "./support/hostile.ts";
import { asText, BYTES, type Draws, type Mutation, oneOf } from "./support/mutations.ts";
import { openShop, type Shop } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const post = (callback: SignedDelivery, api = openApi()) => statusOf(api, "alipay", callback);

/** Changes the pairs of a form, of which one is drawn. */
const asPairs = (change: (pairs: readonly string[], at: number, drawn: Draws) => readonly string[]): Mutation =>
  asText((text, drawn) => {
    const pairs = text.split("&");
    return change(pairs, drawn.at % pairs.length, drawn).join("&");
  });
const nameOf = (pair: string) => pair.slice(0, pair.indexOf("="));
const textBehind = (pair: string) => pair.slice(pair.indexOf("=") + 1);
const put = (pairs: readonly string[], at: number, ...mine: readonly string[]) => [
  ...pairs.slice(0, at),
  ...mine,
  ...pairs.slice(at + 1),
];

const FORMS: Readonly<Record<string, Mutation>> = {
  "a field missing": asPairs((pairs, at) => put(pairs, at)),
  "a field twice": asPairs((pairs, at) => [...pairs, pairs[at] ?? ""]),
  "a field twice, differing": asPairs((pairs, at, { length }) => [`${nameOf(pairs[at] ?? "")}=${length}`, ...pairs]),
  "a field emptied": asPairs((pairs, at) => put(pairs, at, `${nameOf(pairs[at] ?? "")}=`)),
  "a field renamed": asPairs((pairs, at) =>
    put(pairs, at, `${nameOf(pairs[at] ?? "").toUpperCase()}=${textBehind(pairs[at] ?? "")}`),
  ),
  "a list": asPairs((pairs, at) => put(pairs, at, `${nameOf(pairs[at] ?? "")}[]=${textBehind(pairs[at] ?? "")}`)),
  "a value of another field": asPairs((pairs, at, { to }) =>
    put(pairs, at, `${nameOf(pairs[at] ?? "")}=${textBehind(pairs[to % pairs.length] ?? "")}`),
  ),
  "a value as a number": asPairs((pairs, at, { to }) => put(pairs, at, `${nameOf(pairs[at] ?? "")}=${to}`)),
  "encoded twice": asPairs((pairs, at) =>
    put(pairs, at, `${nameOf(pairs[at] ?? "")}=${encodeURIComponent(textBehind(pairs[at] ?? ""))}`),
  ),
  "a prototype": asPairs((pairs) => ["__proto__=1", "constructor=2", ...pairs]),
  "another algorithm": asPairs((pairs, at) => [
    ...pairs.filter((pair) => nameOf(pair) !== "sign_type"),
    `sign_type=${["RSA", "MD5", "HMAC", "none"][at % 4]}`,
  ]),
  "another charset": asPairs((pairs, at) =>
    pairs.map((pair) => (nameOf(pair) === "charset" ? `charset=${["GBK", "utf-7", "utf-16"][at % 3]}` : pair)),
  ),
  "fields in one": asPairs((pairs, at) => [[...pairs.slice(0, at)].join("%26"), ...pairs.slice(at)]),
  semicolons: asText((text) => text.replaceAll("&", ";")),
  "as JSON": asText((text) => JSON.stringify(Object.fromEntries(new URLSearchParams(text)))),
  "another order": asPairs((pairs, at) => [...pairs.slice(at), ...pairs.slice(0, at)]),
  "encoded another way": asText((text) => text.replaceAll("+", "%20").replaceAll(/%../g, (hex) => hex.toLowerCase())),
};

const MUTATIONS = { ...BYTES, ...FORMS };

const bytesOf = (part: string) =>
  part.replaceAll("+", " ").replaceAll(/%(..)/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));

/** What a signature covers, and the signature: forms that agree in it say the same. Undefined for what is no form. */
function said({ body }: SignedDelivery): string | undefined {
  const text = new TextDecoder("latin1").decode(body);
  try {
    const fields = text.split("&").map((pair) => {
      if (!pair.includes("=") || /%(?![0-9A-Fa-f]{2})/.test(pair)) throw new Error("no form");
      return [nameOf(pair), textBehind(pair)].map((part) => bytesOf(part));
    });
    const covered = fields.filter(([name, value]) => value !== "" && name !== "sign_type" && name !== "alipay_cert_sn");
    return covered
      .map((field) => field.join("="))
      .sort()
      .join("&");
  } catch {
    return undefined;
  }
}

async function stagedOf(shop: Shop): Promise<Subject[]> {
  const subjects: Subject[] = [];
  for (const { stage } of KINDS) subjects.push(await stage(shop));
  return subjects;
}

it("4,500 that nobody signed are turned away, each of them, and leave nothing behind", {
  timeout: CORPUS_MS,
}, async () => {
  const [shop, api] = [openShop(), openApi()];
  const notices = (await stagedOf(shop)).map(({ genuine }) => genuine);
  const before = [await wholeBooks(shop), await recordsOf(shop)];
  await tryMany(4500, oneOf(MUTATIONS), async ({ kind, base, drawn }) => {
    const genuine = notices[base % notices.length];
    const other = notices[drawn.other % notices.length];
    if (!genuine || !other) throw new Error("no notices");
    const body = Uint8Array.from(MUTATIONS[kind]?.(genuine.body, drawn, other.body) ?? []);
    const notice = { ...genuine, body };
    const isSame = said(notice) === said(genuine) || said(notice) === said(other);
    fc.pre(!isSame);
    expect(await post(notice, api)).toBe(401);
  });
  await api.idle();
  expect([await wholeBooks(shop), await recordsOf(shop)]).toEqual(before);
  for (const notice of notices) expect(await post(notice)).toBe(200);
});

/** Of a refund that nobody knows, and of which the notice does not say how much it was, Alipay has to be asked. */
const MAY_COME_AGAIN: ReadonlySet<string> = new Set(["out_biz_no"]);

it("600 that Alipay signed, and which say what can't be, change nothing", { timeout: CORPUS_MS }, async () => {
  const [shop, api] = [openShop(), openApi()];
  const subjects = await stagedOf(shop);
  for (const { genuine } of subjects) expect(await post(genuine, api)).toBe(200);
  await api.idle();
  const before = await wholeBooks(shop);
  const statuses: Record<number, number> = {};
  const texts = JUNK.filter((junk) => junk === null || typeof junk === "string");
  const edits = fc.record({
    base: fc.nat(),
    at: fc.nat(),
    junk: fc.constantFrom(...texts),
    more: fc.constantFrom({}, { __proto__x: "1" }),
  });
  await tryMany(600, edits, async ({ base, at, junk, more }) => {
    const subject = subjects[base % subjects.length];
    if (!subject) throw new Error("no subject");
    const names = [...new URLSearchParams(textOf(subject.genuine)).keys()].filter((name) => !name.startsWith("sign"));
    const name = names[at % names.length] ?? "";
    const status = await post(await signedAnew(subject, { fields: { [name]: junk, ...more } }), api);
    statuses[status] = (statuses[status] ?? 0) + 1;
    expect(MAY_COME_AGAIN.has(name) ? [200, 401, 500] : [200, 401], name).toContain(status);
  });
  await api.idle();
  expect(statuses).toMatchObject({ 200: expect.any(Number), 401: expect.any(Number) });
  expect(await wholeBooks(shop)).toEqual(before);
});
