import { beforeAll, describe, expect, test } from "vitest";
import { NOW } from "../support/calls.ts";
import { type Issued, MINUTE, NEW_SERIAL, OLD_SERIAL, openWorld } from "../support/certificates.ts";
import { makeKeyPair, openOaep, sealOaep, testKeys } from "../support/keys.ts";
import { errorReply, PUBLIC_KEY_ID } from "../support/wechat.ts";
import { timing } from "../support/wechat-client.ts";

let oldOne: Issued;
let newOne: Issued;
beforeAll(async () => {
  oldOne = { serial: OLD_SERIAL, key: await makeKeyPair() };
  newOne = { serial: NEW_SERIAL, key: await makeKeyPair() };
});

const at = (milliseconds: number) => timing({ now: () => NOW + milliseconds });

describe("the key to encrypt with", () => {
  test("is the public key where there is one", async () => {
    const { client, platform } = await openWorld([oldOne], { publicKey: true });
    expect(await client.encryptionKey(at(0))).toMatchObject({ serial: PUBLIC_KEY_ID });
    expect(platform.downloads).toBe(0);
  });

  test("is else the certificate that took effect last, whatever the list's order", async () => {
    const first = { ...oldOne, notBefore: "230101000000Z" };
    const second = { ...newOne, notBefore: "260101000000Z" };
    const tomorrow = { ...oldOne, serial: "ABCDEF01", notBefore: "261124000000Z" };
    const ended = { ...oldOne, serial: "ABCDEF02", notBefore: "260601000000Z", notAfter: "261101000000Z" };
    for (const issued of [
      [first, second, tomorrow, ended],
      [ended, tomorrow, second, first],
    ]) {
      const { client, platform } = await openWorld([first, second]);
      platform.certificates = issued;
      expect(await client.encryptionKey(at(0))).toMatchObject({ serial: NEW_SERIAL });
      expect(await client.encryptionKey(at(MINUTE))).toMatchObject({ serial: NEW_SERIAL });
      expect(platform.downloads).toBe(1);
    }
  });

  test("encrypts what its owner reads", async () => {
    const { client } = await openWorld([oldOne]);
    const key = await client.encryptionKey(at(0));
    expect(await openOaep(oldOne.key, (await key?.encrypt("张三")) ?? "")).toBe("张三");
  });

  test("is missing when no certificate can be had", async () => {
    const { client, platform } = await openWorld([oldOne]);
    platform.listAnswer = () => errorReply(400, "PARAM_ERROR");
    expect(await client.encryptionKey(at(0))).toBeUndefined();
  });
});

test("a field that WeChat Pay encrypted for the merchant is decrypted with the merchant's key", async () => {
  const { client } = await openWorld([oldOne]);
  const { merchant } = await testKeys();
  expect(await client.decryptField(await sealOaep(merchant, "6222020200112230000"))).toBe("6222020200112230000");
  expect(await client.decryptField("AAAA")).toBeUndefined();
});
