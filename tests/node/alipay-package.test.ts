/** `zhongdao-pay/alipay` is usable by itself: in any runtime with WebCrypto, and without the rest of the service. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { ROOT, reachOfFolder } from "./support/import-graph.ts";

/** What the folder may import besides itself. */
const ALLOWED = [
  /^zod$/,
  /^fflate$/,
  /^@noble\//,
  /^src\/crypto\//,
  /^src\/money\.ts$/,
  /^src\/providers\/(?:[^/]+|bills\/[^/]+|alipay\/.*)\.ts$/,
];

test("nothing of Hono, tRPC, Drizzle, Node or WeChat Pay can be reached from its folder", () => {
  const imported = reachOfFolder("src/providers/alipay");
  expect(imported.size).toBeGreaterThan(20);
  const forbidden = [...imported].filter(([name]) => !ALLOWED.some((allowed) => allowed.test(name)));
  expect(forbidden).toEqual([]);
});

/** What a user of the package writes, in a process with nothing but Node.js. */
const PROGRAM = `
  import { Alipay, fen, InputError } from "${packageJson.name}/alipay";
  const keys = await crypto.subtle.generateKey(
    { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) },
    true,
    ["sign", "verify"],
  );
  const base64 = async (format, key) => Buffer.from(await crypto.subtle.exportKey(format, key)).toString("base64");
  const sent = [];
  const alipay = new Alipay(
    {
      appId: "2021000000000001",
      privateKeyPem: await base64("pkcs8", keys.privateKey),
      publicKeyPem: await base64("spki", keys.publicKey),
      gatewayUrl: "https://openapi.alipay.com/gateway.do",
      notifyUrl: "https://pay.example.com/notify",
    },
    {
      fetch: async (url, init) => {
        sent.push(init.method + " " + new URL(url).searchParams.get("method"));
        const node = '{"code":"10000","out_trade_no":"ORDER_1","qr_code":"https:\\\\/\\\\/qr.alipay.com\\\\/bax1"}';
        const sign = await crypto.subtle.sign("RSASSA-PKCS1-v1_5", keys.privateKey, new TextEncoder().encode(node));
        const text = Buffer.from(sign).toString("base64");
        return new Response('{"alipay_trade_precreate_response":' + node + ',"sign":"' + text + '"}');
      },
    },
  );
  const trade = { outTradeNo: "ORDER_1", subject: "茶", amount: fen(1), expiresAt: new Date(Date.now() + 600_000) };
  const created = await alipay.createQr(trade);
  const web = await alipay.createWeb(trade);
  const refused = await alipay.createQr({ ...trade, storeId: "" }).catch((error) => error);
  console.log(JSON.stringify({ created, web, sent, field: refused instanceof InputError && refused.field }));
`;

test("a program that imports it pays, with nothing of the service around it", async () => {
  const node = promisify(execFile);
  const flags = ["--input-type=module", "--disable-warning=ExperimentalWarning", "--eval", PROGRAM];
  const { stdout, stderr } = await node(process.execPath, flags, { cwd: ROOT, env: {} });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toMatchObject({
    created: { kind: "ok", value: { credential: { method: "ALIPAY_QR", qrCode: "https://qr.alipay.com/bax1" } } },
    web: { kind: "ok", value: { credential: { payUrl: expect.stringContaining("alipay.trade.page.pay") } } },
    sent: ["POST alipay.trade.precreate"],
    field: "store_id",
  });
});
