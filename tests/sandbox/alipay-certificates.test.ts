/** Alipay's certificate mode. */
import { X509Certificate } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { ask, call, node, noticeFields, rootSerialNumber, serialNumber } from "./alipay-client.ts";
import { openSimulator } from "./simulator.ts";
import { type Env, value } from "./wechat-client.ts";

interface Settings {
  readonly env: Record<string, string>;
  readonly alipay: { readonly certificateEnv: Record<string, string> };
}

const { sandbox, control } = await openSimulator();
const order = (no: string) => ({ out_trade_no: no, total_amount: "1.00", subject: "茶" });
const settings = async () => (await control.get("/settings")) as Settings;
const setUp = (change: object) => control.post("/alipay/application", change);

afterEach(() => control.post("/reset"));

describe("certificate mode", () => {
  const certified = async () => {
    await setUp({ mode: "certificate" });
    return (await settings()).env;
  };
  const query = (env: Env, parameters?: Record<string, string>) =>
    call(env, "alipay.trade.query", { out_trade_no: "t_none" }, parameters && { parameters });

  it("has its own variables, which are offered before it is on", async () => {
    const { certificateEnv } = (await settings()).alipay;
    expect(sandbox.env).not.toHaveProperty("ALIPAY_APP_CERT");
    const env = await certified();
    expect(env).toMatchObject(certificateEnv);
    expect(env).not.toHaveProperty("ALIPAY_PUBLIC_KEY");
  });

  it("answers with the certificate's SN between the node and its signature", async () => {
    const env = await certified();
    const answer = await query(env);
    expect(node(env, "alipay.trade.query", answer)).toMatchObject({ sub_code: "ACQ.TRADE_NOT_EXIST" });
    const sn = serialNumber(value(env, "ALIPAY_PUBLIC_CERT"));
    expect(answer.body).toContain(`},"alipay_cert_sn":"${sn}","sign":"`);
    expect(sn).toMatch(/^[0-9a-f]{32}$/);
  });

  it("wants both SNs on every call, and none in public-key mode", async () => {
    const env = await certified();
    const body = async (parameters: Record<string, string>, caller: Env = env) =>
      (await query(caller, parameters)).body;
    expect(await body({ app_cert_sn: "" })).toContain('"sub_code":"isv.app-cert-not-exist"');
    expect(await body({ app_cert_sn: "0".repeat(32) })).toContain('"sub_code":"isv.app-cert-not-exist"');
    expect(await body({ alipay_root_cert_sn: "" })).toContain('"sub_code":"isv.invalid-alipay-root-cert-sn"');
    const allRoots = `${"0".repeat(32)}_${rootSerialNumber(value(env, "ALIPAY_ROOT_CERT"))}`;
    expect(await body({ alipay_root_cert_sn: allRoots })).toContain("isv.invalid-alipay-root-cert-sn");
    await setUp({ mode: "public_key" });
    expect((await query(env)).body).toContain("isv.app-cert-not-exist");
  });

  it("has roots of which two count, and a chain under them", async () => {
    const env = await certified();
    const blocks = (name: string) => value(env, name).match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? [];
    const roots = blocks("ALIPAY_ROOT_CERT").map((pem) => new X509Certificate(pem));
    expect(roots).toHaveLength(4);
    expect(rootSerialNumber(value(env, "ALIPAY_ROOT_CERT"))).toMatch(/^[0-9a-f]{32}_[0-9a-f]{32}$/);
    const [leaf, authority] = blocks("ALIPAY_PUBLIC_CERT").map((pem) => new X509Certificate(pem));
    const app = new X509Certificate(value(env, "ALIPAY_APP_CERT"));
    const root = roots.find((each) => each.subject === authority?.issuer);
    if (!leaf || !authority || !root) throw new Error("no chain");
    expect([leaf, app].map((each) => each.verify(authority.publicKey) && each.checkIssued(authority))).toEqual([
      true,
      true,
    ]);
    expect(authority.verify(root.publicKey) && authority.ca).toBe(true);
  });

  it("signs notices with the certified key", async () => {
    const env = await certified();
    await ask(env, "alipay.trade.precreate", order("t_cert"), { parameters: { notify_url: "https://shop.example/n" } });
    await control.post("/trades/alipay/t_cert/pay");
    const [taken] = await control.take({ outTradeNo: "t_cert" });
    const body = Buffer.from(taken?.body ?? "", "base64").toString("utf8");
    expect(noticeFields(env, body)).toMatchObject({ trade_status: "TRADE_SUCCESS" });
    expect(() => noticeFields(sandbox.env, body)).toThrow("does not fit");
  });

  it("goes on to a new certificate, which can be downloaded by its SN", async () => {
    const env = await certified();
    await control.post("/alipay/certificates/rotate", { days: 20 });
    const answer = await query(env);
    expect(() => node(env, "alipay.trade.query", answer)).toThrow("does not fit");
    const renewed = (await settings()).env;
    expect(node(renewed, "alipay.trade.query", answer)).toMatchObject({ code: "40004" });
    const sn = /"alipay_cert_sn":"(\w+)"/.exec(answer.body)?.[1] ?? "";
    const method = "alipay.open.app.alipaycert.download";
    const { alipay_cert_content = "" } = await ask(renewed, method, { alipay_cert_sn: sn });
    const file = Buffer.from(alipay_cert_content, "base64").toString("utf8");
    expect(serialNumber(file)).toBe(sn);
    const days = (new X509Certificate(file).validToDate.getTime() - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(20);
    expect(await ask(renewed, method, { alipay_cert_sn: "0".repeat(32) })).toMatchObject({ code: "40002" });
    await setUp({ mode: "public_key" });
    expect((await call(sandbox.env, method, { alipay_cert_sn: sn })).body).toContain(
      "isv.insufficient-isv-permissions",
    );
  });

  it("may name a certificate that nobody has", async () => {
    const env = await certified();
    await control.fault({ kind: "unknown_serial", provider: "alipay" });
    expect((await query(env)).body).toContain(`"alipay_cert_sn":"${"0".repeat(32)}"`);
  });
});
