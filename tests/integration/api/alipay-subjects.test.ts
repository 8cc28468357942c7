/** Subjects of all kinds of characters, from the order to the page on which the buyer reads them (Alipay, page.pay and wap.pay). */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { elementsOf, textsOf } from "../../support/html.ts";
import { startAfresh } from "../support/afresh.ts";
import { press, submit, visit } from "../support/alipay-buyer.ts";
import { deliverAll } from "../support/controls.ts";
import { openShop, SERVICE, unique } from "../support/shop.ts";
import { type Answer, openApi } from "./support.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const api = openApi();

/** Letters, digits, and everything else on a keyboard. */
const ASCII = String.fromCharCode(...Array.from({ length: 95 }, (_, index) => 0x20 + index));

const order = (subject: string): Promise<Answer> =>
  api.call("POST", "/orders", { as: SERVICE, body: { userId: unique("buyer"), amount: "30.00", subject } });

async function ordered(subject: string): Promise<string> {
  const { status, body } = await order(subject);
  expect([status, body.subject]).toEqual([201, subject]);
  return String(body.orderId);
}

const pay = (orderId: string, members: object): Promise<Answer> =>
  api.call("POST", "/payments/alipay/create", { as: SERVICE, body: { orderId, amount: "30.00", ...members } });

/** What the cashier says is bought. */
async function shownAt(cashier: string): Promise<string | undefined> {
  return textsOf(await (await fetch(cashier)).text(), "dd")[0];
}

const REACHES: readonly (readonly [kind: string, given: string, shown: string])[] = [
  ["what a keyboard has", ASCII, ASCII.replace("&", "＆").replace("/", "／").replace("=", "＝")],
  [
    "character references",
    "&lt;b&gt; &amp;amp; &#39; &times;tamp &notit",
    "＆lt;b＆gt; ＆amp;amp; ＆#39; ＆times;tamp ＆notit",
  ],
  ["markup", `"'><script>alert(1)</script><!--`, `"'><script>alert(1)<／script><!--`],
  ["percent signs and pluses", "100% %41 %2B %zz 1+1", "100% %41 %2B %zz 1+1"],
  ["backslashes and backticks", 'a\\nb \\u0041 \\" `c` {{d}}', 'a\\nb \\u0041 \\" `c` {{d}}'],
  ["spaces of all widths", "  茶\u00a0\u2003\u3000 叶  ", "  茶\u00a0\u2003\u3000 叶  "],
  ["marks of direction", "a\u202e\u200fb\u2066\u061cc", "abc"],
  ["writing from right to left", "שלום عليكم 茶", "שלום عليكم 茶"],
  ["combining marks", "e\u0301 é क्षि ก็ Z\u0351\u036b", "e\u0301 é क्षि ก็ Z\u0351\u036b"],
  ["emoji", "A🎁B 👨‍👩‍👧‍👦 🏳️‍🌈 🇨🇳 👍🏽 1️⃣ ❤️", "AB     1⃣ ❤"],
  ["full-width characters", "ＡＢ（１）＆／＝！", "ＡＢ（１）＆／＝！"],
  ["Chinese, common and rare", "龙井茶 㐀䶵 \u{20bb7}\u{2a6d6}野家", "龙井茶 㐀䶵 野家"],
  ["invisible characters", "a\u200b\u200d\ufeff\u00ad\u2060b", "ab"],
  ["characters that mean nothing", "\ue000\ufffd\ufffe\u{f0000}", "\ue000\ufffd\ufffe"],
  ["the longest", "茶".repeat(128), "茶".repeat(128)],
];

