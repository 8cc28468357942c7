/** Where the service calls, and how it is kept from calling anywhere else. */
import { beforeAll, describe, expect, it } from "vitest";
import { destinationsOf } from "../../../src/config/destinations.ts";
import { type Config, readConfig } from "../../../src/config.ts";
import { exactOrigin, restrictFetch } from "../../../src/security/outgoing.ts";
import { FIELD_ENCRYPTION_KEYS } from "../../support/field-keys.ts";
import { makeKeyPair } from "../providers/support/keys.ts";

const signal = AbortSignal.timeout(60_000);
let config: Config;

beforeAll(async () => {
  const [pair, theirs] = await Promise.all([makeKeyPair(), makeKeyPair()]);
  config = readConfig({
    DATABASE_URL: "https://user:password@db.test",
    FIELD_ENCRYPTION_KEYS,
    JWT_JWKS_URL: "https://id.test:8443/jwks",
    JWT_ISSUER: "https://id.test",
    JWT_AUDIENCE: "shop",
    CF_ACCESS_TEAM_DOMAIN: "acme.cloudflareaccess.com",
    CF_ACCESS_AUDIENCE: "a".repeat(64),
    CF_ACCESS_OPERATORS: "somebody",
    WECHAT_APP_ID: "wx0000000000000000",
    WECHAT_MCH_ID: "1900000000",
    WECHAT_API_V3_KEY: "k".repeat(32),
    WECHAT_API_CLIENT_KEY: pair.privatePem,
    WECHAT_API_SERIAL_NO: "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
    WECHAT_NOTIFY_URL: "https://shop.test/notify",
    WECHAT_REFUND_NOTIFY_URL: "https://shop.test/refund/notify",
    PROVIDER_PROXY_URL: "https://proxy.test/wechat",
    ALIPAY_APP_ID: "2021000000000000",
    ALIPAY_PRIVATE_KEY: pair.privatePem,
    ALIPAY_PUBLIC_KEY: theirs.publicPem,
    ALIPAY_NOTIFY_URL: "https://shop.test/notify",
  });
});

function open(answer: () => Response = () => new Response("fine")) {
  const sent: { url: string; init: RequestInit | undefined }[] = [];
  const refused: string[] = [];
  const send = async (input: RequestInfo | URL, init?: RequestInit) => {
    sent.push({ url: String(input), init });
    return answer();
  };
  return { call: restrictFetch(send, destinationsOf(config), (host) => refused.push(host)), sent, refused };
}

describe("calls", () => {
  it.each([
    "https://db.test/psdb.v1alpha1.Database/Execute",
    "https://id.test:8443/jwks",
    "https://acme.cloudflareaccess.com/cdn-cgi/access/certs",
    "https://api.mch.weixin.qq.com/v3/pay/transactions/native",
    "https://api2.mch.weixin.qq.com/v3/pay/transactions/native",
    "https://proxy.test/wechat/v3/fund-app/mch-transfer/transfer-bills",
    "https://openapi.alipay.com/gateway.do",
    "https://files.mch.weixin.qq.com/v3/billdownload/file?token=a",
    "http://dwbillcenter.alipay.com/downloadBillFile.resource?token=a",
  ])("go to %s, bounded in time, following no redirect", async (url) => {
    const { call, sent } = open();
    expect(await (await call(url, { signal })).text()).toBe("fine");
    expect(sent).toMatchObject([{ url, init: { redirect: "manual", signal } }]);
  });

  it.each([
    "http://db.test/",
    "https://db.test:444/",
    "https://db.test.evil.example/",
    "https://id.test/jwks",
    "https://evil.cloudflareaccess.com/cdn-cgi/access/certs",
    "http://api.mch.weixin.qq.com/v3/certificates",
    "https://mch.weixin.qq.com.evil.example/",
    "https://evilmch.weixin.qq.com/",
    "https://files.mch.weixin.qq.com:8443/",
    "http://proxy.test/wechat/v3",
    "http://openapi.alipay.com.evil.example/gateway.do",
    "http://dwbillcenter.alipay.com:8080/",
    "http://notalipay.com/",
    "http://169.254.169.254/latest/meta-data",
    "http://127.0.0.1:3306/",
    "https://user:password@db.test/",
    "file:///etc/passwd",
  ])("never go to %s", async (url) => {
    const { call, sent, refused } = open();
    await expect(call(url, { signal })).rejects.toThrow("not one that is configured");
    expect([sent, refused]).toEqual([[], [new URL(url).host]]);
  });

  it("only read where a provider's answer names the host", async () => {
    const { call, sent } = open();
    const posting = call("http://dwbillcenter.alipay.com/", { method: "POST", body: "secret", signal });
    await expect(posting).rejects.toThrow("not one that is configured");
    expect(sent).toEqual([]);
  });

  it("without a limit of time are not made", async () => {
    const { call, sent } = open();
    await expect(call("https://db.test/")).rejects.toThrow("limit of time");
    expect(sent).toEqual([]);
  });

  it("that ask for redirects to be followed get them to look at", async () => {
    const { call, sent } = open(() => new Response(null, { status: 302, headers: { Location: "https://evil.test" } }));
    expect((await call("https://db.test/", { signal, redirect: "follow" })).status).toBe(302);
    expect(sent).toMatchObject([{ init: { redirect: "manual" } }]);
  });
});

describe("answers", () => {
  const place = [exactOrigin("https://db.test", 10)];
  const read = async (response: Response) => {
    const call = restrictFetch(
      async () => response,
      place,
      () => {},
    );
    return await (await call("https://db.test/", { signal })).text();
  };
  const streamed = (text: string, headers = {}) => new Response(new Blob([text]).stream(), { headers });

  it("are read as far as they may go", async () => {
    expect(await read(streamed("0123456789"))).toBe("0123456789");
    expect(await read(new Response(null, { status: 204 }))).toBe("");
    await expect(read(streamed("0123456789x"))).rejects.toThrow("too long");
    await expect(read(streamed("0123456789x", { "Content-Length": "11" }))).rejects.toThrow("too long");
  });

  it("without an end are left", async () => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(4)),
      cancel: () => {
        cancelled = true;
      },
    });
    await expect(read(new Response(endless))).rejects.toThrow("too long");
    expect(cancelled).toBe(true);
  });
});
