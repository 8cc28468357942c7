import { beforeAll, describe, expect, test } from "vitest";
import type { WechatClient } from "../../../../src/providers/wechat/client.ts";
import { NOW } from "../support/calls.ts";
import {
  callbackBy,
  HOUR,
  type Issued,
  listBody,
  MINUTE,
  NEW_SERIAL,
  notFound,
  OLD_SERIAL,
  openWorld,
  type Platform,
} from "../support/certificates.ts";
import { makeKeyPair, type TestKeyPair } from "../support/keys.ts";
import { errorReply, signedReply } from "../support/wechat.ts";
import { timing } from "../support/wechat-client.ts";

const CALL = { method: "GET", path: "/v3/pay/transactions/id/1?mchid=1" } as const;

let oldOne: Issued;
let newOne: Issued;
beforeAll(async () => {
  oldOne = { serial: OLD_SERIAL, key: await makeKeyPair() };
  newOne = { serial: NEW_SERIAL, key: await makeKeyPair() };
});

/** Lets WeChat Pay and the shop's clock go on to a time after the start. */
function goOn(platform: Platform, milliseconds: number): void {
  platform.now = NOW + milliseconds;
}

async function callIn(platform: Platform, client: WechatClient) {
  return client.call(CALL, timing({ now: () => platform.now }));
}

async function receives(platform: Platform, client: WechatClient, signer: Issued) {
  return client.verifyCallback(await callbackBy(signer, platform.now), platform.now);
}

const VERIFIED = { verified: true };
const UNKNOWN = { verified: false, reason: "unknown_serial" };

describe("without a public key", () => {
  test("certificates are fetched once and then kept, old and new ones", async () => {
    const { client, platform } = await openWorld([oldOne, newOne]);
    for (const signer of [oldOne, newOne, oldOne]) {
      platform.signer = signer;
      expect(await callIn(platform, client)).toMatchObject({ kind: "success", sends: 1 });
    }
    expect(platform.downloads).toBe(1);
  });

  test("a new certificate is found when it is first seen", async () => {
    const { client, platform } = await openWorld([oldOne]);
    await callIn(platform, client);
    platform.certificates = [oldOne, newOne];
    goOn(platform, 11 * MINUTE);
    expect(await receives(platform, client, newOne)).toEqual(VERIFIED);
    expect(platform.downloads).toBe(2);
  });

  test("a certificate that has ended signs nothing any more, from that very moment on", async () => {
    const ending = { ...oldOne, notAfter: "261122030000Z" };
    const { client, platform } = await openWorld([ending, newOne]);
    goOn(platform, HOUR - 1000);
    expect(await receives(platform, client, ending)).toEqual(VERIFIED);
    goOn(platform, HOUR);
    expect(await receives(platform, client, ending)).toMatchObject(UNKNOWN);
    expect(await receives(platform, client, newOne)).toEqual(VERIFIED);
  });

  const VOID: readonly (readonly [string, (platform: Platform) => void])[] = [
    ["gives a certificate another serial", (platform) => list(platform, { namedAs: NEW_SERIAL })],
    ["was encrypted under another key", (platform) => list(platform, { sealedWith: "k".repeat(32) })],
    ["holds text with a certificate in it", (platform) => list(platform, { disguise: (pem) => `{"attach":"${pem}"}` })],
    ["holds no certificate", (platform) => list(platform, { disguise: () => "-----BEGIN CERTIFICATE-----" })],
    ["somebody else signed", (platform) => Object.assign(platform, { signer: { ...newOne, serial: OLD_SERIAL } })],
    ["nobody signed", (platform) => reply(platform, async () => Response.json(await listBody([oldOne])))],
    ["is no list", (platform) => reply(platform, () => signedReply({ list: [] }, 200, oldOne))],
  ];

  test.each(VOID)("a list that %s is void", async (_, spoil) => {
    const { client, platform } = await openWorld([oldOne]);
    spoil(platform);
    expect(await receives(platform, client, oldOne)).toMatchObject(UNKNOWN);
  });

  const ODD: readonly (readonly [string, () => Promise<unknown>])[] = [
    ["an elliptic curve", async () => (await listBody([{ ...newOne, key: await curve() }])).data[0]],
    ["a key that is too short", async () => (await listBody([{ ...newOne, key: await makeKeyPair(1024) }])).data[0]],
    ["another encryption", async () => withAlgorithm((await listBody([newOne])).data[0], "AEAD_SM4_GCM")],
  ];

  test.each(ODD)("a certificate of %s is passed over, whatever stands beside it", async (_, makeEntry) => {
    const { client, platform } = await openWorld([oldOne]);
    const data = [await makeEntry(), ...(await listBody([oldOne])).data];
    reply(platform, () => signedReply({ data }, 200, oldOne));
    expect(await receives(platform, client, oldOne)).toEqual(VERIFIED);
    expect(await receives(platform, client, newOne)).toMatchObject(UNKNOWN);
  });

  test("a reply counts once its certificate has been fetched within the same call", async () => {
    const { client, platform } = await openWorld([oldOne]);
    reply(platform, () => errorReply(400, "PARAM_ERROR"));
    expect(await callIn(platform, client)).toMatchObject({ kind: "unknown", cause: "unverified", sends: 2 });
    platform.listAnswer = undefined;
    goOn(platform, MINUTE);
    expect(await callIn(platform, client)).toMatchObject({ kind: "success", sends: 1 });
  });

  test("no certificates at all are tried for again soon", async () => {
    const { client, platform } = await openWorld([oldOne]);
    reply(platform, notFound);
    expect(await receives(platform, client, oldOne)).toMatchObject(UNKNOWN);
    platform.listAnswer = undefined;
    goOn(platform, MINUTE);
    expect(await receives(platform, client, oldOne)).toEqual(VERIFIED);
  });
});

