/**
 * A second opinion on what we hand to browsers and applications, and on what Alipay posts, with a public key and with
 * certificates: the official SDK, standing on Alipay's side, verifies the one, and ours and theirs agree on the other.
 */
import { AlipaySdk } from "alipay-sdk";
import { beforeAll, describe, expect, test } from "vitest";
import { AlipayPayProvider } from "../../../src/providers/alipay/provider.ts";
import type { Credential } from "../../../src/providers/credential.ts";
import type { PaymentDetails } from "../../../src/providers/details.ts";
import { parametersOf, submissionOf } from "../../support/html.ts";
import { ALIPAY_APP_ID, alipayConfig, noticeBody, PAYMENT_NOTICE } from "../../unit/providers/support/alipay.ts";
import { certificateFiles } from "../../unit/providers/support/alipay-certificates.ts";
import { attempt, call, NOW } from "../../unit/providers/support/calls.ts";
import { base64, testKeys } from "../../unit/providers/support/keys.ts";

const SUBJECT = `'茶' "A+B" <b>50%</b> &amp; \\ 龙井　ＡＢ`;
const MODES = ["public key", "certificates"] as const;
type Mode = (typeof MODES)[number];

async function opened(mode: Mode) {
  const { merchant, platform } = await testKeys();
  const certificates = await certificateFiles();
  const { publicKeyPem: _plain, ...config } = await alipayConfig();
  const ours = mode === "certificates" ? { ...config, certificates } : await alipayConfig();
  const theirs =
    mode === "certificates"
      ? {
          appCertContent: certificates.app,
          alipayPublicCertContent: certificates.alipay,
          alipayRootCertContent: certificates.root,
        }
      : { alipayPublicKey: base64(platform.spki) };
  const identity = { appId: ALIPAY_APP_ID, keyType: "PKCS8" } as const;
  return {
    provider: new AlipayPayProvider(ours, { fetch: () => Promise.reject(new Error("no network")) }),
    sdk: new AlipaySdk({ ...identity, privateKey: base64(merchant.pkcs8), ...theirs }),
    /** Alipay's side: it knows the application's public key. */
    gateway: new AlipaySdk({
      ...identity,
      privateKey: base64(platform.pkcs8),
      alipayPublicKey: base64(merchant.spki),
    }),
  };
}

describe.each(MODES)("with %s", (mode) => {
  let world: Awaited<ReturnType<typeof opened>>;
  beforeAll(async () => {
    world = await opened(mode);
  });

  async function credentialOf(details: PaymentDetails): Promise<Credential> {
    const { provider } = world;
    const request = provider.prepare({ ...attempt(details.method), details, subject: SUBJECT });
    const created = await provider.create({ ...attempt(details.method), request }, call());
    if (created.kind !== "ok") throw new Error(created.message);
    return created.value.credential;
  }

  /** The SDK checks parameters with sign_type in the way that the gateway does. */
  function expectSigned(parameters: Readonly<Record<string, string>>): void {
    const { gateway } = world;
    expect(gateway.checkNotifySign({ ...parameters }, true)).toBe(true);
    for (const name of ["timestamp", "biz_content", "notify_url"]) {
      expect(gateway.checkNotifySign({ ...parameters, [name]: `${parameters[name]} ` }, true)).toBe(false);
    }
    const sdk = new URLSearchParams(world.sdk.sdkExecute("alipay.trade.app.pay", { bizContent: {} }));
    const serials = ["app_cert_sn", "alipay_root_cert_sn"] as const;
    expect(serials.map((name) => parameters[name] ?? null)).toEqual(serials.map((name) => sdk.get(name)));
  }

  const PAGES = [
    { method: "ALIPAY_WEB", returnUrl: "https://shop.example.com/paid?a=1&b=%20" },
    { method: "ALIPAY_WAP", quitUrl: "https://shop.example.com/quit?a=1&b=2" },
  ] as const;

  test.each(PAGES)("the address and the form of $method", async (details) => {
    const credential = await credentialOf(details);
    if (!("form" in credential)) throw new Error("no page");
    const byAddress = Object.fromEntries(new URL(credential.payUrl).searchParams);
    expectSigned(byAddress);
    expect(parametersOf(submissionOf(credential.form))).toEqual(byAddress);
    expect(JSON.parse(byAddress.biz_content ?? "").subject).toBe(`'茶' "A+B" <b>50%<／b> ＆amp; \\ 龙井　ＡＢ`);
  });

  test("the order string", async () => {
    const credential = await credentialOf({ method: "ALIPAY_APP" });
    if (!("orderString" in credential)) throw new Error("no order string");
    expectSigned(Object.fromEntries(new URLSearchParams(credential.orderString)));
  });

  test("a notice counts for both, and altered for neither", async () => {
    const { provider, sdk } = world;
    const body = await noticeBody({ ...PAYMENT_NOTICE, subject: SUBJECT.replace("&amp;", "＆") });
    const fields = Object.fromEntries(new URLSearchParams(new TextDecoder().decode(body)));
    expect(sdk.checkNotifySignV2(fields)).toBe(true);
    expect(await provider.verifyCallback({ headers: new Headers(), body }, NOW)).toMatchObject({ verified: true });
    const altered = { ...fields, seller_id: "2088000000000002" };
    expect(sdk.checkNotifySignV2(altered)).toBe(false);
    const changed = new TextEncoder().encode(new URLSearchParams(altered).toString());
    const verdict = await provider.verifyCallback({ headers: new Headers(), body: changed }, NOW);
    expect(verdict).toMatchObject({ verified: false, reason: "bad_signature" });
  });
});
