/** An Alipay in certificate mode, whose certificates a test may renew. */
import { AlipayClient } from "../../../../src/providers/alipay/client.ts";
import type { AlipayCertificates } from "../../../../src/providers/alipay/config.ts";
import type { TextCache } from "../../../../src/providers/exchange.ts";
import { alipayConfig, success } from "./alipay.ts";
import { authorities, certificateFiles, issue, named, SERIALS, snOf, type Wanted } from "./alipay-certificates.ts";
import { parametersOf, replyText } from "./alipay-client.ts";
import { NOW, recordingFetch, type SentRequest } from "./calls.ts";
import { base64, makeKeyPair, type TestKeyPair, testKeys } from "./keys.ts";
import { timing } from "./wechat-client.ts";

export const DOWNLOAD = "alipay.open.app.alipaycert.download";
export const CLASS_1 = named("Class 1 R1");
export const CLASS_2 = named("Class 2 R1");
export const ALIPAY_SN = snOf(CLASS_2, SERIALS.alipay);
export const NEXT_SN = snOf(CLASS_2, SERIALS.next);

export const QUERY = { method: "alipay.trade.query", bizContent: "{}" };
export const NODE = JSON.stringify(success({ out_trade_no: "1" }));

let made: Promise<TestKeyPair> | undefined;

/** The key of the certificate that comes next. */
export function nextKey(): Promise<TestKeyPair> {
  made ??= makeKeyPair();
  return made;
}

/** The certificate that comes next. Returns PEM. */
export async function nextCertificate(changes: Partial<Wanted> = {}): Promise<string> {
  const { class2 } = await authorities();
  return issue({ subject: named("Alipay"), key: await nextKey(), issuer: class2, serial: SERIALS.next, ...changes });
}

/** What Alipay does at the moment. A test may change all of it. */
export interface World {
  now: number;
  /** The certificate that replies name, and who signs them. */
  sn: string | undefined;
  signer: TestKeyPair;
  /** What a download answers. */
  download: (sn: string) => Promise<Response> | Response;
}

/** The answer to a download. */
export function fileReply(pem: string): Promise<Response> {
  const alipay_cert_content = base64(new TextEncoder().encode(pem));
  return replyText(DOWNLOAD, JSON.stringify(success({ alipay_cert_content })));
}

/** A client in certificate mode and its gateway. */
export async function openWorld(options: { certificates?: AlipayCertificates; cache?: TextCache } = {}) {
  const [{ platform }, { class2Pem }] = await Promise.all([testKeys(), authorities()]);
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
  const { fetch, sent } = recordingFetch(answer);
  const config = await alipayConfig({ certificates: options.certificates ?? (await certificateFiles()) });
  /** Another isolate of the same shop. */
  const anotherClient = () => new AlipayClient(config, { fetch, ...(options.cache && { cache: options.cache }) });
  const client = anotherClient();
  const query = (by = client) => by.call(QUERY, timing({ now: () => world.now }));
  const downloads = () => sent.filter(({ url }) => url.searchParams.get("method") === DOWNLOAD).length;
  return { world, client, anotherClient, sent, query, downloads };
}

/** Replies come from a new certificate from now on. */
export async function renew(world: World, sn = NEXT_SN, signer?: TestKeyPair): Promise<void> {
  world.sn = sn;
  world.signer = signer ?? (await nextKey());
}
