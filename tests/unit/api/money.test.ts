import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { yuan, yuanText } from "../../../src/api/schemas/fields.ts";
import { MAX_FEN } from "../../../src/money.ts";

const amounts = fc.integer({ min: 0, max: MAX_FEN });

describe("amounts that come in", () => {
  it("are exact, as text and as JSON numbers, for every amount there is", () => {
    fc.assert(
      fc.property(amounts, (fen) => {
        const text = yuanText.parse(fen);
        expect(yuan.parse(text)).toBe(fen);
        expect(yuan.parse(JSON.parse(text))).toBe(fen);
      }),
    );
  });

  it.each([
    [100, 10_000],
    [0.1, 10],
    [1.1, 110],
    ["100.5", 10_050],
    [8.2, 820],
    [99_999_999.99, 9_999_999_999],
    ["0", 0],
  ])("%s yuan is %s fen", (value, fen) => expect(yuan.parse(value)).toBe(fen));

  it("refuse a third decimal, however it is written", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), fc.integer({ min: 1, max: 9 }), (fen, third) => {
        const text = `${yuanText.parse(fen)}${third}`;
        expect(yuan.safeParse(text).success).toBe(false);
        expect(yuan.safeParse(Number(text)).success).toBe(false);
      }),
    );
  });

  it.each([
    1e21,
    1e-7,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -1,
    -0.01,
    0.1 + 0.2,
    100_000_000.01,
    "",
    " 1",
    "1 ",
    "01",
    "1.",
    ".5",
    "1,000.00",
    "+1",
    "-0.01",
    "1e2",
    "0x10",
    "１００",
    "1.001",
    "NaN",
    null,
    true,
    [1],
    {},
  ])("refuse %j and name the rule", (value) => {
    const result = yuan.safeParse(value);
    expect(result.error?.issues.map((issue) => issue.message)).toEqual([
      "must be an amount in yuan, 0 to 100000000, with at most two decimals",
    ]);
  });
});

describe("amounts that go out", () => {
  it.each([
    [0, "0.00"],
    [1, "0.01"],
    [10_000, "100.00"],
    [MAX_FEN, "100000000.00"],
    [-5, "-0.05"],
  ])("%s fen is %s", (fen, text) => expect(yuanText.parse(fen)).toBe(text));
});
