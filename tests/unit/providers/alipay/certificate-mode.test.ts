import { beforeAll, describe, expect, test } from "vitest";
import type { AlipayCertificates } from "../../../../src/providers/alipay/config.ts";
import { noticeBody, PAYMENT_NOTICE, success } from "../support/alipay.ts";
import {
  type Authority,
  authorities,
  certificateFiles,
  issue,
  named,
  SERIALS,
  snOf,
  type Wanted,
} from "../support/alipay-certificates.ts";
import { isSigned, parametersOf, replyText, scriptedClient } from "../support/alipay-client.ts";
import { NOW, type SentRequest } from "../support/calls.ts";
import { base64, makeKeyPair, type TestKeyPair, testKeys } from "../support/keys.ts";
import { timing } from "../support/wechat-client.ts";

const QUERY = { method: "alipay.trade.query", bizContent: "{}" };
const NODE = JSON.stringify(success({ out_trade_no: "1" }));
const DOWNLOAD = "alipay.open.app.alipaycert.download";
const CLASS_1 = named("Class 1 R1");
const CLASS_2 = named("Class 2 R1");
const ALIPAY_SN = snOf(CLASS_2, SERIALS.alipay);
const NEXT_SN = snOf(CLASS_2, SERIALS.next);
const LATER = NOW + 15_000;

let files: AlipayCertificates;
let nextKey: TestKeyPair;
let class1: Authority;
let class2: Authority;
let class2Pem: string;
beforeAll(async () => {
  files = await certificateFiles();
  nextKey = await makeKeyPair();
  ({ class1, class2, class2Pem } = await authorities());
});

const nextCertificate = (changes: Partial<Wanted> = {}) =>
  issue({ subject: named("Alipay"), key: nextKey, issuer: class2, serial: SERIALS.next, ...changes });

interface World {
  now: number;
  /** The certificate that replies name, and who signs them. */
  sn: string | undefined;
  signer: TestKeyPair;
  /** What a download answers. */
  download: (sn: string) => Promise<Response> | Response;
}

const fileReply = (pem: string) =>
  replyText(DOWNLOAD, JSON.stringify(success({ alipay_cert_content: base64(new TextEncoder().encode(pem)) })));

/** A client in certificate mode and its gateway. */
async function openWorld(certificates: AlipayCertificates = files) {
  const { platform } = await testKeys();
  const world: World = {
    now: NOW,
    sn: ALIPAY_SN,
    signer: platform,
    download: async () => fileReply((await nextCertificate()) + class2Pem),
  };
  const answer = (request: SentRequest) => {
    const { method = "", biz_content = "{}" } = parametersOf(request);
    if (method === DOWNLOAD) return world.download(JSON.parse(biz_content).alipay_cert_sn);
    return replyText(method, NODE, { key: world.signer, ...(world.sn !== undefined && { sn: world.sn }) });
  };
  const { client, sent } = await scriptedClient(answer, { certificates });
  const query = () => client.call(QUERY, timing({ now: () => world.now }));
  const downloads = () => sent.filter(({ url }) => url.searchParams.get("method") === DOWNLOAD).length;
  return { world, client, sent, query, downloads };
}

/** Replies come from a new certificate from now on. */
function renew(world: World, sn = NEXT_SN, signer = nextKey): void {
  world.sn = sn;
  world.signer = signer;
}

describe("calls", () => {
  test("name and sign the SNs of the application's and the root certificate", async () => {
    const { sent, query } = await openWorld();
    expect(await query()).toMatchObject({ kind: "success" });
    const parameters = parametersOf(sent[0]);
    expect(parameters).toMatchObject({
      app_cert_sn: snOf(CLASS_1, SERIALS.app),
      alipay_root_cert_sn: snOf(named("Root R1"), SERIALS.root),
    });
    expect(await isSigned(parameters)).toBe(true);
  });

  test("of pages name them too", async () => {
    const { client } = await openWorld();
    const url = await client.pageUrl({ method: "alipay.trade.page.pay", bizContent: "{}" }, NOW);
    expect(new URL(url).searchParams.has("app_cert_sn")).toBe(true);
  });

  test("in public-key mode name none", async () => {
    const { client, sent } = await scriptedClient(() => replyText(QUERY.method, NODE));
    await client.call(QUERY, timing());
    expect(sent[0]?.url.search).not.toMatch(/cert_sn/);
  });
});

describe("the key that verifies", () => {
  test("is that of the certificate that a reply names, of several in use", async () => {
    const both = { ...files, alipay: `${await nextCertificate()}${files.alipay}` };
    const { world, query, downloads } = await openWorld(both);
    expect(await query()).toMatchObject({ kind: "success" });
    renew(world);
    expect(await query()).toMatchObject({ kind: "success" });
    world.sn = ALIPAY_SN;
    expect(await query()).toMatchObject({ kind: "unknown", cause: "unverified" });
    expect(downloads()).toBe(0);
  });

  test("is any of them when a reply names none", async () => {
    const { world, query } = await openWorld();
    world.sn = undefined;
    expect(await query()).toMatchObject({ kind: "success" });
    world.signer = nextKey;
    expect(await query()).toMatchObject({ kind: "unknown" });
  });

  test("counts in its certificate's time only", async () => {
    const lapsed = await certificateFiles({ notAfter: "261122015959Z" });
    const { world, query } = await openWorld(lapsed);
    expect(await query()).toMatchObject({ kind: "unknown", cause: "unverified" });
    world.now = NOW - 2000;
    expect(await query()).toMatchObject({ kind: "success" });
  });

  test("of a notice is chosen by its alipay_cert_sn, which is not signed", async () => {
    const { client } = await openWorld();
    const named = async (sn: string) => {
      const body = new TextDecoder().decode(await noticeBody(PAYMENT_NOTICE));
      return client.verifyNotice(new TextEncoder().encode(`${body}&alipay_cert_sn=${sn}`), NOW);
    };
    expect(await named(ALIPAY_SN)).toMatchObject({ verified: true });
    expect(await named("nonsense")).toMatchObject({ verified: false, reason: "unknown_serial" });
    expect(await client.verifyNotice(await noticeBody(PAYMENT_NOTICE), NOW)).toMatchObject({ verified: true });
  });
});

