/** The page that browsers come back to from Alipay: what it says of a payment, and to whom. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { Actor } from "../../../src/payments/context.ts";
import { elementsOf, textsOf } from "../../support/html.ts";
import { startAfresh } from "../support/afresh.ts";
import { press, submit, visit } from "../support/alipay-buyer.ts";
import { deliverAll, misbehave, payAt } from "../support/controls.ts";
import { newOrder } from "../support/purchases.ts";
import { attemptOf } from "../support/records.ts";
import { openShop } from "../support/shop.ts";
import { type Answer, environment, openApi } from "./support.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const PATH = "/payments/alipay/return";
const RETURN_URL = `http://127.0.0.1/api/v1${PATH}`;

const api = openApi(environment({ ALIPAY_RETURN_URL: RETURN_URL }));
const look = (search: string): Promise<Answer> => api.call("GET", `${PATH}${search}`);
const titleOf = ({ text }: Answer) => textsOf(text, "h1")[0];

const pay = (as: Actor, orderId: string, method: string) =>
  api.call("POST", "/payments/alipay/create", { as, body: { orderId, amount: "30.00", method } });

/** An order of 30.00 whose buyer opens Alipay's page. */
async function opened(method: "ALIPAY_WEB" | "ALIPAY_WAP" = "ALIPAY_WEB") {
  const { customer, orderId } = await newOrder(openShop());
  const { body } = await pay(customer, orderId, method);
  return { orderId, body, outTradeNo: String(body.outTradeNo), cashier: await visit(String(body.payUrl)) };
}

/** The same order, paid: the query that the browser comes back with. Nobody has told the shop. */
async function returned() {
  const order = await opened();
  return { ...order, search: new URL((await press(order.cashier, "confirm")) ?? "").search };
}

describe("a browser that comes back", () => {
  it("is shown the order's number and that it is paid, on a page that holds nothing but text", async () => {
    const { orderId, search } = await returned();
    const page = await look(search);
    expect([page.status, page.headers.get("Content-Type")]).toEqual([200, "text/html; charset=UTF-8"]);
    expect([titleOf(page), textsOf(page.text, "title")]).toEqual(["支付成功", ["支付成功"]]);
    expect(textsOf(page.text, "small")).toEqual([`订单号 ${orderId}`]);
    const [nonce] = /(?<=style-src 'nonce-)[\w-]+/.exec(page.headers.get("Content-Security-Policy") ?? "") ?? [];
    const elements = elementsOf(page.text);
    expect(elements.filter(({ attributes }) => attributes.style || attributes.src || attributes.onclick)).toEqual([]);
    expect(elements.filter(({ name }) => name === "script" || name === "link" || name === "form")).toEqual([]);
    expect(elements.find(({ name }) => name === "style")?.attributes.nonce).toBe(nonce);
    expect(elements.find(({ name }) => name === "html")?.attributes.lang).toBe("zh-CN");
  });

  it("is told nothing by an address that Alipay has not signed", async () => {
    const { search } = await returned();
    const tampered = new URLSearchParams(search);
    tampered.set("total_amount", "0.01");
    const unsigned = new URLSearchParams(search);
    unsigned.delete("sign");
    for (const query of [`${tampered}`, `${unsigned}`, "out_trade_no=%00", "sign=%22%3E%3Cscript%3E"]) {
      const page = await look(`?${query}`);
      expect([page.status, titleOf(page)]).toEqual([400, "链接无效"]);
    }
  });

  it("is told nothing of a payment of another shop with the same application", async () => {
    const { search, outTradeNo } = await returned();
    await openShop().db.execute(`delete from payment_transactions where out_trade_no = '${outTradeNo}'`);
    const page = await look(search);
    expect([page.status, titleOf(page)]).toEqual([404, "没有这笔订单"]);
  });

  it("after giving up is sent to the shop, with or without parameters of its own", async () => {
    const { body } = await opened("ALIPAY_WAP");
    const cashier = await submit(String(body.form));
    const quit = elementsOf(await (await fetch(`${cashier}?refused`)).text()).find(({ name }) => name === "a");
    expect(quit?.attributes.href).toBe(RETURN_URL);
    for (const search of ["", "?from=cart"]) {
      const page = await look(search);
      expect([page.status, titleOf(page)]).toEqual([200, "您已离开支付页面"]);
    }
  });
});

describe("while the outcome is not known", () => {
  it("it shows what is known, changes nothing, can be looked at again, and is kept from everybody else", async () => {
    const { orderId, search, outTradeNo } = await returned();
    await misbehave({ kind: "http_500", operation: "query", times: 10 });
    const page = await look(search);
    expect([page.status, titleOf(page)]).toEqual([200, "正在确认支付结果"]);
    const again = elementsOf(page.text).find(({ name }) => name === "a");
    expect([again?.text, again?.attributes.href]).toEqual(["刷新", ""]);
    expect(await attemptOf(openShop(), outTradeNo)).toMatchObject({ state: "PENDING" });
    expect(page.headers.get("Content-Security-Policy")).toMatch(/^default-src 'none'; style-src 'nonce-[\w-]+';/);
    expect(page.headers.get("Cache-Control")).toBe("no-store");
    expect(page.headers.get("Referrer-Policy")).toBe("no-referrer");
    const told = page.text.replace(orderId, "");
    for (const secret of [outTradeNo, "30.00", "2088"]) expect(told).not.toContain(secret);
  });

  it("and the database can't be reached, it says so in the buyer's words, and the fault is on record", async () => {
    const { search } = await returned();
    const broken = openApi(environment({ DATABASE_URL: "http://user:password@127.0.0.1:1" }));
    const page = await broken.call("GET", `${PATH}${search}`);
    expect([page.status, titleOf(page), page.headers.get("Retry-After")]).toEqual([503, "暂时无法查询", "1"]);
    expect(page.headers.get("Content-Security-Policy")).toMatch(/^default-src 'none';/);
    expect(broken.lines.join("\n")).toContain("request.failed");
  });
});

describe("a payment that did not pay the order", () => {
  it("is told apart when another one was first", async () => {
    const { customer, orderId } = await newOrder(openShop());
    const { body: qr } = await pay(customer, orderId, "ALIPAY_QR");
    const { body: web } = await pay(customer, orderId, "ALIPAY_WEB");
    const { search } = new URL((await press(await visit(String(web.payUrl)), "confirm")) ?? "");
    await payAt("alipay", String(qr.outTradeNo));
    await deliverAll(openShop(), "alipay", String(qr.outTradeNo));
    expect(titleOf(await look(search))).toBe("订单已支付");
  });

  it("is told apart when it has been closed", async () => {
    const { search, outTradeNo } = await returned();
    const ended = `update payment_transactions set state = 'CLOSED' where out_trade_no = '${outTradeNo}'`;
    await openShop().db.execute(ended);
    expect(titleOf(await look(search))).toBe("支付已关闭");
  });
});
