import * as fc from "fast-check";
import { expect, test } from "vitest";
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

/** What a browser makes of an attribute. */
function unescapeHtml(text: string): string {
  const references: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
  return text.replaceAll(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => references[name] ?? "");
}

/** What a browser posts: the action's query and the inputs. */
function submitted(form: string): Record<string, string> {
  const action = unescapeHtml(/ action="([^"]*)"/.exec(form)?.[1] ?? "");
  const inputs = [...form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)];
  const fields = inputs.map(([, name = "", value = ""]) => [unescapeHtml(name), unescapeHtml(value)] as const);
  return { ...Object.fromEntries(new URL(action).searchParams), ...Object.fromEntries(fields) };
}

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
