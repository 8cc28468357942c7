import * as fc from "fast-check";
import { expect, test } from "vitest";
import { pageForm } from "../../../../src/providers/alipay/page.ts";
import { elementsOf, parametersOf, submissionOf } from "../../../support/html.ts";
import { isSigned, scriptedClient } from "../support/alipay-client.ts";
import { NOW } from "../support/calls.ts";
import { broken } from "../support/wechat-client.ts";

const PAGE = {
  method: "alipay.trade.page.pay",
  notifyUrl: "https://shop.test/n",
  returnUrl: "https://shop.test/r?a=1&b=2",
};
const contentOf = (subject: string) => JSON.stringify({ out_trade_no: "1", total_amount: "0.01", subject });
const SUBJECT = `A&amp;B <b>"双"</b> 'x' / + % ＆ 🎁 &times; </script><script>alert(1)</script>`;

const open = async () => (await scriptedClient(broken)).client;

/** What a browser posts: the action's query and the inputs. */
const submitted = (form: string) => parametersOf(submissionOf(form));

test("a form submits itself, with everything as it was signed", async () => {
  const bizContent = contentOf(SUBJECT);
  const form = await (await open()).pageForm({ ...PAGE, bizContent }, NOW);
  expect(form).toMatch(/^<form .* method="POST"[^>]*>.*<\/form><script>[^<]*submit\(\);<\/script>$/);
  const fields = submitted(form);
  expect(fields).toMatchObject({
    biz_content: bizContent,
    charset: "utf-8",
    return_url: PAGE.returnUrl,
    timestamp: "2026-11-22 10:00:00",
  });
  expect(await isSigned(fields)).toBe(true);
});

test("nothing in a subject ends an attribute or is read as a reference", async () => {
  const client = await open();
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: fc.constantFrom(..."<>\"'&;=#xatmplqug39 \n中🎁/\\%+") }), async (subject) => {
      const bizContent = contentOf(subject);
      const form = await client.pageForm({ ...PAGE, bizContent }, NOW);
      const bare = form.replaceAll(/"[^"]*"/g, "");
      expect(bare).toBe(
        "<form id= action= method= accept-charset=><input type= name= value=></form><script>document.getElementById().submit();</script>",
      );
      expect(submitted(form).biz_content).toBe(bizContent);
    }),
    { numRuns: 60 },
  );
});

test("every character there is reaches Alipay as it was signed", () => {
  const all = Array.from({ length: 0x110000 }, (_, code) => code);
  const sendable = all.filter((code) => code < 0xd800 || code > 0xdfff);
  for (let from = 0; from < sendable.length; from += 8192) {
    const bizContent = contentOf(String.fromCodePoint(...sendable.slice(from, from + 8192)));
    const request = { common: { charset: "utf-8" }, content: { biz_content: bizContent } };
    const arrived = submitted(pageForm("https://openapi.alipay.com/gateway.do", request)).biz_content;
    // The runner would print all of it.
    if (arrived !== bizContent) expect.fail(`altered between U+${sendable[from]?.toString(16)} and the next 8192`);
  }
});

test.each(["windows-1252", "gb18030", "shift_jis"])("a page in %s alters nothing", async (charset) => {
  const bizContent = contentOf(`${SUBJECT} 龙井茶 €é © \u00a0\u3000 ＡＢ 㐀`);
  const returnUrl = "https://shop.test/已付款?a=茶";
  const form = await (await open()).pageForm({ ...PAGE, returnUrl, bizContent }, NOW);
  const fields = submitted(new TextDecoder(charset).decode(new TextEncoder().encode(form)));
  expect(fields).toMatchObject({ biz_content: bizContent, return_url: returnUrl });
  expect(await isSigned(fields)).toBe(true);
});

test("half a character is sent as an escape of JSON's, whichever way it goes", async () => {
  const bizContent = contentOf("a\ud83d");
  const client = await open();
  const [form, url] = await Promise.all([
    client.pageForm({ ...PAGE, bizContent }, NOW),
    client.pageUrl({ ...PAGE, bizContent }, NOW),
  ]);
  for (const fields of [submitted(form), Object.fromEntries(new URL(url).searchParams)]) {
    expect(fields.biz_content).toContain("a\\ud83d");
    expect(await isSigned(fields)).toBe(true);
  }
});

test("nothing that an address holds ends an attribute, and no parameter's name is read as a reference", async () => {
  const returnUrl = `https://shop.test/"><script>alert(1)</script>?a='x'&notify_url=1&times=2&lt;#"`;
  const notifyUrl = `https://shop.test/n?<img src=x onerror="alert(1)">&copy=1`;
  const form = await (await open()).pageForm({ ...PAGE, returnUrl, notifyUrl, bizContent: contentOf("茶") }, NOW);
  const names = elementsOf(form).map(({ name }) => name);
  expect(names).toEqual(["html", "head", "body", "form", "input", "script"]);
  const fields = submitted(form);
  expect(fields).toMatchObject({ return_url: returnUrl, notify_url: notifyUrl, timestamp: "2026-11-22 10:00:00" });
  expect(await isSigned(fields)).toBe(true);
});

test("line breaks, which browsers rewrite, are refused by name", async () => {
  const client = await open();
  await expect(client.pageForm({ ...PAGE, bizContent: '{\n"out_trade_no":"1"}' }, NOW)).rejects.toMatchObject({
    name: "InputError",
    field: "biz_content",
  });
});

test("an address carries the same by GET", async () => {
  const bizContent = contentOf(SUBJECT);
  const url = new URL(await (await open()).pageUrl({ ...PAGE, bizContent }, NOW));
  expect(url.href).toMatch(/^https:\/\/openapi\.alipay\.com\/gateway\.do\?[\w.%*+=&-]+$/);
  const fields = Object.fromEntries(url.searchParams);
  expect(fields).toMatchObject({ method: PAGE.method, biz_content: bizContent });
  expect(await isSigned(fields)).toBe(true);
});

test("the address, printed in HTML by a shop, is to be escaped like any text: as it is, names would be lost", async () => {
  const url = await (await open()).pageUrl({ ...PAGE, bizContent: contentOf("茶") }, NOW);
  const printed = (text: string) => elementsOf(`<p>${text}`).find(({ name }) => name === "p")?.text;
  expect(printed(url)).toContain("×tamp=");
  expect(printed(url)).toContain("¬ify_url=");
  expect(printed(url.replaceAll("&", "&amp;"))).toBe(url);
});

test("an order string encodes every value, spaces as %20", async () => {
  const bizContent = contentOf(SUBJECT);
  const text = await (await open()).orderString({ method: "alipay.trade.app.pay", bizContent }, NOW);
  expect(text).toContain("timestamp=2026-11-22%2010%3A00%3A00&");
  expect(text).not.toContain("+");
  const fields = Object.fromEntries(text.split("&").map((pair) => pair.split("=").map(decodeURIComponent)));
  expect(fields).toMatchObject({ method: "alipay.trade.app.pay", biz_content: bizContent });
  expect(fields).not.toHaveProperty("return_url");
  expect(await isSigned(fields)).toBe(true);
});
