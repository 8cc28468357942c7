/** The simulated WeChat Pay and Alipay in this process, with virtual time and seeded chance. */
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { Hono } from "hono";
import type * as z from "zod";
import { alipayGateway } from "../../../sandbox/alipay/gateway.ts";
import { FaultSchema } from "../../../sandbox/faults.ts";
import type { SandboxEnv } from "../../../sandbox/http.ts";
import type { Keys } from "../../../sandbox/keys.ts";
import { callbackAddresses } from "../../../sandbox/shop-environment.ts";
import { wechatGateway } from "../../../sandbox/wechat/gateway.ts";
import { createWorld, type World } from "../../../sandbox/world.ts";
import type { Incoming, Outgoing } from "./call.ts";
import { type Party, runAs } from "./party.ts";

const PROVIDER_URL = "http://127.0.0.1:9600";
export const SHOP_URL = "https://shop.test";

export type ProviderFault = Partial<z.input<typeof FaultSchema>> & {
  readonly kind: z.input<typeof FaultSchema>["kind"];
};

export interface Providers {
  /** Carries a request out, as the shop or a browser sends it. */
  serve(request: Pick<Outgoing, "method" | "url" | "headers" | "body">): Promise<Incoming>;
  /** Lets the next call misbehave that fits; what no call took up is forgotten by `settle`. */
  misbehave(fault: ProviderFault): void;
  settle(): void;
  /**
   * Does something at the providers: a buyer pays, somebody refunds in their console. Whatever is read there is read here, too:
   * looking at a trade closes it when its time is over, and time is virtual in here only.
   */
  act<T>(work: (world: World) => T): T;
}

/** Providers with empty books. `refundSeconds` is how long a refund by WeChat Pay stays under way. */
export function openProviders(party: Party, keys: Keys, refundSeconds: number): Providers {
  const act = <T>(work: (world: World) => T): T => runAs(party, () => work(world));
  const world = runAs(party, () =>
    createWorld({
      url: PROVIDER_URL,
      notify: "pull",
      refundSeconds,
      keys,
      refundUrl: callbackAddresses(SHOP_URL).WECHAT_REFUND_NOTIFY_URL,
      alipayMode: "public_key",
      alipayEncryption: false,
    }),
  );
  const app = new Hono<SandboxEnv>().route("/", wechatGateway(world)).route("/", alipayGateway(world));
  return {
    act,
    serve: (request) => runAs(party, () => serve(app, request)),
    misbehave: (fault) => act(() => world.faults.add(FaultSchema.parse(fault))),
    settle: () => world.faults.clear(),
  };
}

const socket = new Socket();

async function serve(
  app: Hono<SandboxEnv>,
  { method, url, headers, body }: Pick<Outgoing, "method" | "url" | "headers" | "body">,
): Promise<Incoming> {
  const incoming = new IncomingMessage(socket);
  incoming.url = url.pathname + url.search;
  const sent = new Headers(headers);
  sent.set("host", url.host);
  const request = new Request(url, { method, headers: sent, ...(method === "POST" && { body }) });
  const response = await app.fetch(request, { incoming, outgoing: new ServerResponse(incoming) });
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: new Uint8Array(await response.arrayBuffer()),
  };
}
