/** Providers wait five seconds for an answer: it comes in time also when the database or the way to the keys hangs. */
import { afterAll, afterEach, beforeEach, expect, it } from "vitest";
import { PaymentCallbackHandler } from "../../src/payments/callback-handler.ts";
import { getOrder } from "../../src/payments/orders/read-order.ts";
import { WechatPayProvider } from "../../src/providers/wechat/provider.ts";
import { world } from "../setup/slot.ts";
import { openApi } from "./api/support.ts";
import { startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { clearFaults, deliver, misbehave, reached, resume, setFaults, signedCallback } from "./support/controls.ts";
import { expectGenuineCounts, rowsOf, target } from "./support/hostile.ts";
import { STATEMENTS } from "./support/interleave.ts";
import { subjectsOf } from "./support/purchases.ts";
import { OPERATOR, openShop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterEach(clearFaults);
afterAll(startAfresh);

const SOON_MS = 150;

/** Longer than the answer may take, on a busy machine too. */
const TEST_LIMIT_MS = 20_000;

it(
  "answers in five seconds while a statement hangs, and goes on with it afterwards",
  async () => {
    const aim = await target("wechat");
    const api = openApi();
    const name = unique("hang");
    await setFaults({ pause: [{ at: 1, match: STATEMENTS.settle, when: "before", name }] });
    const { headers, body } = aim.genuine;
    const startedAt = Date.now();
    const notify = "http://shop.test/api/v1/payments/wechat/notify";
    const answer = await api.send(new Request(notify, { method: "POST", headers, body }));
    expect(Date.now() - startedAt).toBeLessThan(5000);
    expect([answer.status, await answer.text()]).toEqual([500, '{"code":"FAIL","message":"处理失败"}']);
    expect(await getOrder(aim.shop.ctx, OPERATOR, aim.orderId)).toMatchObject({ status: "PENDING" });
    await resume(name);
    await api.idle();
    expect(await getOrder(aim.shop.ctx, OPERATOR, aim.orderId)).toMatchObject({ status: "PAID" });
    expect((await deliver(aim.shop, "wechat", aim.genuine)).status).toBe(200);
    await expectBooksInOrder(aim.shop, subjectsOf(aim));
    expect(api.lines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  },
  TEST_LIMIT_MS,
);

it("answers in time while nothing at all comes from the database, and loses nothing by it", async () => {
  const aim = await target("wechat");
  await setFaults({ latencyMs: 3 * SOON_MS });
  const handler = new PaymentCallbackHandler(aim.shop.ctx, SOON_MS);
  const callback = { headers: new Headers(aim.genuine.headers), body: aim.genuine.body };
  expect(await handler.handle(aim.shop.ctx.providers.get("wechat"), callback)).toBe("failed");
  expect(aim.shop.lines.filter((line) => line.includes("callback.slow"))).toHaveLength(1);
  await aim.shop.idle();
  await clearFaults();
  expect((await rowsOf(aim)).orders).toMatchObject([{ state: "PAID" }]);
  await expectGenuineCounts(aim);
});

it("counts the time that fetching certificates takes", async () => {
  const { env } = world();
  const byCertificates = new WechatPayProvider(
    {
      appId: env.WECHAT_APP_ID ?? "",
      mchId: env.WECHAT_MCH_ID ?? "",
      apiV3Key: env.WECHAT_API_V3_KEY ?? "",
      privateKeyPem: env.WECHAT_API_CLIENT_KEY ?? "",
      serialNo: env.WECHAT_API_SERIAL_NO ?? "",
      baseUrl: env.WECHAT_API_BASE_URL ?? "",
      notifyUrl: "https://shop.test/notify",
      refundNotifyUrl: "https://shop.test/refund/notify",
    },
    { fetch: globalThis.fetch.bind(globalThis) },
  );
  await misbehave({ kind: "timeout_before", operation: "certificates" });
  const { headers, body } = await signedCallback({ provider: "wechat", callback: "trade", signer: "certificate" });
  const shop = openShop();
  const handler = new PaymentCallbackHandler(shop.ctx, SOON_MS);
  expect(await handler.handle(byCertificates, { headers: new Headers(headers), body })).toBe("failed");
  await shop.idle();
});

it("holds nothing back once it has answered in time", async () => {
  const aim = await target("wechat");
  const name = unique("hang");
  await setFaults({ pause: [{ at: 1, match: "insert into `notifications`", when: "before", name }] });
  const handler = new PaymentCallbackHandler(aim.shop.ctx, SOON_MS);
  const callback = { headers: new Headers(aim.genuine.headers), body: aim.genuine.body };
  expect(await handler.handle(aim.shop.ctx.providers.get("wechat"), callback)).toBe("accepted");
  await reached(name);
  await resume(name);
  await aim.shop.idle();
  expect(aim.shop.lines.filter((line) => line.includes("callback.slow"))).toEqual([]);
});
