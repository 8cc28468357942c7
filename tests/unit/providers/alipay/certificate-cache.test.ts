import { expect, test } from "vitest";
import type { AlipayClient } from "../../../../src/providers/alipay/client.ts";
import type { TextCache } from "../../../../src/providers/exchange.ts";
import { ALIPAY_APP_ID, PAYMENT_NOTICE } from "../support/alipay.ts";
import { authorities, SERIALS, snOf } from "../support/alipay-certificates.ts";
import {
  CLASS_1,
  DOWNLOAD,
  fileReply,
  NEXT_SN,
  nextCertificate,
  nextKey,
  openWorld,
  renew,
} from "../support/alipay-world.ts";
import { NOW } from "../support/calls.ts";
import { memoryCache } from "../support/certificates.ts";
import type { TestKeyPair } from "../support/keys.ts";

const MINUTE = 60_000;

/** Whether a client takes a notice that this key has signed, and that names no certificate. */
async function receives(client: AlipayClient, key: TestKeyPair, at = NOW): Promise<boolean> {
  const content = Object.entries(PAYMENT_NOTICE).map(([name, value]) => `${name}=${value}`);
  const sign = await key.sign(content.sort().join("&"));
  const body = new URLSearchParams({ ...PAYMENT_NOTICE, sign, sign_type: "RSA2" }).toString();
  return (await client.verifyNotice(new TextEncoder().encode(body), at)).verified;
}

/** A shop whose cache has the certificate that Alipay has renewed. */
async function renewedWorld(cache = memoryCache()) {
  const opened = await openWorld({ cache });
  await renew(opened.world);
  expect(await opened.query()).toMatchObject({ kind: "success" });
  return { ...opened, cache };
}

test("a notice that names none is verified by a certificate that another isolate has downloaded", async () => {
  const { anotherClient, downloads } = await renewedWorld();
  const key = await nextKey();
  for (let isolates = 0; isolates < 3; isolates += 1) expect(await receives(anotherClient(), key)).toBe(true);
  expect(downloads()).toBe(1);
});

test("several at once in an isolate that has just begun, too", async () => {
  const { anotherClient } = await renewedWorld();
  const [client, key] = [anotherClient(), await nextKey()];
  expect(await Promise.all([1, 2, 3].map(() => receives(client, key)))).toEqual([true, true, true]);
});

test("an isolate that has run for longer looks again after a minute", async () => {
  const cache = memoryCache();
  const { world, anotherClient, query } = await openWorld({ cache });
  const [older, key] = [anotherClient(), await nextKey()];
  expect(await receives(older, key)).toBe(false);
  await renew(world);
  await query();
  expect(await receives(older, key, NOW + MINUTE - 1)).toBe(false);
  expect(await receives(older, key, NOW + MINUTE)).toBe(true);
});

test("a reply that names one known to another isolate causes no download", async () => {
  const { anotherClient, query, downloads } = await renewedWorld();
  expect(await query(anotherClient())).toMatchObject({ kind: "success" });
  expect(downloads()).toBe(1);
});

test("they are kept for as long as they are in their time, several beside each other", async () => {
  const { world, anotherClient, query, cache } = await renewedWorld();
  expect([...cache.texts.keys()]).toEqual([`alipay/certificates/${ALIPAY_APP_ID}`]);
  const lifetime = (Date.parse("2035-01-01T00:00:00Z") - NOW) / 1000;
  expect(cache.ttls).toEqual([lifetime]);
  const serial = SERIALS.next + 2n;
  await renew(world, snOf((await authorities()).class2.name, serial));
  world.download = async () => fileReply(await nextCertificate({ serial, notAfter: "271122020000Z" }));
  world.now = NOW + MINUTE;
  expect(await query()).toMatchObject({ kind: "success" });
  expect(cache.ttls).toEqual([lifetime, lifetime - 60]);
  const [text = ""] = cache.texts.values();
  expect(JSON.parse(text)).toHaveLength(2);
  expect(await query(anotherClient())).toMatchObject({ kind: "success" });
});

test("one that has lapsed does not count, whoever kept it", async () => {
  const cache = memoryCache();
  const { world, anotherClient, query } = await openWorld({ cache });
  await renew(world);
  world.download = async () => fileReply(await nextCertificate({ notAfter: "261122030000Z" }));
  expect(await query()).toMatchObject({ kind: "success" });
  expect(await receives(anotherClient(), await nextKey(), NOW + 59 * MINUTE)).toBe(true);
  expect(await receives(anotherClient(), await nextKey(), NOW + 61 * MINUTE)).toBe(false);
});

test("what can't be trusted is not kept", async () => {
  const cache = memoryCache();
  const { world, query } = await openWorld({ cache });
  await renew(world, snOf(CLASS_1, SERIALS.next));
  const { class1, class1Pem } = await authorities();
  world.download = async () => fileReply((await nextCertificate({ issuer: class1 })) + class1Pem);
  expect(await query()).toMatchObject({ kind: "unknown", cause: "unverified" });
  expect(cache.texts.size).toBe(0);
});

test("whoever can write to the cache can bring in no key", async () => {
  const key = await nextKey();
  const { class1, class1Pem } = await authorities();
  const forged = [
    await nextCertificate({ issuer: { name: CLASS_1, key } }),
    (await nextCertificate({ issuer: class1 })) + class1Pem,
    "no certificate",
  ].map(
    (pem) => pem.match(/(?<=-----BEGIN CERTIFICATE-----)[^-]+/g)?.map((block) => block.replaceAll(/\s/g, "")) ?? [pem],
  );
  for (const text of [JSON.stringify(forged), "null", "[[]]", '[["AAAA"]]', "{}", "?"]) {
    const cache = memoryCache();
    cache.texts.set(`alipay/certificates/${ALIPAY_APP_ID}`, text);
    const { anotherClient, query } = await openWorld({ cache });
    expect(await receives(anotherClient(), key)).toBe(false);
    expect(await query()).toMatchObject({ kind: "success" });
  }
});

const FAULTS: readonly (readonly [string, TextCache["get"]])[] = [
  ["fails", () => Promise.reject(new Error("no KV"))],
  [
    "throws",
    () => {
      throw new Error("no KV");
    },
  ],
  ["never answers", () => new Promise(() => {})],
];

test.each(FAULTS)("a cache that %s is like none", async (_, get) => {
  const put: TextCache["put"] = () => Promise.reject(new Error("no KV"));
  const { world, query, downloads, sent } = await openWorld({ cache: { get, put } });
  await renew(world);
  expect(await query()).toMatchObject({ kind: "success" });
  expect(downloads()).toBe(1);
  expect(sent.at(-1)?.url.searchParams.get("method")).toBe(DOWNLOAD);
  expect(world.sn).toBe(NEXT_SN);
});
