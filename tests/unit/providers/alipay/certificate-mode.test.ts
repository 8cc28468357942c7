import { describe, expect, test } from "vitest";
import { noticeBody, PAYMENT_NOTICE } from "../support/alipay.ts";
import { authorities, certificateFiles, issue, named, SERIALS, snOf } from "../support/alipay-certificates.ts";
import { isSigned, parametersOf, replyText, scriptedClient } from "../support/alipay-client.ts";
import {
  ALIPAY_SN,
  CLASS_1,
  CLASS_2,
  DOWNLOAD,
  fileReply,
  NEXT_SN,
  NODE,
  nextCertificate,
  nextKey,
  openWorld,
  QUERY,
  renew,
} from "../support/alipay-world.ts";
import { NOW } from "../support/calls.ts";
import { makeKeyPair, testKeys } from "../support/keys.ts";
import { timing } from "../support/wechat-client.ts";

const LATER = NOW + 15_000;

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
    const files = await certificateFiles();
    const both = { ...files, alipay: `${await nextCertificate()}${files.alipay}` };
    const { world, query, downloads } = await openWorld({ certificates: both });
    expect(await query()).toMatchObject({ kind: "success" });
    await renew(world);
    expect(await query()).toMatchObject({ kind: "success" });
    world.sn = ALIPAY_SN;
    expect(await query()).toMatchObject({ kind: "unknown", cause: "unverified" });
    expect(downloads()).toBe(0);
  });

  test("is any of them when a reply names none", async () => {
    const { world, query } = await openWorld();
    world.sn = undefined;
    expect(await query()).toMatchObject({ kind: "success" });
    world.signer = await nextKey();
    expect(await query()).toMatchObject({ kind: "unknown" });
  });

  test("counts in its certificate's time only", async () => {
    const lapsed = await certificateFiles({ notAfter: "261122015959Z" });
    const { world, query } = await openWorld({ certificates: lapsed });
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
    await renew(world);
    expect(await query()).toMatchObject({ kind: "success" });
    expect(await query()).toMatchObject({ kind: "success" });
    expect(downloads()).toBe(1);
    const download = sent.find(({ url }) => url.searchParams.get("method") === DOWNLOAD);
    expect(JSON.parse(parametersOf(download).biz_content ?? "")).toEqual({ alipay_cert_sn: NEXT_SN });
  });

  test("may come without its authority, which is configured", async () => {
    const { world, query } = await openWorld();
    await renew(world);
    world.download = async () => fileReply(await nextCertificate());
    expect(await query()).toMatchObject({ kind: "success" });
  });

  test("is downloaded for many calls at once", async () => {
    const { world, query, downloads } = await openWorld();
    await renew(world);
    const replies = await Promise.all([query(), query(), query()]);
    for (const reply of replies) expect(reply).toMatchObject({ kind: "success" });
    expect(downloads()).toBe(1);
  });

  test.each<[string, () => Promise<string>]>([
    ["has another SN", () => nextCertificate({ serial: 5n })],
    ["has lapsed", () => nextCertificate({ notAfter: "261122015959Z" })],
    ["is not valid yet", () => nextCertificate({ notBefore: "261122020001Z" })],
    ["was signed by nobody known", async () => nextCertificate({ issuer: { name: CLASS_2, key: await nextKey() } })],
    ["is no certificate", async () => "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"],
    ["is an authority", () => nextCertificate({ isAuthority: true })],
  ])("that %s is not used", async (_, make) => {
    const { world, query } = await openWorld();
    await renew(world);
    const { class2Pem } = await authorities();
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
    await renew(world, snOf(authority.name, SERIALS.next));
    world.download = async () => fileReply((await nextCertificate({ issuer: authority })) + (await issue(above)));
    expect(await query()).toMatchObject({ kind });
  });

  test("that an application has issued with its own certificate is not used", async () => {
    const { merchant } = await testKeys();
    const application = { name: named("app"), key: merchant };
    const { world, query } = await openWorld();
    const serial = SERIALS.next;
    await renew(world, snOf(application.name, serial));
    const [{ class1Pem }, { app }] = await Promise.all([authorities(), certificateFiles()]);
    world.download = async () => fileReply((await nextCertificate({ issuer: application })) + app + class1Pem);
    expect(await query()).toMatchObject({ kind: "unknown", cause: "unverified" });
  });

  test("that is another application's is not used, though it leads up to the root", async () => {
    const { world, query } = await openWorld();
    await renew(world, snOf(CLASS_1, SERIALS.next));
    const { class1, class1Pem } = await authorities();
    world.download = async () => fileReply((await nextCertificate({ issuer: class1 })) + class1Pem);
    expect(await query()).toMatchObject({ kind: "unknown", cause: "unverified" });
  });
});

describe("downloads", () => {
  const refusal = JSON.stringify({ code: "40002", sub_code: "isv.invalid-parameter" });

  test("that fail are tried again after 15 seconds, not before", async () => {
    const { world, query, downloads } = await openWorld();
    await renew(world);
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
    await renew(world);
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
    await renew(world);
    expect(await query()).toMatchObject({ kind: "success" });
  });
});
