/** Certificates are renewed on schedule, and a provider that has none to give keeps no other job from its work. */
import { afterAll, beforeEach, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import { runJobs } from "../../src/jobs/run.ts";
import { getOrder } from "../../src/payments/orders/read-order.ts";
import { createServices } from "../../src/services.ts";
import { environment } from "./api/support.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { misbehave, sandbox } from "./support/controls.ts";
import { newOrder } from "./support/purchases.ts";
import { OPERATOR, openShop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const TIMES = 50;
const PAST_ITS_DEADLINE = 31 * 60;

it("asks for certificates, and closes an expired order though it gets none", async () => {
  const shop = openShop();
  const { orderId } = await newOrder(shop);
  await letPass(shop, PAST_ITS_DEADLINE);
  const surroundings = { fetch: globalThis.fetch.bind(globalThis), now: shop.ctx.now, writeLog: () => {} };
  const services = createServices(readConfig(environment()), surroundings);
  await misbehave({ kind: "http_500", operation: "certificates", times: TIMES });
  await runJobs(services.jobContext({ requestId: unique("run"), waitUntil: () => {} }));
  const [fault] = await sandbox<{ times: number }[]>("GET", "faults");
  expect(fault?.times).toBeLessThan(TIMES);
  expect(await getOrder(shop.ctx, OPERATOR, orderId)).toMatchObject({ status: "CLOSED" });
});
