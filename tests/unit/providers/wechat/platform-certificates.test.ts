import { beforeAll, describe, expect, test } from "vitest";
import { WechatPayProvider } from "../../../../src/providers/wechat/provider.ts";
import { attempt, call, NOW, recordingFetch } from "../support/calls.ts";
import { makeKeyPair, type TestKeyPair, testKeys } from "../support/keys.ts";
import { errorReply, makeCertificate, seal, signatureHeaders, signedReply, wechatConfig } from "../support/wechat.ts";

const OLD_SERIAL = "5DEA10EF55877E3CF6C33255C2E7DEFFF7E427EC";
const NEW_SERIAL = "05DE6A1B55877E3CF6C33255C2E7DEFFF7E427ED";
const REF = attempt("WECHAT_NATIVE");
const CODE_URL = { code_url: "weixin://wxpay/bizpayurl?pr=1" };
const FAR = "350101000000Z";

let oldKey: TestKeyPair;
let newKey: TestKeyPair;
beforeAll(async () => {
  oldKey = (await testKeys()).platform;
  newKey = await makeKeyPair();
});

interface Listed {
  readonly serial: string;
  readonly key: TestKeyPair;
  readonly notAfter?: string;
  readonly namedAs?: string;
}

async function listReply(certificates: readonly Listed[], signer: Listed, now = NOW): Promise<Response> {
  const data = await Promise.all(
    certificates.map(async ({ serial, key, notAfter, namedAs }) => ({
      serial_no: namedAs ?? serial,
      effective_time: "2020-01-01T00:00:00+08:00",
      encrypt_certificate: await seal(makeCertificate(fromHex(serial), key, notAfter ?? FAR), "certificate"),
    })),
  );
  return signedReply({ data }, 200, { key: signer.key, serial: signer.serial, at: now });
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** A WeChat Pay that signs with `signer` and lists `certificates`, both of which a test may change. */
async function certificateWorld(signer: Listed, certificates: readonly Listed[]) {
  const world = {
    signer,
    certificates,
    downloads: 0,
    broken: false,
    now: NOW,
    listSigner: undefined as Listed | undefined,
  };
  const { fetch } = recordingFetch(({ url }) => {
    if (url.pathname !== "/v3/certificates") {
      return signedReply(CODE_URL, 200, { key: world.signer.key, serial: world.signer.serial, at: world.now });
    }
    world.downloads += 1;
    return world.broken
      ? errorReply(500, "SYSTEM_ERROR")
      : listReply(world.certificates, world.listSigner ?? world.signer, world.now);
  });
  const { publicKey: _, ...config } = await wechatConfig();
  return { world, provider: new WechatPayProvider(config, { fetch }) };
}

const at = (minutes: number) => call({ now: () => NOW + minutes * 60_000 });
const oldOne = () => ({ serial: OLD_SERIAL, key: oldKey });
const newOne = () => ({ serial: NEW_SERIAL, key: newKey });

describe("without a public key", () => {
  test("certificates are fetched once and then kept", async () => {
    const { provider, world } = await certificateWorld(oldOne(), [oldOne(), newOne()]);
    expect(await provider.create(REF, call())).toMatchObject({ kind: "ok" });
    expect(await provider.create(REF, call())).toMatchObject({ kind: "ok" });
    world.signer = newOne();
    expect(await provider.create(REF, call())).toMatchObject({ kind: "ok" });
    expect(world.downloads).toBe(1);
  });

  test("a new certificate is found when it is first seen", async () => {
    const { provider, world } = await certificateWorld(oldOne(), [oldOne()]);
    await provider.create(REF, call());
    world.signer = newOne();
    world.certificates = [oldOne(), newOne()];
    world.now = NOW + 11 * 60_000;
    const headers = await signatureHeaders("{}", { key: newKey, serial: NEW_SERIAL, at: world.now });
    const callback = { headers, body: new TextEncoder().encode("{}") };
    expect(await provider.verifyCallback(callback, world.now)).toMatchObject({ reason: "malformed" });
    expect(world.downloads).toBe(2);
  });

  test("made-up serials cause one download in ten minutes", async () => {
    const { provider, world } = await certificateWorld(oldOne(), [oldOne()]);
    await provider.create(REF, call());
    for (let times = 0; times < 20; times += 1) {
      const serial = `ABCDEF00${String(times).padStart(2, "0")}`;
      const now = NOW + 11 * 60_000 + times * 1000;
      const headers = await signatureHeaders("{}", { key: newKey, serial, at: now });
      const verdict = await provider.verifyCallback({ headers, body: new TextEncoder().encode("{}") }, now);
      expect(verdict).toMatchObject({ verified: false, reason: "unknown_serial" });
    }
    expect(world.downloads).toBe(2);
  });

  test("a download that fails is tried again soon, and keeps nothing", async () => {
    const { provider, world } = await certificateWorld(oldOne(), [oldOne()]);
    world.broken = true;
    expect(await provider.create(REF, call())).toMatchObject({ kind: "unknown", cause: "unverified" });
    world.broken = false;
    expect(await provider.create(REF, at(1))).toMatchObject({ kind: "ok" });
  });

  test("calls at the same time each get their answer", async () => {
    const { provider } = await certificateWorld(oldOne(), [oldOne()]);
    const outcomes = await Promise.all([1, 2, 3].map(() => provider.create(REF, call())));
    expect(outcomes.map(({ kind }) => kind)).toEqual(["ok", "ok", "ok"]);
  });

  test("a certificate that has ended signs nothing any more", async () => {
    const ended = { ...oldOne(), notAfter: "260101000000Z" };
    const { provider } = await certificateWorld(ended, [ended]);
    expect(await provider.create(REF, call())).toMatchObject({ kind: "unknown", cause: "unverified" });
  });

  test("a list is void when a certificate has another serial than it says", async () => {
    const { provider } = await certificateWorld(oldOne(), [{ ...oldOne(), namedAs: NEW_SERIAL }]);
    expect(await provider.create(REF, call())).toMatchObject({ kind: "unknown", cause: "unverified" });
  });

  test("a list that none of its keys signed is void", async () => {
    const { provider, world } = await certificateWorld(oldOne(), [oldOne()]);
    world.listSigner = { serial: OLD_SERIAL, key: newKey };
    expect(await provider.create(REF, call())).toMatchObject({ kind: "unknown", cause: "unverified" });
  });
});

test("with a public key, certificates still count while a merchant moves from one to the other", async () => {
  const { fetch } = recordingFetch(() => listReply([newOne()], newOne()));
  const provider = new WechatPayProvider(await wechatConfig(), { fetch });
  for (const signing of [{}, { key: newKey, serial: NEW_SERIAL }]) {
    const headers = await signatureHeaders("{}", signing);
    const verdict = await provider.verifyCallback({ headers, body: new TextEncoder().encode("{}") }, NOW);
    expect(verdict).toMatchObject({ reason: "malformed" });
  }
});

test("a merchant without platform certificates is asked about them once", async () => {
  let downloads = 0;
  const { fetch } = recordingFetch(() => {
    downloads += 1;
    return errorReply(404, "RESOURCE_NOT_EXISTS");
  });
  const provider = new WechatPayProvider(await wechatConfig(), { fetch });
  for (let times = 0; times < 3; times += 1) {
    const headers = await signatureHeaders("{}", { key: newKey, serial: NEW_SERIAL });
    const verdict = await provider.verifyCallback({ headers, body: new TextEncoder().encode("{}") }, NOW);
    expect(verdict).toMatchObject({ verified: false, reason: "unknown_serial" });
  }
  expect(downloads).toBe(1);
});
