/** The typed client, against the whole Worker. */
import { TRPCClientError } from "@trpc/client";
import { expect, expectTypeOf, it } from "vitest";
import { createPayClient, type ErrorCode, type RouterInputs, type RouterOutputs } from "../../../src/client.ts";
import { fen } from "../../../src/money.ts";
import type { Actor } from "../../../src/payments/context.ts";
import type { PaymentMethod } from "../../../src/providers/methods.ts";
import { newCustomer, newSku, openShop, unique } from "../support/shop.ts";
import { openApi, tokenFor } from "./support.ts";

function clientOf(actor: Actor) {
  const api = openApi();
  const sent: Request[] = [];
  const client = createPayClient({
    url: "http://shop.test/",
    token: () => tokenFor(actor),
    fetch: (input, init) => {
      const request = new Request(String(input), init as RequestInit);
      sent.push(request.clone());
      return api.send(request);
    },
  });
  return { client, sent };
}

it("orders and pays with types from end to end", async () => {
  const shop = openShop();
  const customer = await newCustomer(shop, 5000);
  const sku = await newSku(shop, 5, fen(1050));
  const { client } = clientOf(customer);
  const order = await client.orders.create.mutate({ items: [{ sku, quantity: 2 }] });
  expect(order).toMatchObject({ amount: "21.00", status: "PENDING" });
  const payment = await client.payments.create.mutate({
    provider: "points",
    method: "POINTS",
    orderId: order.orderId,
    amount: order.amount,
  });
  expect(payment).toMatchObject({ method: "POINTS", status: "SUCCESS", created: true });
  if (payment.method === "WECHAT_NATIVE") expectTypeOf(payment.codeUrl).toEqualTypeOf<string>();
  expectTypeOf<RouterOutputs["orders"]["get"]["paidAt"]>().toEqualTypeOf<string | null>();
  expectTypeOf<RouterInputs["payments"]["create"]["amount"]>().toEqualTypeOf<string | number>();
  expect((await client.orders.get.query({ orderId: order.orderId })).status).toBe("PAID");
});

it("narrows what a payment takes and answers by its method", () => {
  type Input<M> = Extract<RouterInputs["payments"]["create"], { method: M }>;
  type Answer<M> = Extract<RouterOutputs["payments"]["create"], { method: M }>;
  expectTypeOf<RouterInputs["payments"]["create"]["method"]>().toEqualTypeOf<PaymentMethod>();
  expectTypeOf<RouterOutputs["payments"]["create"]["method"]>().toEqualTypeOf<PaymentMethod>();
  expectTypeOf<Input<"WECHAT_JSAPI">["openid"]>().toEqualTypeOf<string>();
  expectTypeOf<Input<"WECHAT_MINI">["openid"]>().toEqualTypeOf<string>();
  expectTypeOf<Input<"WECHAT_H5">["h5Type"]>().toEqualTypeOf<"Wap" | "iOS" | "Android">();
  expectTypeOf<Input<"WECHAT_NATIVE">>().not.toHaveProperty("openid");
  expectTypeOf<Input<"ALIPAY_QR">>().not.toHaveProperty("attach");
  expectTypeOf<Input<"WECHAT_H5">>().not.toHaveProperty("payerClientIp");
  expectTypeOf<Answer<"WECHAT_JSAPI">["invoke"]>().toEqualTypeOf<{
    appId: string;
    timeStamp: string;
    nonceStr: string;
    package: string;
    signType: "RSA";
    paySign: string;
  }>();
  expectTypeOf<Answer<"WECHAT_MINI">["invoke"]>().toEqualTypeOf<{
    timeStamp: string;
    nonceStr: string;
    package: string;
    signType: "RSA";
    paySign: string;
  }>();
  expectTypeOf<Answer<"WECHAT_APP">["invoke"]>().toEqualTypeOf<{
    appid: string;
    partnerid: string;
    prepayid: string;
    package: "Sign=WXPay";
    noncestr: string;
    timestamp: string;
    sign: string;
  }>();
  expectTypeOf<Answer<"WECHAT_NATIVE">["codeUrl"]>().toEqualTypeOf<string>();
  expectTypeOf<Answer<"WECHAT_H5">["h5Url"]>().toEqualTypeOf<string>();
  expectTypeOf<Answer<"WECHAT_H5">>().not.toHaveProperty("invoke");
});

it("may leave out what it writes as undefined, at any depth", async () => {
  const shop = openShop();
  const { client } = clientOf(await newCustomer(shop));
  expect(await client.payments.methods.query()).not.toEqual([]);
  expect(await client.orders.list.query({ before: undefined, limit: 5 })).toMatchObject({ orders: [] });
  const items = [{ sku: await newSku(shop, 5), quantity: 1 }];
  expect(await client.orders.create.mutate({ items, subject: undefined, amount: undefined })).toHaveProperty("orderId");
});

it("gathers calls into requests of at most ten", async () => {
  const { client, sent } = clientOf(await newCustomer(openShop()));
  const balances = await Promise.all(Array.from({ length: 12 }, () => client.points.balance.query({})));
  expect(balances).toHaveLength(12);
  expect(sent.map((request) => new URL(request.url).pathname.split(",").length)).toEqual([10, 2]);
});

it("sends a call with an idempotency key alone, with its key", async () => {
  const shop = openShop();
  const customer = await newCustomer(shop);
  const sku = await newSku(shop, 5);
  const { client, sent } = clientOf(customer);
  const create = (context: { idempotencyKey: string }) =>
    client.orders.create.mutate({ items: [{ sku, quantity: 1 }] }, { context });
  const idempotencyKey = unique("key");
  const first = await create({ idempotencyKey });
  expect((await create({ idempotencyKey })).orderId).toBe(first.orderId);
  expect(sent.map((request) => request.headers.get("Idempotency-Key"))).toEqual([idempotencyKey, idempotencyKey]);
});

it("throws errors that carry our code, and what is wrong with which field", async () => {
  const { client } = clientOf(await newCustomer(openShop()));
  const failure = await client.orders.create.mutate({ items: [{ sku: "A", quantity: 0 }] }).catch((error) => error);
  if (!(failure instanceof TRPCClientError)) throw failure;
  expect(failure.data).toEqual({
    code: "BAD_REQUEST",
    httpStatus: 400,
    path: "orders.create",
    reason: "BAD_INPUT",
    requestId: expect.any(String),
    issues: [{ path: "items[0].quantity", message: expect.any(String) }],
  });
  expectTypeOf<ErrorCode>().toExtend<string>();
});
