import { describe, expect, test } from "vitest";
import { WechatClient } from "../../../../src/providers/wechat/client.ts";
import type { SentRequest } from "../support/calls.ts";
import { NOW } from "../support/calls.ts";
import { makeKeyPair } from "../support/keys.ts";
import { errorReply, MCH_ID, signatureHeaders, signedReply, wechatConfig } from "../support/wechat.ts";
import { type Answer, broken, covers, inTurn, scriptedClient, signed, timing } from "../support/wechat-client.ts";

const CREATE = { method: "POST", path: "/v3/pay/transactions/native", body: '{"total":1}' } as const;
const QUERY = { method: "GET", path: `/v3/pay/transactions/out-trade-no/a%7Cb*c?mchid=${MCH_ID}` } as const;
const BACKUP = { backupUrl: "https://api2.mch.weixin.qq.com" };

const success: Answer = () => signedReply({ code_url: "weixin://" });
const trouble: Answer = () => errorReply(500, "SYSTEM_ERROR");
const hosts = (sent: readonly SentRequest[]) => sent.map(({ url }) => url.host);

async function spoilt(change: (headers: Headers) => void): Promise<Response> {
  const body = JSON.stringify({ code_url: "weixin://" });
  const headers = await signatureHeaders(body);
  change(headers);
  return new Response(body, { headers });
}

describe("a connection that breaks", () => {
  test("is followed by one send to the backup address, signed anew", async () => {
    const { client, sent } = await scriptedClient(inTurn(broken, success), BACKUP);
    expect(await client.call(CREATE, timing())).toMatchObject({ kind: "success", sends: 2 });
    expect(hosts(sent)).toEqual(["api.mch.weixin.qq.com", "api2.mch.weixin.qq.com"]);
    expect(sent.map(({ body }) => body)).toEqual([CREATE.body, CREATE.body]);
    expect(signed(sent[0], "nonce_str")).not.toBe(signed(sent[1], "nonce_str"));
    expect(await covers(sent[1], "POST", CREATE.path, CREATE.body)).toBe(true);
  });

  test("twice ends in silence", async () => {
    const { client, sent } = await scriptedClient(broken, BACKUP);
    expect(await client.call(CREATE, timing())).toMatchObject({ kind: "unknown", cause: "network", sends: 2 });
    expect(sent).toHaveLength(2);
  });

  test("without a backup address ends in silence at once", async () => {
    const { client, sent } = await scriptedClient(broken);
    expect(await client.call(CREATE, timing())).toMatchObject({ kind: "unknown", cause: "network", sends: 1 });
    expect(sent).toHaveLength(1);
  });

  test.each([520, 521, 522, 523, 524, 525, 526, 530])("may look like an answer with status %d", async (status) => {
    const { client, sent } = await scriptedClient(
      inTurn(() => new Response("error code", { status }), success),
      BACKUP,
    );
    expect(await client.call(CREATE, timing())).toMatchObject({ kind: "success", sends: 2 });
    expect(hosts(sent)[1]).toBe("api2.mch.weixin.qq.com");
  });

  test.each([
    ["an error", () => errorReply(400, "PARAM_ERROR"), 1],
    ["a server in trouble", trouble, 3],
    ["a false signature", () => Response.json({}), 2],
  ] as const)("is not what %s is: the backup is left alone", async (_, answer, sends) => {
    const { client, sent } = await scriptedClient(answer, BACKUP);
    await client.call(CREATE, timing());
    expect(hosts(sent)).toEqual(Array(sends).fill("api.mch.weixin.qq.com"));
  });

  test("and a server in trouble behind it are three sends at most", async () => {
    const { client, sent } = await scriptedClient(inTurn(broken, trouble), BACKUP);
    expect(await client.call(CREATE, timing())).toMatchObject({ kind: "unknown", cause: "server", sends: 3 });
    expect(hosts(sent).slice(1)).toEqual(["api2.mch.weixin.qq.com", "api2.mch.weixin.qq.com"]);
  });
});

describe("a server in trouble", () => {
  test.each([
    ["500 SYSTEM_ERROR", trouble],
    ["500 BANKERROR", () => errorReply(500, "BANKERROR")],
    ["502", () => new Response("<html>", { status: 502 })],
    ["503 SERVICE_UNAVAILABLE", () => errorReply(503, "SERVICE_UNAVAILABLE")],
  ])("(%s) is asked the same again after a moment", async (_, answer) => {
    const { client, sent } = await scriptedClient(inTurn(answer, answer, success));
    const start = Date.now();
    expect(await client.call(CREATE, timing())).toMatchObject({ kind: "success", sends: 3 });
    expect(Date.now() - start).toBeGreaterThanOrEqual(250);
    expect(new Set(sent.map(({ body }) => body))).toEqual(new Set([CREATE.body]));
    expect(new Set(sent.map((request) => signed(request, "nonce_str"))).size).toBe(3);
  });

  test("is not asked again for what it does not have", async () => {
    const { client, sent } = await scriptedClient(() => new Response(null, { status: 501 }));
    expect(await client.call(CREATE, timing())).toMatchObject({ kind: "unknown", sends: 1 });
    expect(sent).toHaveLength(1);
  });
});

