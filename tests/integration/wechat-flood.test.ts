/** Forged callbacks in a flood, under serials that nobody has: at most one download, and what is genuine gets through. */
import { afterAll, beforeEach, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import { PaymentManager } from "../../src/payments/manager.ts";
import { getOrder } from "../../src/payments/orders/read-order.ts";
import { createServices } from "../../src/services.ts";
import { environment } from "./api/support.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { payAt, type SignedDelivery, signedCallback, takeDeliveries } from "./support/controls.ts";
import { newOrder, startPayment } from "./support/purchases.ts";
import { OPERATOR, openShop, unique } from "./support/shop.ts";
import { counting, signing } from "./support/wechat-keys.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const FLOOD = 30;
const NO_PUBLIC_KEY = { WECHAT_PUBLIC_KEY_ID: undefined, WECHAT_PUBLIC_KEY: undefined };
const CERTIFICATES = { publicKeySwitch: false, publicKeyShare: 0 } as const;

/** Callbacks that somebody made up, each under a serial of its own that could be a certificate's. */
function forgeries(outTradeNo: string): Promise<SignedDelivery[]> {
  const serials = Array.from({ length: FLOOD }, (_, index) => `5${String(index).padStart(39, "0")}`);
  const order = { provider: "wechat", callback: "trade", outTradeNo, signer: "foreign" };
  return Promise.all(serials.map((serial) => signedCallback({ ...order, serial })));
}

it.each([
  ["certificates only, none yet", NO_PUBLIC_KEY, CERTIFICATES, false],
  ["certificates only, some old ones", NO_PUBLIC_KEY, CERTIFICATES, true],
  ["the public key and certificates", {}, { publicKeyShare: 50 }, false],
  ["the public key, and an empty list", {}, { certificateList: "empty" }, false],
  ["the public key, and no list", {}, { certificateList: "not_found" }, false],
] as const)("a service with %s downloads once, and the genuine callback among them counts", async (...scene) => {
  const [, variables, policy, isOld] = scene;
  const shop = openShop();
  const purchase = await newOrder(shop);
  const outTradeNo = await startPayment(shop, purchase, "wechat");
  await payAt("wechat", outTradeNo);
  await signing(policy);
  const sent = { all: 0, downloads: 0 };
  const surroundings = { fetch: counting(sent), now: shop.ctx.now, writeLog: () => {} };
  const services = createServices(readConfig(environment(variables)), surroundings);
  const manager = () =>
    new PaymentManager(services.requestContext({ requestId: unique("request"), waitUntil: () => {} }));
  const post = ({ headers, body }: SignedDelivery) =>
    manager().notify("wechat", { headers: new Headers(headers), body });
  if (isOld) {
    await manager().query(purchase.customer, "wechat", purchase.orderId);
    await letPass(shop, 11 * 60);
    sent.downloads = 0;
  }
  const [genuine] = await takeDeliveries(outTradeNo);
  if (!genuine) throw new Error("no callback");
  const flood = await forgeries(outTradeNo);
  const half = FLOOD / 2;
  const answers = await Promise.all([...flood.slice(0, half), genuine, ...flood.slice(half)].map(post));
  const statuses = answers.map(({ status }) => status);
  expect(statuses.filter((status) => status === 401)).toHaveLength(FLOOD);
  expect(statuses[half]).toBe(200);
  expect(sent.downloads).toBeLessThanOrEqual(1);
  expect(await getOrder(shop.ctx, OPERATOR, purchase.orderId)).toMatchObject({ status: "PAID" });
  await Promise.all((await forgeries(outTradeNo)).map(post));
  expect(sent.downloads).toBeLessThanOrEqual(1);
});