describe("a subject with", () => {
  it.each(REACHES)("%s reaches the buyer", async (_kind, given, shown) => {
    const { body } = await pay(await ordered(given), { method: "ALIPAY_WEB" });
    expect(await shownAt(await submit(String(body.form)))).toBe(shown);
    expect(await shownAt(await visit(String(body.payUrl)))).toBe(shown);
  });

  it("nothing that Alipay takes gives way to the order's number", async () => {
    const orderId = await ordered("🎁\u200b🎁");
    const { body } = await pay(orderId, { method: "ALIPAY_WEB" });
    expect(await shownAt(await submit(String(body.form)))).toBe(orderId);
  });

  it("everything on a keyboard is paid, told and settled", async () => {
    const orderId = await ordered(ASCII);
    const { body } = await pay(orderId, {
      method: "ALIPAY_WAP",
      subject: `${ASCII}茶`,
      quitUrl: "https://shop.example/",
    });
    await press(await submit(String(body.form)), "confirm");
    await deliverAll(openShop(), "alipay", String(body.outTradeNo));
    const paid = await api.call("GET", `/orders/${orderId}`, { as: SERVICE });
    expect(paid.body).toMatchObject({ status: "PAID", subject: ASCII });
  });

  it.each([
    ["a NUL", "a\0b"],
    ["a tab", "a\tb"],
    ["a line feed", "a\nb"],
    ["a carriage return", "a\rb"],
    ["a delete", "a\x7fb"],
    ["a next line", "a\x85b"],
    ["a line separator", "a\u2028b"],
    ["a paragraph separator", "a\u2029b"],
    ["the first half of a character", "a\ud83d"],
    ["the second half of a character", "\udc00a"],
    ["nothing but spaces", " \u3000 "],
    ["one character too many", "茶".repeat(129)],
  ])("%s is refused by name, for orders and for payments", async (_kind, subject) => {
    const orderId = await ordered("茶");
    for (const refused of [await order(subject), await pay(orderId, { method: "ALIPAY_WEB", subject })]) {
      expect([refused.status, refused.body.code]).toEqual([400, "BAD_INPUT"]);
      expect(refused.body.issues).toContainEqual({ path: "subject", message: expect.any(String) });
    }
  });
});

describe("nothing gets out of its place", () => {
  const HOSTILE = `"'><script>alert(1)</script><img/src=x/onerror=alert(1)>`;
  const address = (path: string) => `https://shop.example/${path}?a=${HOSTILE}&notify_url=1&times=2`;

  it("of the form, whatever a field holds", async () => {
    const members = { returnUrl: address("paid"), quitUrl: address("quit"), passbackParams: HOSTILE, body: HOSTILE };
    const { body } = await pay(await ordered(HOSTILE), { method: "ALIPAY_WAP", subject: HOSTILE, ...members });
    const names = elementsOf(String(body.form)).map(({ name }) => name);
    expect(names).toEqual(["html", "head", "body", "form", "input", "script"]);
    const cashier = await submit(String(body.form));
    const page = await (await fetch(`${cashier}?refused`)).text();
    const elements = elementsOf(page);
    expect(elements.filter(({ name }) => name === "script" || name === "img")).toEqual([]);
    const link = elements.find(({ name, text }) => name === "a" && text === "返回商户");
    expect(link?.attributes.href).toBe(address("quit"));
    const back = new URL((await press(cashier, "confirm")) ?? "");
    expect(back.origin + back.pathname).toBe("https://shop.example/paid");
    expect(back.searchParams.get("a")).toBe(HOSTILE);
    expect(back.searchParams.getAll("notify_url")).toEqual(["1"]);
  });

  it("of the address, whose parameters are those that were said", async () => {
    const { body } = await pay(await ordered("茶"), {
      method: "ALIPAY_WEB",
      returnUrl: address("paid"),
      passbackParams: HOSTILE,
    });
    const parameters = new URL(String(body.payUrl)).searchParams;
    expect(parameters.getAll("return_url")).toEqual([address("paid")]);
    expect(parameters.getAll("notify_url")).toHaveLength(1);
    expect(JSON.parse(parameters.get("biz_content") ?? "").passback_params).toBe(encodeURIComponent(HOSTILE));
    await visit(String(body.payUrl));
  });

  it("and an address is written in the characters of addresses", async () => {
    const returnUrl = "https://商城.example/已付款 1?a=茶&b=%20";
    const { body } = await pay(await ordered("茶"), { method: "ALIPAY_WEB", returnUrl });
    expect(new URL(String(body.payUrl)).searchParams.get("return_url")).toBe(
      "https://xn--czru2d.example/%E5%B7%B2%E4%BB%98%E6%AC%BE%201?a=%E8%8C%B6&b=%20",
    );
  });

  it.each([
    ["returnUrl", "javascript:alert(1)"],
    ["returnUrl", "https://shop.example/\nX-Header: 1"],
    ["returnUrl", "https://user:password@shop.example/"],
    ["quitUrl", "data:text/html,<script>alert(1)</script>"],
    ["quitUrl", " javascript:alert(1)"],
  ])("and %s is no %j", async (field, url) => {
    const { status, body } = await pay(await ordered("茶"), {
      method: "ALIPAY_WAP",
      quitUrl: "https://shop.example/",
      [field]: url,
    });
    expect([status, body.issues]).toEqual([400, [{ path: field, message: expect.any(String) }]]);
  });
});
