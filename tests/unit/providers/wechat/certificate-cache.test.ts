import { beforeAll, expect, test } from "vitest";
import type { TextCache } from "../../../../src/providers/exchange.ts";
import type { WechatClient } from "../../../../src/providers/wechat/client.ts";
import { NOW } from "../support/calls.ts";
import {
  callbackBy,
  HOUR,
  type Issued,
  listBody,
  MINUTE,
  memoryCache,
  NEW_SERIAL,
  notFound,
  OLD_SERIAL,
  openWorld,
  publicKeySigner,
} from "../support/certificates.ts";
import { makeKeyPair, testKeys } from "../support/keys.ts";
import { MCH_ID } from "../support/wechat.ts";
import { timing } from "../support/wechat-client.ts";

let oldOne: Issued;
let newOne: Issued;
beforeAll(async () => {
  oldOne = { serial: OLD_SERIAL, key: await makeKeyPair() };
  newOne = { serial: NEW_SERIAL, key: await makeKeyPair() };
});

const at = (milliseconds: number) => timing({ now: () => NOW + milliseconds });

async function receives(client: WechatClient, signer: Issued, after = 0): Promise<boolean> {
  return (await client.verifyCallback(await callbackBy(signer, NOW + after), NOW + after)).verified;
}

/** What the cache holds of a list. */
function kept(body: string, downloadedAt = NOW): string {
  return JSON.stringify({ body, downloadedAt });
}

test("one isolate downloads for all, and for less than twelve hours", async () => {
  const cache = memoryCache();
  const { client, anotherClient, platform } = await openWorld([oldOne], { cache });
  expect(await receives(client, oldOne)).toBe(true);
  for (let isolates = 0; isolates < 5; isolates += 1) expect(await receives(anotherClient(), oldOne)).toBe(true);
  await anotherClient().renewKeys(at(0));
  expect(platform.downloads).toBe(1);
  expect([...cache.texts.keys()]).toEqual([`wechat/platform-certificates/${MCH_ID}`]);
  for (const ttl of cache.ttls) expect(ttl).toBeLessThanOrEqual(6 * 3600);
});

test("what is kept is the list as it came in, which shows nothing without the APIv3 key", async () => {
  const cache = memoryCache();
  const { client } = await openWorld([oldOne], { cache });
  await client.renewKeys(at(0));
  const [text = ""] = cache.texts.values();
  const { body, downloadedAt } = JSON.parse(text);
  expect(downloadedAt).toBe(NOW);
  expect(JSON.parse(body).data[0]).toHaveProperty("encrypt_certificate.ciphertext");
  expect(text).not.toContain("CERTIFICATE");
});

test("an unknown serial is looked for there before anything is downloaded", async () => {
  const cache = memoryCache();
  const { client, anotherClient, platform } = await openWorld([oldOne], { cache });
  const early = anotherClient();
  expect(await receives(early, oldOne)).toBe(true);
  platform.certificates = [oldOne, newOne];
  platform.now = NOW + 11 * MINUTE;
  cache.texts.clear();
  await client.renewKeys(at(11 * MINUTE));
  expect(platform.downloads).toBe(2);
  expect(await receives(early, newOne, 11 * MINUTE)).toBe(true);
  expect(platform.downloads).toBe(2);
});

test("forged callbacks cause one download each ten minutes, however many isolates get them", async () => {
  const cache = memoryCache();
  const { anotherClient, platform } = await openWorld([oldOne], { cache });
  const flood = async (minutes: number) => {
    platform.now = NOW + minutes * MINUTE;
    for (let isolates = 0; isolates < 20; isolates += 1) {
      expect(await receives(anotherClient(), newOne, minutes * MINUTE)).toBe(false);
    }
  };
  await flood(0);
  await flood(9);
  expect(platform.downloads).toBe(1);
  await flood(10);
  expect(platform.downloads).toBe(2);
});

