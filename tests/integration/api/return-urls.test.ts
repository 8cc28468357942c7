/** Where buyers may be sent after a payment: to the shop, and nowhere else. */
import { describe, expect, it } from "vitest";
import { elementsOf } from "../../support/html.ts";
import { orderFor } from "../support/combined.ts";
import { newOrder } from "../support/purchases.ts";
import { newCustomer, openShop } from "../support/shop.ts";
import { environment, openApi, tokenFor } from "./support.ts";

const CUSTOMER = { id: "customer-of-returns", role: "customer" } as const;
const SHOP = { RETURN_URL_HOSTS: "shop.example,pay.shop.example:8443" };
/** A database that is elsewhere: what is refused is refused before it is asked. */
const PRODUCTION = { ...SHOP, DATABASE_URL: "https://user:password@db.test" };

const FIELDS = [
  ["wechat", { method: "WECHAT_H5", h5Type: "Wap" }, "returnUrl"],
  ["alipay", { method: "ALIPAY_WEB" }, "returnUrl"],
  ["alipay", { method: "ALIPAY_WAP" }, "returnUrl"],
  ["alipay", { method: "ALIPAY_WAP" }, "quitUrl"],
] as const;

type Variables = Readonly<Record<string, string | undefined>>;

async function issuesOf(
  variables: Variables,
  [provider, members, field]: readonly [string, object, string],
  address: string,
) {
  const body = { orderId: "A", amount: "1.00", ...members, [field]: address };
  const headers = { "CF-Connecting-IP": "203.0.113.7" };
  const path = `/payments/${provider}/create`;
  return (await openApi(environment(variables)).call("POST", path, { as: CUSTOMER, headers, body })).body;
}

describe.each(FIELDS)("%s, %j: %s", (...field) => {
  it.each(["https://shop.example/paid?order=1#top", "https://SHOP.example:443/", "https://pay.shop.example:8443/"])(
    "may be %s",
    async (address) => {
      expect(await issuesOf(SHOP, field, address)).toMatchObject({ code: "ORDER_NOT_FOUND" });
    },
  );

  it.each([
    "https://evil.example/",
    "https://shop.example.evil.example/",
    "https://evilshop.example/",
    "https://pay.shop.example/",
    "https://shop.example:8443/",
    "https://sub.shop.example/",
    "https://shop.example@evil.example/",
    "https://evil.example\\@shop.example/",
    "https://evil.example/?https://shop.example/",
    "https://evil.example#shop.example",
    "https://ѕhop.example/",
    "https://xn--hop-n9c.example/",
    "http://shop.example/",
    "https://169.254.169.254/",
    "https://2852039166/",
    "https://0xa9fea9fe/",
    "https://[::ffff:169.254.169.254]/",
    "https://127.0.0.1/",
    "http://127.0.0.1/",
    "http://2130706433/",
    "http://localhost:5173/",
    "https://localhost./",
    "javascript:alert(1)//https://shop.example/",
    "//shop.example/",
  ])("may not be %s", async (address) => {
    const body = await issuesOf(PRODUCTION, field, address);
    expect([body.code, body.issues]).toMatchObject(["BAD_INPUT", [{ path: field[2] }]]);
  });

  it("may be on this machine only while developing, and nowhere at all where nothing is configured", async () => {
    const nothing = { RETURN_URL_HOSTS: undefined };
    expect(await issuesOf(nothing, field, "http://localhost:5173/")).toMatchObject({ code: "ORDER_NOT_FOUND" });
    expect(await issuesOf(nothing, field, "https://shop.example/")).toMatchObject({ code: "BAD_INPUT" });
    const origins = { ...nothing, CORS_ORIGINS: "https://front.test" };
    expect(await issuesOf(origins, field, "https://front.test/paid")).toMatchObject({ code: "ORDER_NOT_FOUND" });
  });
});

it("one payment for several orders is held to the same", async () => {
  const shop = openShop();
  const customer = await newCustomer(shop);
  const purchases = [await orderFor(shop, customer), await orderFor(shop, customer)];
  const orders = purchases.map(({ orderId }) => ({ orderId, amount: "30.00" }));
  const call = (returnUrl: string) =>
    openApi(environment(SHOP)).call("POST", "/payments/wechat/combined/create", {
      as: customer,
      headers: { "CF-Connecting-IP": "203.0.113.7" },
      body: { method: "WECHAT_H5", h5Type: "Wap", orders, returnUrl },
    });
  expect((await call("https://evil.example/")).body).toMatchObject({
    code: "BAD_INPUT",
    issues: [{ path: "returnUrl" }],
  });
  expect((await call("https://shop.example/")).status).toBe(201);
});

it("over tRPC too", async () => {
  const response = await openApi(environment(SHOP)).send(
    new Request("http://shop.test/trpc/payments.create", {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${await tokenFor(CUSTOMER)}` },
      body: JSON.stringify({
        json: {
          provider: "alipay",
          method: "ALIPAY_WEB",
          orderId: "A",
          amount: "1.00",
          returnUrl: "https://evil.example/",
        },
      }),
    }),
  );
  const { error } = (await response.json()) as { error: { json: { data: object } } };
  expect(error.json.data).toMatchObject({ reason: "BAD_INPUT", issues: [{ path: "returnUrl" }] });
});

it("the page that buyers come back to leads nowhere else, whatever its address says", async () => {
  const { orderId } = await newOrder(openShop());
  const evil = encodeURIComponent("https://evil.example/");
  const names = ["returnUrl", "return_url", "redirect", "redirect_url", "next", "url", "quitUrl"];
  for (const search of ["", "sign=x&", `out_trade_no=${orderId}&`].map(
    (own) => own + names.map((name) => `${name}=${evil}`).join("&"),
  )) {
    const page = await openApi().call("GET", `/payments/alipay/return?${search}`);
    expect([
      page.status < 300 || page.status >= 400,
      page.headers.get("Location"),
      page.headers.get("Refresh"),
    ]).toEqual([true, null, null]);
    const addresses = elementsOf(page.text).flatMap(({ attributes }) => [
      attributes.href,
      attributes.src,
      attributes.action,
      attributes.content,
    ]);
    expect(addresses.join()).not.toContain("evil");
    expect(page.text).not.toContain("evil");
  }
});
