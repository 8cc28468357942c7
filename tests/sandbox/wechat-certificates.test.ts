/** The certificates of both sides. */
import { createPublicKey, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { openSimulator } from "./simulator.ts";
import { call, unsealed, value, verified } from "./wechat-client.ts";
import { decrypted, encrypted } from "./wechat-secrets.ts";

const { env } = await openSimulator();

describe("the platform certificate", () => {
  it("comes encrypted, is self-signed X.509 v3 and carries the serial it is listed under", async () => {
    const listed = await call(env, "GET", "/v3/certificates");
    expect(verified(env, listed.headers, listed.body)).toBe(true);
    const { data } = JSON.parse(listed.body);
    const certificate = new X509Certificate(unsealed(env, data[0].encrypt_certificate));
    expect(certificate.serialNumber).toBe(data[0].serial_no);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.verify(createPublicKey(value(env, "WECHAT_PUBLIC_KEY")))).toBe(false);
    expect(certificate.subject).toContain("CN=Simulated WeChat Pay platform certificate");
    expect(certificate.validToDate.getTime()).toBeGreaterThan(Date.now() + 4 * 365 * 86_400_000);
  });
});

it("lists certificates of RSA, and none of SM2", async () => {
  const list = async (type: string) => call(env, "GET", `/v3/certificates?algorithm_type=${type}`);
  expect(JSON.parse((await list("RSA")).body).data).toHaveLength(1);
  expect(JSON.parse((await list("ALL")).body).data).toHaveLength(1);
  expect(JSON.parse((await list("SM2")).body).data).toEqual([]);
  expect((await list("DSA")).json()).toMatchObject({ code: "PARAM_ERROR", detail: { location: "query" } });
});

it("gives the merchant an API certificate of its own key and serial", () => {
  const certificate = new X509Certificate(value(env, "WECHAT_API_CLIENT_CERT"));
  expect(certificate.serialNumber).toBe(env.WECHAT_API_SERIAL_NO);
  expect(certificate.validToDate.getTime()).toBeGreaterThan(Date.now());
  const message = "公钥";
  expect(
    decrypted(env, encrypted(env, message, certificate.publicKey.export({ type: "spki", format: "pem" }).toString())),
  ).toBe(message);
});
