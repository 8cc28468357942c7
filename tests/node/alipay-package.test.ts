/** `zhongdao-pay/alipay` is usable by itself: in any runtime with WebCrypto, and without the rest of the service. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import { controlOf } from "../sandbox/control.ts";
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

/** What a user of the package writes, in a process with nothing but Node.js, against a simulator. */
const PROGRAM = `
  import { Alipay, fen, InputError } from "${packageJson.name}/alipay";
  const { CONTROL, ...env } = process.env;
  const alipay = new Alipay({
    appId: env.ALIPAY_APP_ID,
    privateKeyPem: env.ALIPAY_PRIVATE_KEY,
    certificates: { app: env.ALIPAY_APP_CERT, root: env.ALIPAY_ROOT_CERT, alipay: env.ALIPAY_PUBLIC_CERT },
    gatewayUrl: env.ALIPAY_GATEWAY_URL,
    notifyUrl: "https://shop.example/notify",
  });
  const control = async (path, body = {}) => {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(CONTROL + path, { method: "POST", headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(await answer.text());
    return answer.json();
  };
  const okay = async (call) => {
    const outcome = await call;
    if (outcome.kind !== "ok") throw new Error(JSON.stringify(outcome));
    return outcome.value;
  };
  const told = {};

  const trade = { outTradeNo: "ORDER_1", subject: "茶", amount: fen(1), expiresAt: new Date(Date.now() + 600_000) };
  told.qr = await okay(alipay.createQr(trade));
  told.web = await okay(alipay.createWeb(trade));
  const rejected = await alipay.createQr({ ...trade, storeId: "" }).catch((error) => error);
  told.field = rejected instanceof InputError && rejected.field;

  const payee = { identity: "2088000000000003", identityType: "ALIPAY_USER_ID" };
  const money = { outBillNo: "PAYOUT_1", title: "奖励", amount: fen(10), productCode: "TRANS_ACCOUNT_NO_PWD", payee };
  told.transfer = await okay(alipay.transfer(money));
  told.transferFound = await okay(alipay.queryTransfer(money));
  told.transferMissing = await okay(alipay.queryTransfer({ ...money, outBillNo: "PAYOUT_2" }));
  told.transferChanged = await alipay.transfer({ ...money, amount: fen(11) });

  const deposit = { title: "押金", amount: fen(1000), minutes: 30 };
  const { authCode } = await control("/alipay/auth-codes");
  told.scanned = await okay(alipay.freezeBarcode({ ...deposit, outOrderNo: "DEPOSIT_1", authCode }));
  told.cancelled = await okay(alipay.cancelFreeze("DEPOSIT_1"));
  told.code = await okay(alipay.freezeQr({ ...deposit, outOrderNo: "DEPOSIT_2" }));
  told.unopened = await okay(alipay.queryFreeze("DEPOSIT_2"));
  const { orderString } = await okay(alipay.freezeApp({ ...deposit, outOrderNo: "DEPOSIT_3" }));
  await control("/alipay/app-pay", { orderString });
  for (const outOrderNo of ["DEPOSIT_2", "DEPOSIT_3"]) await control("/alipay/freezes/" + outOrderNo + "/confirm");

  const part = { subject: "租金", amount: fen(300) };
  const byCode = await okay(alipay.queryFreeze("DEPOSIT_2"));
  const inApp = await okay(alipay.queryFreeze("DEPOSIT_3"));
  told.frozen = [byCode, inApp];
  const captures = [
    { ...part, outTradeNo: "RENT_2", authNo: byCode.authNo, channel: "qr" },
    { ...part, outTradeNo: "RENT_3", authNo: inApp.authNo, channel: "app", buyerId: "2088000000000002", final: true },
  ];
  told.captured = [];
  for (const capture of captures) told.captured.push(await okay(alipay.capture(capture)));
  const release = { outRequestNo: "BACK_2", authNo: byCode.authNo, amount: fen(200), remark: "还押金" };
  told.released = await okay(alipay.release(release));
  told.releaseFound = await okay(alipay.queryRelease({ outOrderNo: "DEPOSIT_2", outRequestNo: "BACK_2" }));
  told.final = await okay(alipay.queryFreeze("DEPOSIT_3"));

  const refund = { outRefundNo: "REFUND_2", outTradeNo: "RENT_2", amount: fen(300), reason: "多收" };
  told.refunded = await okay(alipay.refund(refund));
  told.refundFound = await okay(alipay.queryRefund(refund));
  told.captureFound = await okay(alipay.queryCapture("RENT_2"));
  console.log(JSON.stringify(told));
`;

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ notify: "pull" });
});
afterAll(() => sandbox.close());

/** Transfers are for certificate mode alone. Gives the variables of an application in it. */
async function certified(): Promise<Record<string, string>> {
  await controlOf(sandbox.url).post("/alipay/application", { mode: "certificate" });
  const { env } = (await controlOf(sandbox.url).get("/settings")) as { env: Record<string, string> };
  return env;
}

test("a program that imports it pays, pays out, freezes, captures and refunds, with nothing of the service around it", async () => {
  const node = promisify(execFile);
  const flags = ["--input-type=module", "--disable-warning=ExperimentalWarning", "--eval", PROGRAM];
  const env = { ...(await certified()), CONTROL: `${sandbox.url}/_sandbox` };
  const { stdout, stderr } = await node(process.execPath, flags, { cwd: ROOT, env });
  expect(stderr).toBe("");
  const frozen = { status: "frozen", authNo: expect.stringMatching(/^\d{28}$/), amount: 1000 };
  const done = { status: "success", providerNo: expect.any(String) };
  expect(JSON.parse(stdout)).toMatchObject({
    qr: { credential: { method: "ALIPAY_QR", qrCode: expect.stringContaining("/alipay/pay/") } },
    web: { credential: { payUrl: expect.stringContaining("alipay.trade.page.pay") } },
    field: "store_id",
    transfer: { status: "success", providerBillNo: expect.any(String) },
    transferFound: { status: "success", amount: 10 },
    transferMissing: { status: "not_found" },
    transferChanged: { kind: "unknown", cause: "echo" },
    scanned: frozen,
    cancelled: { status: "closed" },
    code: { channel: "qr", qrCode: expect.stringMatching(/^https:\/\/qr\.alipay\.com\//) },
    unopened: { status: "not_found" },
    frozen: [frozen, frozen],
    captured: [
      { ...done, amount: 300 },
      { ...done, amount: 300 },
    ],
    released: { ...done, amount: 200 },
    releaseFound: { ...done, amount: 200 },
    final: { status: "finished" },
    refunded: { status: "success", amount: 300 },
    refundFound: { status: "success", amount: 300 },
    captureFound: { ...done, amount: 300 },
  });
});