test("a new certificate is downloaded at once by an isolate that has just taken an older list", async () => {
  const cache = memoryCache();
  const { client, anotherClient, platform } = await openWorld([oldOne], { cache });
  await client.renewKeys(at(0));
  const late = anotherClient();
  platform.now = NOW + 11 * MINUTE;
  expect(await receives(late, oldOne, 11 * MINUTE)).toBe(true);
  expect(platform.downloads).toBe(1);
  platform.certificates = [oldOne, newOne];
  expect(await receives(late, newOne, 11 * MINUTE)).toBe(true);
  expect(platform.downloads).toBe(2);
});

test("a list is as old as its download, wherever it was kept meanwhile", async () => {
  const cache = memoryCache();
  const { client, anotherClient, platform } = await openWorld([oldOne], { cache });
  await client.renewKeys(at(0));
  const late = anotherClient();
  expect(await receives(late, oldOne, 4.9 * HOUR)).toBe(true);
  expect(platform.downloads).toBe(1);
  platform.now = NOW + 5.1 * HOUR;
  await late.renewKeys(at(5.1 * HOUR));
  expect(platform.downloads).toBe(2);
});

test("a merchant with the public key only is asked once for all isolates", async () => {
  const cache = memoryCache();
  const { anotherClient, platform } = await openWorld([publicKeySigner((await testKeys()).platform)], {
    publicKey: true,
    cache,
  });
  platform.listAnswer = notFound;
  for (let minutes = 0; minutes < 60; minutes += 1) await anotherClient().renewKeys(at(minutes * MINUTE));
  expect(platform.downloads).toBe(1);
});

test.each([
  ["nonsense", "nonsense"],
  ["an empty list", kept('{"data":[]}')],
  ["a list without its time", '{"data":[]}'],
  ["somebody else's list", undefined],
])("%s in its place is overlooked and replaced", async (_, poison) => {
  const cache = memoryCache();
  const { client, platform } = await openWorld([oldOne], { cache });
  const forged = { ...newOne, serial: OLD_SERIAL, sealedWith: "k".repeat(32) };
  const name = `wechat/platform-certificates/${MCH_ID}`;
  cache.texts.set(name, poison ?? kept(JSON.stringify(await listBody([forged]))));
  expect(await receives(client, forged)).toBe(false);
  expect(await receives(client, oldOne)).toBe(true);
  expect(platform.downloads).toBe(1);
  expect(cache.texts.get(name)).toContain(OLD_SERIAL);
});

test("a list of the future keeps no new certificate out", async () => {
  const cache = memoryCache();
  const { client, platform } = await openWorld([oldOne, newOne], { cache });
  const future = kept(JSON.stringify(await listBody([oldOne])), NOW + HOUR);
  cache.texts.set(`wechat/platform-certificates/${MCH_ID}`, future);
  expect(await receives(client, newOne)).toBe(true);
  expect(platform.downloads).toBe(1);
});

test("poison does not drive out what an isolate knows already", async () => {
  const cache = memoryCache();
  const { client, platform } = await openWorld([oldOne], { cache });
  expect(await receives(client, oldOne)).toBe(true);
  for (const key of cache.texts.keys()) cache.texts.set(key, kept('{"data":[]}', NOW + 6 * HOUR));
  platform.listAnswer = notFound;
  expect(await receives(client, oldOne, 6 * HOUR)).toBe(true);
});

const FAULTS: readonly (readonly [string, TextCache["get"]])[] = [
  ["fails", () => Promise.reject(new Error("KV is down"))],
  [
    "throws",
    () => {
      throw new Error("KV is down");
    },
  ],
];

test.each(FAULTS)("a cache that %s is like none", async (_, fault) => {
  const { client } = await openWorld([oldOne], { cache: { get: fault, put: async () => void (await fault("")) } });
  expect(await receives(client, oldOne)).toBe(true);
});

test("a cache that never answers is waited for a moment only", async () => {
  const never = () => new Promise<never>(() => {});
  const { client } = await openWorld([oldOne], { cache: { get: never, put: never } });
  const start = Date.now();
  expect(await receives(client, oldOne)).toBe(true);
  expect(Date.now() - start).toBeLessThan(1500);
});