describe("a list that is some hours old", () => {
  test("is renewed on schedule, not sooner", async () => {
    const { client, platform } = await openWorld([oldOne]);
    for (let minutes = 0; minutes <= 12 * 60; minutes += 1) {
      goOn(platform, minutes * MINUTE);
      await client.renewKeys(timing({ now: () => platform.now }));
    }
    expect(platform.downloads).toBeGreaterThan(1);
    expect(platform.downloads).toBeLessThanOrEqual(4);
  });

  test("is renewed when it is used, and what vanished from it is dropped", async () => {
    const { client, platform } = await openWorld([oldOne, newOne]);
    expect(await receives(platform, client, oldOne)).toEqual(VERIFIED);
    Object.assign(platform, { certificates: [newOne], signer: newOne });
    goOn(platform, 6 * HOUR);
    expect(await receives(platform, client, oldOne)).toMatchObject(UNKNOWN);
    expect(await receives(platform, client, newOne)).toEqual(VERIFIED);
  });

  test.each<readonly [string, () => Response | Promise<Response>]>([
    ["an error", () => errorReply(400, "PARAM_ERROR")],
    ["a claim that there are none", notFound],
    ["an empty list", () => signedReply({ data: [] }, 200, { ...oldOne, at: NOW + 6 * HOUR })],
    ["a false signature", () => Response.json({ data: [] })],
  ])("stays in use when its renewal ends in %s", async (_, listAnswer) => {
    const { client, platform } = await openWorld([oldOne]);
    await callIn(platform, client);
    goOn(platform, 6 * HOUR);
    reply(platform, listAnswer);
    expect(await receives(platform, client, oldOne)).toEqual(VERIFIED);
    expect(platform.downloads).toBeGreaterThan(1);
  });
});

/** A key pair that is in a certificate only. */
async function curve(): Promise<TestKeyPair> {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  return { ...oldOne.key, spki: new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey)) };
}

function withAlgorithm(entry: unknown, algorithm: string): unknown {
  return JSON.parse(JSON.stringify(entry).replace("AEAD_AES_256_GCM", algorithm));
}

function list(platform: Platform, changes: Partial<Issued>): void {
  platform.certificates = [{ ...oldOne, ...changes }];
}

function reply(platform: Platform, listAnswer: () => Response | Promise<Response>): void {
  platform.listAnswer = listAnswer;
}
