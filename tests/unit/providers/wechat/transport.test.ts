import { describe, expect, test } from "vitest";
import { WechatClient } from "../../../../src/providers/wechat/client.ts";
import { NOW } from "../support/calls.ts";
import { errorReply, MCH_ID, PUBLIC_KEY_ID, signedReply, wechatConfig } from "../support/wechat.ts";
import { broken, covers, inTurn, scriptedClient, signed, timing } from "../support/wechat-client.ts";

const BODY = '{"transfer_amount":10}';
const TRANSFER = { method: "POST", path: "/v3/fund-app/mch-transfer/transfer-bills?a=b", body: BODY } as const;
const QUERY = { method: "GET", path: `/v3/pay/transactions/out-trade-no/a%7Cb*c?mchid=${MCH_ID}` } as const;
const PROXY = { proxyUrl: "https://proxy.shop.example/wechat/", backupUrl: "https://api2.mch.weixin.qq.com" };
const success = () => signedReply({});

describe("a request", () => {
  test("signs its path and query as they are sent", async () => {
    const { client, sent } = await scriptedClient(success);
    await client.call(QUERY, timing());
    expect(sent[0]?.url.href).toBe(`https://api.mch.weixin.qq.com${QUERY.path}`);
    expect(await covers(sent[0], "GET", QUERY.path, "")).toBe(true);
    expect(signed(sent[0], "timestamp")).toBe(String(NOW / 1000));
    expect(signed(sent[0], "serial_no")).toBe("408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB");
    expect(signed(sent[0], "mchid")).toBe(MCH_ID);
  });

  test("signs its body to the byte", async () => {
    const { client, sent } = await scriptedClient(success);
    const body = '{"description":"新年礼盒\\n"}\n';
    await client.call({ ...TRANSFER, body }, timing());
    expect(sent[0]?.body).toBe(body);
    expect(await covers(sent[0], "POST", TRANSFER.path, body)).toBe(true);
  });

  test("has the headers that every call needs", async () => {
    const { client, sent } = await scriptedClient(success);
    await client.call(QUERY, timing());
    await client.call(TRANSFER, timing());
    for (const { headers } of sent) {
      expect(headers.get("Accept")).toBe("application/json");
      expect(headers.get("User-Agent")).toMatch(/^zhongdao-pay\//);
      expect(headers.get("Wechatpay-Serial")).toBe(PUBLIC_KEY_ID);
    }
    expect(sent.map(({ headers }) => headers.get("Content-Type"))).toEqual([null, "application/json"]);
  });

  test("names the key of its encrypted fields instead of the public key", async () => {
    const { client, sent } = await scriptedClient(success);
    await client.call({ ...TRANSFER, encryptedFor: "5DEA10EF" }, timing());
    expect(sent[0]?.headers.get("Wechatpay-Serial")).toBe("5DEA10EF");
  });

  test("names no key when there is no public key and nothing is encrypted", async () => {
    const { publicKey: _, ...config } = await wechatConfig();
    const seen: (string | null)[] = [];
    const fetch = async (_url: unknown, init: RequestInit = {}) => {
      seen.push(new Headers(init.headers).get("Wechatpay-Serial"));
      return errorReply(404, "ORDER_NOT_EXIST");
    };
    await new WechatClient(config, { fetch }).call(QUERY, timing());
    expect(seen).toEqual([null]);
  });
});

describe("a call that needs a listed address", () => {
  const listed = { ...TRANSFER, listedAddress: true };

  test("goes through the proxy, signed for the path that WeChat Pay gets", async () => {
    const { client, sent } = await scriptedClient(success, PROXY);
    expect(await client.call(listed, timing())).toMatchObject({ kind: "success" });
    expect(sent[0]?.url.href).toBe(`https://proxy.shop.example/wechat${TRANSFER.path}`);
    expect(await covers(sent[0], "POST", TRANSFER.path, BODY)).toBe(true);
  });

  test("does not go to the backup address, which is not behind the proxy", async () => {
    const { client, sent } = await scriptedClient(broken, PROXY);
    expect(await client.call(listed, timing())).toMatchObject({ kind: "unknown", cause: "network", sends: 1 });
    expect(sent.map(({ url }) => url.host)).toEqual(["proxy.shop.example"]);
  });

  test("goes straight there without a proxy, and other calls always do", async () => {
    const { client: bare, sent: direct } = await scriptedClient(success);
    await bare.call(listed, timing());
    const { client, sent } = await scriptedClient(success, PROXY);
    await client.call(TRANSFER, timing());
    expect([...direct, ...sent].map(({ url }) => url.host)).toEqual(Array(2).fill("api.mch.weixin.qq.com"));
  });
});

describe("a downloaded bill", () => {
  const URL_GIVEN =
    "https://bill.example/v3/billdownload/file?token=6XIv5TUPto7pByrTQKhd6kwvyKLG2uY2w%3D%3D&tartype=gzip";

  test("is asked for at the very address, signed, and needs no signature", async () => {
    const { client, sent } = await scriptedClient(() => new Response("`交易时间"));
    const outcome = await client.download(URL_GIVEN, timing());
    expect(sent[0]?.url.href).toBe(URL_GIVEN);
    expect(await covers(sent[0], "GET", URL_GIVEN.slice("https://bill.example".length), "")).toBe(true);
    expect(outcome.kind === "ok" && (await new Response(outcome.value).text())).toBe("`交易时间");
  });

  test("comes in as a stream of any length", async () => {
    const part = new Uint8Array(256 * 1024);
    let left = 20;
    const pull = (controller: ReadableStreamDefaultController) => {
      left -= 1;
      return left < 0 ? controller.close() : controller.enqueue(part);
    };
    const { client } = await scriptedClient(() => new Response(new ReadableStream({ pull }, { highWaterMark: 0 })));
    const outcome = await client.download(URL_GIVEN, timing());
    expect(left).toBeGreaterThan(15);
    const bytes = outcome.kind === "ok" ? await new Response(outcome.value).arrayBuffer() : undefined;
    expect(bytes?.byteLength).toBe(20 * part.length);
  });

  test.each([
    [400, "INVALID_REQUEST", "refused"],
    [403, "NO_AUTH", "refused"],
    [400, "STATEMENT_CREATING", "later"],
    [429, "FREQUENCY_LIMITED", "later"],
    [400, "A_CODE_OF_TOMORROW", "unknown"],
  ])("that is answered %d %s is %s", async (status, code, kind) => {
    const { client } = await scriptedClient(() => errorReply(status, code));
    expect(await client.download(URL_GIVEN, timing())).toMatchObject({ kind });
  });

  test("is asked for again when the server is in trouble", async () => {
    const { client, sent } = await scriptedClient(
      inTurn(
        () => errorReply(503, ""),
        () => new Response("bill"),
      ),
    );
    expect(await client.download(URL_GIVEN, timing())).toMatchObject({ kind: "ok" });
    expect(sent).toHaveLength(2);
  });

  test.each(["", "file", "ftp://bill.example/file"])("has an address: %j is none", async (url) => {
    const { client, sent } = await scriptedClient(success);
    expect(await client.download(url, timing())).toMatchObject({ kind: "unknown" });
    expect(sent).toEqual([]);
  });
});