describe("a certificate that is not known", () => {
  test("is downloaded once, checked up to the root, and used", async () => {
    const { world, query, sent, downloads } = await openWorld();
    renew(world);
    expect(await query()).toMatchObject({ kind: "success" });
    expect(await query()).toMatchObject({ kind: "success" });
    expect(downloads()).toBe(1);
    const download = sent.find(({ url }) => url.searchParams.get("method") === DOWNLOAD);
    expect(JSON.parse(parametersOf(download).biz_content ?? "")).toEqual({ alipay_cert_sn: NEXT_SN });
  });

  test("may come without its authority, which is configured", async () => {
    const { world, query } = await openWorld();
    renew(world);
    world.download = async () => fileReply(await nextCertificate());
    expect(await query()).toMatchObject({ kind: "success" });
  });

  test("is downloaded for many calls at once", async () => {
    const { world, query, downloads } = await openWorld();
    renew(world);
    const replies = await Promise.all([query(), query(), query()]);
    for (const reply of replies) expect(reply).toMatchObject({ kind: "success" });
    expect(downloads()).toBe(1);
  });

  test.each<[string, () => Promise<string>]>([
    ["has another SN", () => nextCertificate({ serial: 5n })],
    ["has lapsed", () => nextCertificate({ notAfter: "261122015959Z" })],
    ["is not valid yet", () => nextCertificate({ notBefore: "261122020001Z" })],
    ["was signed by nobody known", async () => nextCertificate({ issuer: { name: CLASS_2, key: nextKey } })],
    ["is no certificate", async () => "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"],
    ["is an authority", () => nextCertificate({ isAuthority: true })],
  ])("that %s is not used", async (_, make) => {
    const { world, query } = await openWorld();
    renew(world);
    world.download = async () => fileReply((await make()) + class2Pem);
    expect(await query()).toMatchObject({ kind: "unknown", cause: "unverified" });
  });

  test.each([
    ["261122015959Z", "unknown"],
    ["350101000000Z", "success"],
  ])("whose authority is new, and valid until %s: %s", async (notAfter, kind) => {
    const { root } = await authorities();
    const authority = { name: named("Class 2 R2"), key: await makeKeyPair() };
    const above = { subject: authority.name, key: authority.key, issuer: root, isAuthority: true, notAfter };
    const { world, query } = await openWorld();
    renew(world, snOf(authority.name, SERIALS.next));
    world.download = async () => fileReply((await nextCertificate({ issuer: authority })) + (await issue(above)));
    expect(await query()).toMatchObject({ kind });
  });

  test("that an application has issued with its own certificate is not used", async () => {
    const { merchant } = await testKeys();
    const application = { name: named("app"), key: merchant };
    const { world, query } = await openWorld();
    const serial = SERIALS.next;
    renew(world, snOf(application.name, serial));
    const { class1Pem } = await authorities();
    world.download = async () => fileReply((await nextCertificate({ issuer: application })) + files.app + class1Pem);
    expect(await query()).toMatchObject({ kind: "unknown", cause: "unverified" });
  });

  test("that is another application's is not used, though it leads up to the root", async () => {
    const { world, query } = await openWorld();
    renew(world, snOf(CLASS_1, SERIALS.next));
    const { class1Pem } = await authorities();
    world.download = async () => fileReply((await nextCertificate({ issuer: class1 })) + class1Pem);
    expect(await query()).toMatchObject({ kind: "unknown", cause: "unverified" });
  });
});

describe("downloads", () => {
  const refusal = JSON.stringify({ code: "40002", sub_code: "isv.invalid-parameter" });

  test("that fail are tried again after 15 seconds, not before", async () => {
    const { world, query, downloads } = await openWorld();
    renew(world);
    const working = world.download;
    world.download = () => new Response("…", { status: 502 });
    await query();
    world.download = working;
    world.now = LATER - 1;
    expect(await query()).toMatchObject({ kind: "unknown" });
    expect(downloads()).toBe(1);
    world.now = LATER;
    expect(await query()).toMatchObject({ kind: "success" });
  });

  test("of what is nobody's are not tried again for ten minutes", async () => {
    const { world, query, downloads } = await openWorld();
    renew(world);
    world.download = () => replyText(DOWNLOAD, refusal);
    await query();
    world.now = NOW + 600_000 - 1;
    await query();
    expect(downloads()).toBe(1);
    world.now = NOW + 600_000;
    await query();
    expect(downloads()).toBe(2);
  });

  test("that forged notices cause are few, and don't keep a reply's certificate out", async () => {
    const { world, client, query, downloads } = await openWorld();
    const working = world.download;
    world.download = (sn) => (sn === NEXT_SN ? working(sn) : replyText(DOWNLOAD, refusal));
    const body = new TextDecoder().decode(await noticeBody(PAYMENT_NOTICE));
    for (let index = 0; index < 20; index += 1) {
      const forged = `${body}&alipay_cert_sn=${String(index).padStart(32, "0")}`;
      const verdict = await client.verifyNotice(new TextEncoder().encode(forged), NOW);
      expect(verdict).toMatchObject({ verified: false, reason: "unknown_serial" });
    }
    expect(downloads()).toBe(1);
    renew(world);
    expect(await query()).toMatchObject({ kind: "success" });
  });
});
