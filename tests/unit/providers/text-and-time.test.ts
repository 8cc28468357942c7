import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseYuan } from "../../../src/money.ts";
import { ALIPAY_TEXT } from "../../../src/providers/alipay/content-rules.ts";
import {
  formatBeijing,
  formatBeijingRfc3339,
  parseBeijing,
  parseRfc3339,
} from "../../../src/providers/beijing-time.ts";
import { normaliseSubject, normaliseText } from "../../../src/providers/subject.ts";

const WECHAT_TEXT = { maxLength: 127, replace: {} };

describe("subjects", () => {
  test.each([
    ["🎁 新年礼盒 🎁", "新年礼盒"],
    ["\u3000🎁\u3000🎁 新年\u3000", "新年\u3000"],
    ["a\u0000b\u200Bc\nd\r\n\te\u2028f", "abc d e f"],
    ["  two   words  ", "  two   words  "],
    ["ＡＢ　Ｃ\u00a0\u2003D", "ＡＢ　Ｃ\u00a0\u2003D"],
    ["family 👨‍👩‍👧 pack ❤️", "family  pack ❤"],
    ["half \uD83D pair", "half  pair"],
  ])("%j becomes %j", (subject, expected) => {
    expect(normaliseText(subject, WECHAT_TEXT)).toBe(expected);
  });

  test("Alipay's forbidden characters become full-width", () => {
    expect(normaliseText("A/B=C&D", ALIPAY_TEXT)).toBe("A／B＝C＆D");
    expect(normaliseText("A+B 50% <c>", ALIPAY_TEXT)).toBe("A+B 50% <c>");
  });

  test("nothing left gives the fallback, never an empty subject", () => {
    expect(normaliseSubject("🎁🎁", WECHAT_TEXT, "ORDER1")).toBe("ORDER1");
    expect(normaliseSubject("", ALIPAY_TEXT, "ORDER1")).toBe("ORDER1");
    expect(normaliseSubject(" 🎁\u3000\n", ALIPAY_TEXT, "ORDER1")).toBe("ORDER1");
  });

  test("any text comes out sendable, and stays as it is the second time", () => {
    const text = fc.string({ unit: "binary", maxLength: 400 });
    fc.assert(
      fc.property(text, fc.constantFrom(WECHAT_TEXT, ALIPAY_TEXT), (subject, rules) => {
        const normal = normaliseText(subject, rules);
        expect(normal.length).toBeLessThanOrEqual(rules.maxLength);
        expect(normal).not.toMatch(/[\u{10000}-\u{10FFFF}]|\p{Cs}|\p{Cc}/u);
        for (const character of Object.keys(rules.replace)) expect(normal).not.toContain(character);
        expect(normaliseText(normal, rules)).toBe(normal);
      }),
    );
  });
});

describe("times", () => {
  test("are written in GMT+8, across midnight and the year's end", () => {
    const time = new Date("2026-12-31T16:30:05.999Z");
    expect(formatBeijing(time)).toBe("2027-01-01 00:30:05");
    expect(formatBeijingRfc3339(time)).toBe("2027-01-01T00:30:05+08:00");
  });

  test("are read back to the second", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (seconds) => {
        const time = new Date(seconds * 1000);
        expect(parseBeijing(formatBeijing(time))).toEqual(time);
        expect(parseRfc3339(formatBeijingRfc3339(time))).toEqual(time);
      }),
    );
  });

  test("refunds have fractions of a second", () => {
    expect(parseBeijing("2026-11-22 10:00:00.123")).toEqual(new Date("2026-11-22T02:00:00Z"));
  });

  test.each(["", "2026-11-22", "2026-13-01 00:00:00", "2026-11-22T10:00:00", "22/11/2026 10:00:00"])(
    "%j is no time of Alipay's",
    (text) => {
      expect(parseBeijing(text)).toBeUndefined();
    },
  );

  test.each(["2026-11-22T10:00:00", "2026-11-22", "now", "1700000000"])("%j is no RFC 3339 time", (text) => {
    expect(parseRfc3339(text)).toBeUndefined();
  });
});

test("amounts are read exactly, or not at all", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000_000_000 }), (amount) => {
      const text = `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, "0")}`;
      expect(parseYuan(text)).toBe(amount);
    }),
  );
  for (const text of ["1.005", "-1", "1e3", " 1", "1,000.00", "", "100000000.01"])
    expect(parseYuan(text)).toBeUndefined();
});
