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
  publicKeySigner,
} from "../support/certificates.ts";
import { makeKeyPair, testKeys } from "../support/keys.ts";
import { errorReply, signedReply } from "../support/wechat.ts";
import { timing } from "../support/wechat-client.ts";

let oldOne: Issued;
let newOne: Issued;
let publicKey: Issued;
beforeAll(async () => {
  oldOne = { serial: OLD_SERIAL, key: await makeKeyPair() };
  newOne = { serial: NEW_SERIAL, key: await makeKeyPair() };
  publicKey = publicKeySigner((await testKeys()).platform);
});

const at = (milliseconds: number) => timing({ now: () => NOW + milliseconds });

async function receives(client: WechatClient, signer: Issued, after = 0): Promise<boolean> {
  return (await client.verifyCallback(await callbackBy(signer, NOW + after), NOW + after)).verified;
}

/**
 * Callbacks that come in at the same time, each under a serial of its own that nobody ever used. The serial is no part
 * of what is signed, so one signature does for all.
 */
async function forgeries(client: WechatClient, count: number, after = 0): Promise<readonly boolean[]> {
  const { headers: signed, body } = await callbackBy(newOne, NOW + after);
  const verdicts = Array.from({ length: count }, (_, index) => {
    const headers = new Headers(signed);
    headers.set("Wechatpay-Serial", `ABCDEF${String(index).padStart(4, "0")}`);
    return client.verifyCallback({ headers, body }, NOW + after);
  });
  return (await Promise.all(verdicts)).map(({ verified }) => verified);
}

/** Opens a gate that answers wait for. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: () => resolve() };
}

describe("callbacks under unknown serials", () => {
  test("cause one download, fifty at the same time, before there is any list", async () => {
    const { client, platform } = await openWorld([oldOne]);
    const genuine = [1, 2, 3].map(() => receives(client, oldOne));
    const forged = forgeries(client, 50);
    expect(await forged).toEqual(Array(50).fill(false));
    expect(await Promise.all(genuine)).toEqual([true, true, true]);
    expect(platform.downloads).toBe(1);
  });

  test("cause one download, fifty at the same time, each ten minutes", async () => {
    const { client, platform } = await openWorld([oldOne]);
    await receives(client, oldOne);
    for (let minutes = 10; minutes < 30; minutes += 4) {
      platform.now = NOW + minutes * MINUTE;
      expect(await forgeries(client, 50, minutes * MINUTE)).toEqual(Array(50).fill(false));
    }
    expect(platform.downloads).toBe(3);
  });

  test("cause none when no certificate can have such a serial, or the signature can't be one", async () => {
    const { client, platform } = await openWorld([oldOne]);
    for (const serial of ["PUB_KEY_ID_999", "not hex", "A".repeat(41)]) {
      expect(await receives(client, { ...newOne, serial })).toBe(false);
    }
    const probe = await callbackBy(newOne, NOW);
    probe.headers.set("Wechatpay-Signature", "WECHATPAY/SIGNTEST/?");
    expect(await client.verifyCallback(probe, NOW)).toMatchObject({ verified: false, reason: "bad_signature" });
    expect(platform.downloads).toBe(0);
  });

  test("don't keep a new certificate out for long when the download fails", async () => {
    const { client, platform } = await openWorld([oldOne]);
    await receives(client, oldOne);
    platform.now = NOW + 11 * MINUTE;
    platform.listAnswer = () => errorReply(400, "PARAM_ERROR");
    expect(await forgeries(client, 50, 11 * MINUTE)).toEqual(Array(50).fill(false));
    expect(platform.downloads).toBe(2);
    Object.assign(platform, { listAnswer: undefined, certificates: [oldOne, newOne] });
    expect(await receives(client, newOne, 11.5 * MINUTE)).toBe(true);
  });

  test("wait for the download that another call has begun", async () => {
    const { client, platform } = await openWorld([oldOne]);
    const { passed, open } = gate();
    platform.listAnswer = async () => {
      await passed;
      return signedReply(await listBody([oldOne]), 200, oldOne);
    };
    const first = receives(client, oldOne);
    const second = receives(client, oldOne);
    setTimeout(open, 60);
    expect(await Promise.all([first, second])).toEqual([true, true]);
    expect(platform.downloads).toBe(1);
  });

  test("wait no longer than they have time, when whoever downloads never comes back", async () => {
    const { client, platform } = await openWorld([oldOne]);
    const { passed, open } = gate();
    platform.listAnswer = async () => {
      await passed;
      return notFound();
    };
    const stuck = client.call({ method: "GET", path: "/" }, at(0));
    const start = Date.now();
    const waiting = await client.call({ method: "GET", path: "/" }, timing({ signal: AbortSignal.timeout(100) }));
    expect(waiting).toMatchObject({ kind: "unknown", cause: "unverified" });
    expect(Date.now() - start).toBeLessThan(2000);
    open();
    await stuck;
  });
});

describe("with a public key", () => {
  test.each<readonly [string, () => Promise<Response> | Response]>([
    ["404", notFound],
    ["an empty list", () => signedReply({ data: [] })],
  ])("a merchant without certificates (%s) is asked about them now and then only", async (_, listAnswer) => {
    const { client, platform } = await openWorld([publicKey], { publicKey: true });
    platform.listAnswer = listAnswer;
    for (let minutes = 0; minutes < 60; minutes += 1) await client.renewKeys(at(minutes * MINUTE));
    expect(platform.downloads).toBe(1);
    expect(await receives(client, publicKey, HOUR)).toBe(true);
    expect(await client.call({ method: "GET", path: "/" }, at(0))).toMatchObject({ kind: "success" });
    expect(platform.downloads).toBe(1);
  });

  test("nothing is downloaded as long as nothing else signs", async () => {
    const { client, platform } = await openWorld([publicKey], { publicKey: true });
    expect(await receives(client, publicKey)).toBe(true);
    expect(await client.call({ method: "GET", path: "/" }, at(0))).toMatchObject({ kind: "success" });
    expect(platform.downloads).toBe(0);
  });

  test("replies signed by a certificate verify, as those do before the merchant has turned the switch", async () => {
    const { client, platform } = await openWorld([oldOne], { publicKey: true });
    expect(await client.call({ method: "GET", path: "/" }, at(0))).toMatchObject({ kind: "success", sends: 1 });
    expect(platform.downloads).toBe(1);
  });

  test("callbacks of both kinds verify while a merchant moves from one to the other", async () => {
    const { client, platform } = await openWorld([oldOne], { publicKey: true });
    for (const signer of [publicKey, oldOne, publicKey, oldOne]) expect(await receives(client, signer)).toBe(true);
    expect(await receives(client, { ...publicKey, key: oldOne.key })).toBe(false);
    expect(await receives(client, { ...oldOne, key: publicKey.key })).toBe(false);
    expect(platform.downloads).toBe(1);
  });

  test("certificates are given up when a signed list names none, not when an unsigned error says so", async () => {
    const { client, platform } = await openWorld([oldOne], { publicKey: true });
    await receives(client, oldOne);
    platform.listAnswer = notFound;
    expect(await receives(client, oldOne, 6 * HOUR)).toBe(true);
    platform.listAnswer = () => signedReply({ data: [] }, 200, { at: NOW + 12 * HOUR });
    expect(await receives(client, oldOne, 12 * HOUR)).toBe(false);
  });
});
