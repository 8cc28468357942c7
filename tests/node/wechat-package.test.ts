/** `zhongdao-pay/wechat` is usable by itself: in any runtime with WebCrypto, and without the rest of the service. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { ROOT, reach, reachOfFolder } from "./support/import-graph.ts";

/** What the folder may import besides itself. */
const ALLOWED = [
  /^zod$/,
  /^@noble\//,
  /^src\/crypto\//,
  /^src\/money\.ts$/,
  /^src\/providers\/(?:[^/]+|bills\/[^/]+|wechat\/.*)\.ts$/,
];

test("nothing of Hono, tRPC, Drizzle or Node can be reached from its folder", () => {
  const imported = reachOfFolder("src/providers/wechat");
  expect(imported.size).toBeGreaterThan(20);
  const forbidden = [...imported].filter(([name]) => !ALLOWED.some((allowed) => allowed.test(name)));
  expect(forbidden).toEqual([]);
});

test("the walk would see what is forbidden", () => {
  const imported = reach([join(ROOT, "src/app.ts")]);
  expect([...imported.keys()]).toEqual(expect.arrayContaining(["hono", "drizzle-orm"]));
});

/** What a user of the package writes, in a process with nothing but Node.js. */
const PROGRAM = `
  import { fen, InputError, WechatPay } from "${packageJson.name}/wechat";
  const keys = await crypto.subtle.generateKey(
    { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) },
    true,
    ["sign", "verify"],
  );
  const base64 = async (format, key) => Buffer.from(await crypto.subtle.exportKey(format, key)).toString("base64");
  const sent = [];
  const wechat = new WechatPay(
    {
      appId: "wx2421b1c4370ec43b",
      mchId: "1900007291",
      apiV3Key: "0123456789abcdefghijABCDEFGHIJ!?",
      privateKeyPem: await base64("pkcs8", keys.privateKey),
      serialNo: "408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB",
      publicKey: { id: "PUB_KEY_ID_01", pem: await base64("spki", keys.publicKey) },
      baseUrl: "https://api.mch.weixin.qq.com",
      notifyUrl: "https://pay.example.com/notify",
      refundNotifyUrl: "https://pay.example.com/refund/notify",
    },
    {
      fetch: async (url, init) => {
        sent.push(init.method + " " + url);
        const body = '{"code_url":"weixin://wxpay/bizpayurl/up?pr=1"}';
        const timestamp = String(Math.floor(Date.now() / 1000));
        const text = new TextEncoder().encode(timestamp + "\\nnonce\\n" + body + "\\n");
        const signature = await crypto.subtle.sign("RSASSA-PKCS1-v1_5", keys.privateKey, text);
        return new Response(body, {
          headers: {
            "Wechatpay-Timestamp": timestamp,
            "Wechatpay-Nonce": "nonce",
            "Wechatpay-Serial": "PUB_KEY_ID_01",
            "Wechatpay-Signature": Buffer.from(signature).toString("base64"),
          },
        });
      },
    },
  );
  const trade = { outTradeNo: "ORDER-1", description: "茶", amount: fen(1), expiresAt: new Date(Date.now() + 600_000) };
  const created = await wechat.createNative(trade);
  const refused = await wechat.createNative({ ...trade, attach: "🎁" }).catch((error) => error);
  console.log(JSON.stringify({ created, sent, field: refused instanceof InputError && refused.field }));
`;

test("a program that imports it pays, with nothing of the service around it", async () => {
  const node = promisify(execFile);
  const flags = ["--input-type=module", "--disable-warning=ExperimentalWarning", "--eval", PROGRAM];
  const { stdout, stderr } = await node(process.execPath, flags, { cwd: ROOT, env: {} });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toMatchObject({
    created: {
      kind: "ok",
      value: { credential: { method: "WECHAT_NATIVE", codeUrl: expect.stringContaining("weixin://") } },
    },
    sent: ["POST https://api.mch.weixin.qq.com/v3/pay/transactions/native"],
    field: "attach",
  });
});
