/** JSON that says two things at once. */
import { expect, it } from "vitest";
import { decodeText, isJson, parseStrictly } from "../../../src/api/strict-json.ts";

const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;

it.each<[string, string]>([
  ['{"a":1,"a":2}', "a"],
  ['{"a":{"b":1,"c":[{"d":1,"d":2}]}}', "d"],
  ['{"amount":1,"am\\u006funt":100}', "amount"],
  ['{"a" : 1,\n"a"\t:2}', "a"],
  ['{"a\\"":1,"a\\"":2}', 'a"'],
  ['{"__proto__":{"role":"operator"}}', "__proto__"],
  ['{"a":{"\\u005f_proto__":1}}', "__proto__"],
  ['{"constructor":{"prototype":1}}', "constructor"],
  ['[{"prototype":1}]', "prototype"],
  [deep(33), ""],
  [`{"a":${'{"a":'.repeat(40)}1${"}".repeat(40)}}`, ""],
])("%s is refused, naming the member", (text, path) => {
  expect(() => parseStrictly(text)).toThrow(expect.objectContaining({ code: "BAD_INPUT" }));
  try {
    parseStrictly(text);
  } catch (error) {
    expect(error).toMatchObject({ details: { issues: [{ path }] } });
  }
});

it.each([
  '{"a":1,"b":{"a":1},"c":[{"a":1},{"a":1}]}',
  '{"a":"a\\":1,\\"a\\":2","b":"{\\"a\\":1"}',
  '{"a":"\\\\","b":":","c":"__proto__"}',
  '["a","a",":"]',
  '{"":1,"A":1,"a":1}',
  deep(32),
])("%s is read as it is", (text) => {
  expect(parseStrictly(text)).toEqual(JSON.parse(text));
});

it.each(["", "{", '{"a":1}}', "undefined", "{'a':1}", "NaN", '{"a":01}'])("%j is no JSON", (text) => {
  expect(parseStrictly(text)).toBeUndefined();
});

it("takes no bytes that are not UTF-8", () => {
  for (const bytes of [[0xff], [0x22, 0xc0, 0xaf, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22], [0xb2, 0xe8]]) {
    expect(() => decodeText(new Uint8Array(bytes).buffer)).toThrow(expect.objectContaining({ code: "BAD_INPUT" }));
  }
  expect(decodeText(new TextEncoder().encode("茶🍵").buffer)).toBe("茶🍵");
});

it.each([
  ["application/json", true],
  ["Application/JSON; charset=UTF-8", true],
  ['application/json;charset="utf-8"', true],
  ["application/json; charset=gbk", false],
  ["application/jsonp", false],
  ["text/json", false],
  ["text/plain", false],
  ["application/json, text/plain", false],
  [undefined, false],
])("%s says JSON: %s", (type, says) => {
  expect(isJson(type)).toBe(says);
});
