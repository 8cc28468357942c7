/** A shop that notices of Alipay's come to, for tests. */
import { AlipayPayProvider } from "../../../../src/providers/alipay/provider.ts";
import { alipayConfig, type NoticeForm, noticeBody } from "./alipay.ts";
import { NOW } from "./calls.ts";

let provider: AlipayPayProvider | undefined;

/** What the shop makes of a body. */
export async function receiveBytes(body: Uint8Array) {
  provider ??= new AlipayPayProvider(await alipayConfig(), { fetch: () => Promise.reject(new Error("no network")) });
  return await provider.verifyCallback({ headers: new Headers(), body }, NOW);
}

/** What the shop makes of a notice that Alipay has signed. */
export async function receive(fields: Readonly<Record<string, string>>, form?: NoticeForm) {
  return await receiveBytes(await noticeBody(fields, form));
}
