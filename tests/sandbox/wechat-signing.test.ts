/** Which key signs: replies by request and switch, callbacks by share, certificates in rotation. And what is sealed. */
import { afterEach, describe, expect, it } from "vitest";
import { told } from "./callbacks-client.ts";
import type { Received } from "./http.ts";
import { openSimulator } from "./simulator.ts";
import { call, nativeOrder, value, verified } from "./wechat-client.ts";
import { certificates, decrypted, encrypted } from "./wechat-secrets.ts";

const { env, control } = await openSimulator();

afterEach(() => control.post("/reset"));

const named = (serial: string) => ({ headers: { "Wechatpay-Serial": serial } });
const publicKeyId = () => value(env, "WECHAT_PUBLIC_KEY_ID");
/** Asks for something that succeeds, naming a key or none. */
const ask = (serial: string) => call(env, "GET", "/v3/certificates", undefined, named(serial));
const signing = (policy: object) => control.post("/wechat/signing", policy);
const outcome = (answer: Received) => [answer.status, answer.json().code];

/** The serials of the callbacks about new payments, in order. */
async function callbackSerials(count: number): Promise<string[]> {
  const serials: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const no = `order-${serials.length}-${Math.random().toString(36).slice(2, 8)}`;
    await call(env, "POST", "/v3/pay/transactions/native", nativeOrder(env, no, "https://shop.example/n"));
    await control.post(`/trades/wechat/${no}/pay`);
    const [taken] = await control.take({ outTradeNo: no });
    serials.push(taken?.headers["Wechatpay-Serial"] ?? "");
  }
  return serials;
}

describe("replies", () => {
  it("are signed with the public key when the request names it and the switch is on", async () => {
    const [certificate] = await certificates(env);
    expect((await ask(publicKeyId())).headers["wechatpay-serial"]).toBe(publicKeyId());
    await signing({ publicKeySwitch: false });
    const answer = await ask(publicKeyId());
    expect(answer.headers["wechatpay-serial"]).toBe(certificate?.serial);
    expect(verified(env, answer.headers, answer.body, certificate?.publicKey)).toBe(true);
    await signing({ publicKeySwitch: true });
    expect((await ask(publicKeyId())).headers["wechatpay-serial"]).toBe(publicKeyId());
    expect((await ask("")).headers["wechatpay-serial"]).toBe(certificate?.serial);
  });

  it("refuse a serial that names no key of WeChat Pay's, the merchant's own included", async () => {
    for (const serial of ["0".repeat(40), "PUB_KEY_ID_0", value(env, "WECHAT_API_SERIAL_NO")]) {
      const answer = await ask(serial);
      expect(outcome(answer)).toEqual([400, "PARAM_ERROR"]);
      expect(answer.json().message).toBe("平台证书序列号Wechatpay-Serial错误");
    }
  });
});

describe("a rotation of certificates", () => {
  it("lists both, signs with the new one later, and drops the old one at last", async () => {
    const [old] = await certificates(env);
    await control.post("/wechat/certificates/rotate");
    const [first, second, ...others] = await certificates(env);
    expect([first, others]).toEqual([old, []]);
    expect((await ask("")).headers["wechatpay-serial"]).toBe(old?.serial);
    await signing({ newestShare: 100 });
    const unnamed = await ask("");
    expect(unnamed.headers["wechatpay-serial"]).toBe(second?.serial);
    expect(verified(env, unnamed.headers, unnamed.body, second?.publicKey)).toBe(true);
    expect((await ask(old?.serial ?? "")).headers["wechatpay-serial"]).toBe(old?.serial);
    await control.post("/wechat/certificates/retire");
    expect(await certificates(env)).toEqual([second]);
    expect(outcome(await ask(old?.serial ?? ""))).toEqual([400, "PARAM_ERROR"]);
  });

  it("can let both sign for a while, callbacks too", async () => {
    await signing({ publicKeyShare: 0 });
    await control.post("/wechat/certificates/rotate");
    const [old, fresh] = (await certificates(env)).map((certificate) => certificate.serial);
    expect(await callbackSerials(2)).toEqual([old, old]);
    await signing({ newestShare: 50 });
    expect((await callbackSerials(4)).sort()).toEqual([old, old, fresh, fresh].sort());
  });

  it("says by its effective time which certificate is the newest", async () => {
    await control.post("/wechat/certificates/rotate");
    await control.post("/wechat/certificates/rotate");
    const { data } = JSON.parse((await ask(publicKeyId())).body);
    const times: number[] = data.map((each: { effective_time: string }) => Date.parse(each.effective_time));
    expect(times).toHaveLength(3);
    expect([...times].sort((a, b) => a - b)).toEqual(times);
    expect(new Set(times).size).toBe(3);
  });

  it("does not go together with the move to the public key", async () => {
    await signing({ publicKeyShare: 10 });
    await expect(control.post("/wechat/certificates/rotate")).rejects.toThrow("409");
  });
});

