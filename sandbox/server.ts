/** Starting and stopping the simulator. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import type { Mode } from "./alipay/application.ts";
import { billDownloads } from "./alipay/bills.ts";
import { alipayGateway } from "./alipay/gateway.ts";
import { control } from "./control.ts";
import type { SandboxEnv } from "./http.ts";
import { loadKeys } from "./keys.ts";
import { listedProxy } from "./listed-proxy.ts";
import { indexPage } from "./pages/index.ts";
import { payPages } from "./pages/pay.ts";
import { phonePages } from "./pages/phone.ts";
import { transferPages } from "./pages/transfer.ts";
import { wechatEntryPages } from "./pages/wechat-entry.ts";
import { callbackAddresses, shopEnvironment } from "./shop-environment.ts";
import { wechatGateway } from "./wechat/gateway.ts";
import { createWorld, type World } from "./world.ts";

interface SandboxOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Where generated keys are kept. Without it they live as long as the process. */
  readonly keysFile?: string;
  /** Whether the simulator posts callbacks by itself, or a test takes and delivers them. */
  readonly notify: "push" | "pull";
  /** The shop's address, from which the callback addresses in `env` are made. */
  readonly shopUrl?: string;
  /** The simulator's address in QR codes, where it differs from what it listens on. */
  readonly publicUrl?: string;
  /** How long a WeChat Pay refund stays PROCESSING. Default 2. */
  readonly refundSeconds?: number;
  /** Alipay's mode at the start and after a reset. Default public_key. */
  readonly alipayMode?: Mode;
  /** Whether Alipay's content encryption is switched on, at the start and after a reset. Default false. */
  readonly alipayEncryption?: boolean;
}

export interface Sandbox {
  readonly url: string;
  /** The shop's environment variables. */
  readonly env: Record<string, string>;
  close(): Promise<void>;
}

/** Starts a simulator with empty books. Rejects when the port is taken or the key file is not one. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const keys = await loadKeys(options.keysFile);
  const server = createServer();
  const listening = await listen(server, options.host ?? "127.0.0.1", options.port ?? 0);
  const url = options.publicUrl?.replace(/\/$/, "") ?? listening;
  const { shopUrl, notify, refundSeconds = 2, alipayMode = "public_key", alipayEncryption = false } = options;
  const refundUrl = shopUrl === undefined ? null : callbackAddresses(shopUrl).WECHAT_REFUND_NOTIFY_URL;
  const world = createWorld({ url, notify, refundSeconds, keys, refundUrl, alipayMode, alipayEncryption });
  const env = () => shopEnvironment(world, keys, shopUrl);
  const app = application(world, env);
  server.on(
    "request",
    getRequestListener((request, bindings) => app.fetch(request, bindings)),
  );
  return { url, env: env(), close: () => close(server, world) };
}

function application(world: World, env: () => Record<string, string>): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();
  app.route("/_sandbox", control(world, env));
  const wechat = wechatGateway(world);
  app.route("/", listedProxy(wechat));
  app.route("/", wechat);
  app.route("/", alipayGateway(world));
  app.route("/", billDownloads(world));
  app.route("/", phonePages(world));
  app.route("/", payPages(world));
  app.route("/", wechatEntryPages(world));
  app.route("/", transferPages(world));
  app.route("/", indexPage(world, env));
  return app;
}

function listen(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve(addressOf(server.address())));
  });
}

function addressOf(address: AddressInfo | string | null): string {
  if (address === null || typeof address === "string") throw new Error("the simulator listens on no port");
  const everywhere = address.address === "0.0.0.0" || address.address === "::";
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${everywhere ? "127.0.0.1" : host}:${address.port}`;
}

/** Stops at once: connections that hang on purpose are cut, callbacks to come are forgotten. */
function close(server: Server, world: World): Promise<void> {
  world.clock.reset();
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
