/** Messages as our own client writes them, and as nobody should. */
import superjson from "superjson";
import { expect, it } from "vitest";
import { callersJson } from "../../../src/api/callers-json.ts";

it.each([
  [{ limit: 5 }],
  [{ before: undefined, limit: 5 }],
  [undefined],
  [null],
  [{ a: { "b.c": undefined, "d\\e": undefined, f: [{ g: undefined, h: 1 }] }, i: "x" }],
])("reads %j as the client meant it", (input) => {
  const sent = JSON.parse(JSON.stringify(superjson.serialize(input)));
  expect(callersJson(sent)).toEqual(input);
  expect(JSON.stringify(callersJson(sent))).toBe(JSON.stringify(input));
});

it.each([
  ["a type", { a: [["typed-array", "Float64Array"]] }, { a: 9 }],
  ["a date", { a: ["Date"] }, { a: 9 }],
  ["a member that is not there", { b: ["undefined"], "a.b": ["undefined"] }, { a: 9 }],
  ["a member that is there", { a: ["undefined"] }, { a: 9 }],
  ["the place of an entry far away", { "list.4294967294": ["undefined"] }, { list: [1] }],
  ["an entry of a list", { "list.0": ["undefined"] }, { list: [null] }],
  ["what objects inherit", { "__proto__.x": ["undefined"], "constructor.prototype": ["undefined"] }, { a: 9 }],
])("takes no word for %s", (_, values, json) => {
  expect(callersJson({ json: structuredClone(json), meta: { values, v: 1 } })).toEqual(json);
});

it.each([[undefined], [null], ["text"], [[]], [{}], [{ meta: { values: ["undefined"] } }]])(
  "means nothing by %j",
  (it) => {
    expect(callersJson(it)).toBeUndefined();
  },
);