describe("the time for a call", () => {
  test("bounds its repeats and the pauses between them", async () => {
    const time = new AbortController();
    const last: Answer = (request) => {
      setTimeout(() => time.abort(), 10);
      return trouble(request);
    };
    const { client, sent } = await scriptedClient(inTurn(trouble, last));
    expect(await client.call(CREATE, timing({ signal: time.signal }))).toMatchObject({ kind: "unknown", sends: 2 });
    expect(sent).toHaveLength(2);
  });

  test("ends a send that is never answered, and nothing follows it", async () => {
    let sends = 0;
    const never: typeof fetch = (_, init) =>
      new Promise((__, reject) => {
        sends += 1;
        init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
      });
    const client = new WechatClient(await wechatConfig(BACKUP), { fetch: never });
    const reply = await client.call(CREATE, timing({ signal: AbortSignal.timeout(50) }));
    expect(reply).toMatchObject({ kind: "unknown", cause: "timeout", sends: 1 });
    expect(sends).toBe(1);
  });

  test("ends an answer that never ends", async () => {
    const endless: typeof fetch = async (_, init) =>
      new Response(
        new ReadableStream({
          start: (controller) => init?.signal?.addEventListener("abort", () => controller.error(init.signal?.reason)),
        }),
      );
    const client = new WechatClient(await wechatConfig(), { fetch: endless });
    const reply = await client.call(CREATE, timing({ signal: AbortSignal.timeout(50) }));
    expect(reply).toMatchObject({ kind: "unknown", cause: "timeout" });
  });
});

describe("a success that does not verify", () => {
  const flaws: readonly (readonly [string, Answer])[] = [
    ["unsigned", () => Response.json({ code_url: "weixin://" })],
    ["signed by somebody else", async () => signedReply({}, 200, { key: await makeKeyPair() })],
    ["old", () => signedReply({}, 200, { at: NOW - 301_000 })],
    ["from tomorrow", () => signedReply({}, 200, { at: NOW + 301_000 })],
    ["under an unknown public key", () => signedReply({}, 200, { serial: "PUB_KEY_ID_999" })],
    ["of another type", () => spoilt((headers) => headers.set("Wechatpay-Signature-Type", "WECHATPAY2-SM2-WITH-SM3"))],
    ["a probe", () => spoilt((headers) => headers.set("Wechatpay-Signature", probe(headers)))],
    [
      "a probe that is no base64",
      () => spoilt((headers) => headers.set("Wechatpay-Signature", "WECHATPAY/SIGNTEST/!")),
    ],
    ["not base64", () => spoilt((headers) => headers.set("Wechatpay-Signature", "?!"))],
    ["dated in words", () => spoilt((headers) => headers.set("Wechatpay-Timestamp", "now"))],
  ];
  const probe = (headers: Headers) => `WECHATPAY/SIGNTEST/${headers.get("Wechatpay-Signature")}`;

  test.each(flaws)("(%s) is dropped, and the repeat counts", async (_, flawed) => {
    const { client } = await scriptedClient(inTurn(flawed, success));
    expect(await client.call(CREATE, timing())).toMatchObject({ kind: "success", sends: 2 });
  });

  test.each(flaws)("(%s) twice proves nothing", async (_, flawed) => {
    const { client, sent } = await scriptedClient(flawed);
    expect(await client.call(CREATE, timing())).toMatchObject({ kind: "unknown", cause: "unverified", sends: 2 });
    expect(sent).toHaveLength(2);
  });

  test("counts without a signature type, which means RSA", async () => {
    const { client } = await scriptedClient(() => spoilt((headers) => headers.delete("Wechatpay-Signature-Type")));
    expect(await client.call(CREATE, timing())).toMatchObject({ kind: "success", sends: 1 });
  });

  test("errors are not asked for a signature", async () => {
    const { client } = await scriptedClient(() => errorReply(404, "ORDER_NOT_EXIST"));
    expect(await client.call(QUERY, timing())).toMatchObject({ kind: "error", status: 404, sends: 1 });
  });
});
