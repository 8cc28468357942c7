import { spawn } from "node:child_process";
import { createPublicKey, X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startSandbox } from "../../sandbox/server.ts";
import { controlOf } from "./control.ts";
import { send } from "./http.ts";
import { call, nativeOrder } from "./wechat-client.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sandbox-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("the simulator", () => {
  it("keeps its keys in a file that only its owner reads, so a restart needs no new settings", async () => {
    const keysFile = join(folder, "deep", "keys.json");
    const first = await startSandbox({ notify: "pull", keysFile });
    await first.close();
    const second = await startSandbox({ notify: "pull", keysFile });
    await second.close();
    const lasting = Object.entries(first.env).filter(([, value]) => !value.startsWith(first.url));
    expect(lasting.length).toBeGreaterThan(10);
    expect(second.env).toMatchObject(Object.fromEntries(lasting));
    expect((await stat(keysFile)).mode & 0o077).toBe(0);
  });

  it("makes what a key file of an older version lacks, once, and leaves the rest alone", async () => {
    const keysFile = join(folder, "keys.json");
    const first = await startSandbox({ notify: "pull", keysFile });
    await first.close();
    const { v2Key: _, merchantCertificate: __, ...older } = JSON.parse(await readFile(keysFile, "utf8")).wechat;
    const { alipay, ...rest } = JSON.parse(await readFile(keysFile, "utf8"));
    const { appPrivateKey, gatewayPrivateKey } = alipay;
    await writeFile(keysFile, JSON.stringify({ ...rest, wechat: older, alipay: { appPrivateKey, gatewayPrivateKey } }));
    const second = await startSandbox({ notify: "pull", keysFile, alipayMode: "certificate", alipayEncryption: true });
    await second.close();
    expect(second.env.ALIPAY_PRIVATE_KEY).toBe(first.env.ALIPAY_PRIVATE_KEY);
    const { publicKey } = new X509Certificate(second.env.ALIPAY_APP_CERT ?? "");
    expect(publicKey.equals(createPublicKey(first.env.ALIPAY_PRIVATE_KEY ?? ""))).toBe(true);
    expect(second.env.WECHAT_API_CLIENT_KEY).toBe(first.env.WECHAT_API_CLIENT_KEY);
    expect(second.env.WECHAT_KEY).toMatch(/^\w{32}$/);
    const certificate = new X509Certificate(second.env.WECHAT_API_CLIENT_CERT ?? "");
    expect(certificate.serialNumber).toBe(first.env.WECHAT_API_SERIAL_NO);
    const third = await startSandbox({ notify: "pull", keysFile, alipayMode: "certificate", alipayEncryption: true });
    await third.close();
    expect(third.env).toMatchObject({
      WECHAT_KEY: second.env.WECHAT_KEY,
      WECHAT_API_CLIENT_CERT: second.env.WECHAT_API_CLIENT_CERT,
      ALIPAY_PUBLIC_CERT: second.env.ALIPAY_PUBLIC_CERT,
      ALIPAY_ENCRYPT_KEY: second.env.ALIPAY_ENCRYPT_KEY,
    });
    expect((await stat(keysFile)).mode & 0o077).toBe(0);
  });

  it("says which file is no key file", async () => {
    const keysFile = join(folder, "keys.json");
    await writeFile(keysFile, "{}");
    await expect(startSandbox({ notify: "pull", keysFile })).rejects.toThrow(keysFile);
  });

  it("names the shop's callback addresses only when it knows the shop", async () => {
    const alone = await startSandbox({ notify: "pull" });
    await alone.close();
    expect(alone.env).not.toHaveProperty("WECHAT_NOTIFY_URL");
    const sandbox = await startSandbox({ notify: "pull", shopUrl: "http://127.0.0.1:8787/" });
    await sandbox.close();
    expect(sandbox.env).toMatchObject({
      WECHAT_NOTIFY_URL: "http://127.0.0.1:8787/api/v1/payments/wechat/notify",
      ALIPAY_RETURN_URL: "http://127.0.0.1:8787/api/v1/payments/alipay/return",
      ALIPAY_REFUND_NOTIFY_URL: "http://127.0.0.1:8787/api/v1/payments/alipay/refund/notify",
      WECHAT_API_CLIENT_KEY: expect.stringContaining("\n"),
    });
  });

  it("rejects when its port is taken, and lets go of it when closed", async () => {
    const first = await startSandbox({ notify: "pull" });
    const port = Number(new URL(first.url).port);
    await expect(startSandbox({ notify: "pull", port })).rejects.toThrow("EADDRINUSE");
    await first.close();
    const second = await startSandbox({ notify: "pull", port });
    await second.close();
  });

  it("closes at once though a connection hangs on purpose", async () => {
    const sandbox = await startSandbox({ notify: "pull" });
    await controlOf(sandbox.url).fault({ kind: "timeout_before" });
    const hanging = call(sandbox.env, "GET", "/v3/certificates");
    const hungUp = expect(hanging).rejects.toThrow();
    await expect
      .poll(async () => (await send({ method: "GET", url: `${sandbox.url}/_sandbox/faults` })).body)
      .toBe("[]");
    await sandbox.close();
    await hungUp;
  });

  it("forgets books, faults and time on reset, and keeps its keys", async () => {
    const sandbox = await startSandbox({ notify: "pull" });
    const control = controlOf(sandbox.url);
    await call(
      sandbox.env,
      "POST",
      "/v3/pay/transactions/native",
      nativeOrder(sandbox.env, "order-1", "https://s.example/n"),
    );
    await control.fault({ kind: "http_500" });
    await control.advance(3600);
    await control.post("/reset");
    const get = async (path: string) => (await send({ method: "GET", url: `${sandbox.url}/_sandbox${path}` })).json();
    expect([await get("/trades"), await get("/faults"), await get("/deliveries")]).toEqual([[], [], []]);
    expect(await get("/clock")).toMatchObject({ aheadSeconds: 0 });
    expect((await call(sandbox.env, "GET", "/v3/certificates")).status).toBe(200);
    await sandbox.close();
  });

  it("takes orders only under a name of this machine", async () => {
    const sandbox = await startSandbox({ notify: "pull" });
    const url = `${sandbox.url}/_sandbox/settings`;
    expect((await send({ method: "GET", url, headers: { Host: "attacker.example" } })).status).toBe(403);
    expect((await send({ method: "GET", url })).status).toBe(200);
    await sandbox.close();
  });

  // A process of its own, which makes its own keys.
  it("starts alone with one command and prints the shop's settings", async () => {
    const args = [
      "sandbox/main.ts",
      "--port",
      "0",
      "--keys",
      join(folder, "keys.json"),
      "--notify-base",
      "http://127.0.0.1:1",
    ];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const names: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      names.push(line.split("=")[0] ?? "");
      if (names.at(-1) === "ALIPAY_REFUND_NOTIFY_URL") child.kill("SIGTERM");
    }
    expect(names).toContain("WECHAT_API_CLIENT_KEY");
    expect(names).toContain("ALIPAY_NOTIFY_URL");
    for (const name of ["APP_ID", "MINI_APP_ID", "MOBILE_APP_ID", "KEY", "API_CLIENT_CERT"]) {
      expect(names).toContain(`WECHAT_${name}`);
    }
  });
});
