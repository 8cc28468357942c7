/** Callbacks whose bodies are a weapon: endless, slow, packed, broken off, or dear to read. Each is over soon. */
import { gzipSync } from "fflate";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { type Api, openApi } from "./api/support.ts";
import { startAfresh } from "./support/afresh.ts";
import { type SignedDelivery, signedCallback } from "./support/controls.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

/** Providers give up after so long. */
const PATIENCE_MS = 5000;
const LARGEST = 256 * 1024;
/** Unpacks to eighty times what a callback may have. */
const BOMB = Uint8Array.from(gzipSync(new Uint8Array(80 * LARGEST)));

const FAILED = { wechat: '{"code":"FAIL","message":"处理失败"}', alipay: "failure" } as const;

type Channel = keyof typeof FAILED;

async function post(channel: Channel, body: BodyInit, headers: HeadersInit = {}, api: Api = openApi()) {
  const startedAt = Date.now();
  const url = `https://shop.test/api/v1/payments/${channel}/notify`;
  const response = await api.send(new Request(url, { method: "POST", headers, body }));
  const text = await response.text();
  return { status: response.status, text, tookMs: Date.now() - startedAt };
}

/** A service that has read its keys, as it has long before most callbacks come. */
async function runningApi(channel: Channel): Promise<Api> {
  const api = openApi();
  await post(channel, "", {}, api);
  return api;
}

interface Stream {
  readonly body: ReadableStream<Uint8Array>;
  readonly sent: { chunks: number; isCancelled: boolean };
}

/** A body that goes on for ever, by chunks of so many bytes. Without any, it says nothing more after its first byte. */
function endless(bytes: number): Stream {
  const sent = { chunks: 0, isCancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        if (bytes === 0 && sent.chunks > 0) await new Promise(() => {});
        controller.enqueue(new Uint8Array(Math.max(1, bytes)).fill(0x20));
        sent.chunks += 1;
      },
      cancel: () => {
        sent.isCancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { body, sent };
}

describe.each(["wechat", "alipay"] as const)("%s", (channel) => {
  it("answers in time that a body which stops half-way has to come again, and waits for it no longer", async () => {
    const { body, sent } = endless(0);
    const { status, text, tookMs } = await post(channel, body, {}, await runningApi(channel));
    expect([status, text]).toEqual([500, FAILED[channel]]);
    expect(tookMs).toBeLessThan(PATIENCE_MS);
    expect(sent.isCancelled).toBe(true);
  });

  it("answers in time though the body trickles and verifying takes as long as it may", async () => {
    const body = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        controller.enqueue(Uint8Array.of(0x7b));
      },
    });
    const { status, tookMs } = await post(channel, body, {}, await runningApi(channel));
    expect(status).toBe(500);
    expect(tookMs).toBeLessThan(PATIENCE_MS);
  });

  it("reads no more of an endless body than a callback may have", async () => {
    const { body, sent } = endless(16 * 1024);
    expect((await post(channel, body)).status).toBe(413);
    expect(sent.chunks).toBeLessThanOrEqual(LARGEST / (16 * 1024) + 2);
    expect(sent.isCancelled).toBe(true);
  });

  it("does not believe a length that is announced", async () => {
    const { body, sent } = endless(16 * 1024);
    expect((await post(channel, body, { "Content-Length": "10" })).status).toBe(413);
    expect(sent.chunks).toBeLessThanOrEqual(LARGEST / (16 * 1024) + 2);
  });

  it("answers that a body which breaks off has to come again", async () => {
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error("the connection is gone")),
    });
    expect(await post(channel, body)).toMatchObject({ status: 500, text: FAILED[channel] });
  });

  it.each(["gzip", "deflate", "br", "zstd", "identity", "gzip, gzip", "x".repeat(1000)])(
    "unpacks nothing that is called %s",
    async (encoding) => {
      expect(BOMB.length).toBeLessThan(LARGEST);
      const { status, tookMs } = await post(channel, BOMB, { "Content-Encoding": encoding });
      expect(status).toBe(401);
      expect(tookMs).toBeLessThan(1000);
    },
  );

  it.each([
    ["forms of many fields", Array.from({ length: 40_000 }, (_, at) => `${at.toString(36)}=`).join("&")],
    ["nothing but separators", "&".repeat(LARGEST)],
    ["one name", `${"a".repeat(LARGEST - 1)}=`],
    ["percent signs", `a=${"%41".repeat(80_000)}`],
    ["deep nesting", "[".repeat(LARGEST)],
    ["deep objects", '{"a":'.repeat(LARGEST / 5)],
    ["tags", `<xml>${"<a>".repeat(80_000)}`],
    ["sections of text", `<xml><a>${"<![CDATA[".repeat(29_000)}</xml>`],
    ["spaces", `<xml><a>${" ".repeat(LARGEST - 20)}</xml>`],
    ["names in one field", `sign=AAAA&a=${"%26a".repeat(60_000)}`],
  ])("is through with %s at once", async (_, text) => {
    expect(text.length).toBeLessThanOrEqual(LARGEST);
    const { status, tookMs } = await post(channel, text);
    expect(status).toBe(401);
    expect(tookMs).toBeLessThan(1500);
  });

  it("is through with headers as long as they may be", async () => {
    const callback = await signedCallback({ provider: channel, callback: "trade" });
    for (const name of [...Object.keys(callback.headers), "Wechatpay-Signature-Type", "X-Request-Id", "Cookie"]) {
      const headers = { ...callback.headers, [name]: "A".repeat(100_000) };
      expect((await post(channel, callback.body, headers)).tookMs).toBeLessThan(1500);
    }
  });
});

describe("what a genuine callback is called", () => {
  const names: readonly SignedDelivery["headers"][] = [
    { "Content-Type": "text/plain" },
    { "Content-Type": "multipart/form-data; boundary=x" },
    { "Content-Type": "application/json; charset=gbk" },
    { "Content-Type": "application/xml" },
    { "Content-Encoding": "gzip" },
    { "Content-Type": "" },
  ];

  it.each(["wechat", "alipay"] as const)("does not matter: its bytes do (%s)", async (channel) => {
    for (const name of names) {
      const { headers, body } = await signedCallback({ provider: channel, callback: "trade" });
      expect((await post(channel, body, { ...headers, ...name })).status).toBe(200);
    }
  });
});