describe("the migration to the public key", () => {
  it("moves callbacks by shares, evenly", async () => {
    const [certificate] = await certificates(env);
    const shares: [number, number][] = [
      [0, 0],
      [10, 1],
      [50, 5],
      [100, 10],
    ];
    for (const [publicKeyShare, expected] of shares) {
      await control.post("/reset");
      await signing({ publicKeyShare });
      const serials = await callbackSerials(10);
      expect(serials.filter((serial) => serial === publicKeyId())).toHaveLength(expected);
      expect(serials.filter((serial) => serial === certificate?.serial)).toHaveLength(10 - expected);
    }
  });

  it("ends without certificates: an empty list or a 404, and no serial of theirs any more", async () => {
    const [certificate] = await certificates(env);
    await signing({ certificateList: "empty" });
    const empty = await ask(publicKeyId());
    expect([empty.status, empty.body]).toEqual([200, '{"data":[]}']);
    expect(verified(env, empty.headers, empty.body)).toBe(true);
    expect(outcome(await ask(certificate?.serial ?? ""))).toEqual([400, "PARAM_ERROR"]);
    await signing({ certificateList: "not_found" });
    expect(outcome(await ask(publicKeyId()))).toEqual([404, "RESOURCE_NOT_EXISTS"]);
  });
});

describe("the echo", () => {
  const ECHO = "/v3/security/echo";
  const echo = (body: object, serial = publicKeyId()) => call(env, "POST", ECHO, body, named(serial));

  it("says back what it is told, both ways, and again by callback", async () => {
    const body = {
      echo_message: "你好",
      encrypted_echo_message: encrypted(env, "秘密"),
      notify_url: "https://shop.example/echo",
    };
    const answer = await echo(body);
    expect(verified(env, answer.headers, answer.body)).toBe(true);
    expect(answer.json().echo_message).toBe("你好");
    expect(decrypted(env, answer.json().encrypted_echo_message)).toBe("秘密");
    const [callback] = await told(env, control, "");
    expect(callback).toMatchObject({ event: "SECURITY_ECHO.SUCCESS", originalType: "security" });
    expect(decrypted(env, callback?.plaintext.encrypted_echo_message)).toBe("秘密");
  });

  it("works with a certificate's key, but never with a mixture", async () => {
    const [certificate] = await certificates(env);
    const sealed = encrypted(env, "x", certificate?.publicKey);
    const order = { echo_message: "x", encrypted_echo_message: sealed };
    expect((await echo(order, certificate?.serial)).status).toBe(200);
    expect(outcome(await echo(order))).toEqual([400, "PARAM_ERROR"]);
  });

  it("wants to know the key, and a message", async () => {
    const unnamed = await echo({ echo_message: "x" }, "");
    expect(unnamed.json().message).toContain("HTTP header缺少微信支付平台证书序列号");
    expect(outcome(await echo({}))).toEqual([400, "PARAM_ERROR"]);
    expect((await echo({ echo_message: "x" })).json()).toEqual({ echo_message: "x" });
  });
});
