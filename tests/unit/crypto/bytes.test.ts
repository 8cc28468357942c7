import * as fc from "fast-check";
import { expect, test } from "vitest";
import { concatBytes, decodeBase64, decodeUtf8, encodeBase64, encodeHex, utf8 } from "../../../src/crypto/bytes.ts";

test("base64 and UTF-8 give back what went in", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.string({ unit: "grapheme" }), (bytes, text) => {
      expect(decodeBase64(encodeBase64(bytes))).toEqual(Uint8Array.from(bytes));
      expect(decodeUtf8(utf8(text))).toBe(text);
    }),
  );
});

test.each(["AB==", "AA", "AAA", "AA==\n", " AA==", "A A=", "!!!!", "WECHATPAY/SIGNTEST/B5h"])(
  "base64 with a second spelling of the same bytes, or none, is refused: %j",
  (text) => {
    expect(decodeBase64(text)).toBeUndefined();
  },
);

test("bytes that are not UTF-8 do not become replacement characters", () => {
  expect(decodeUtf8(Uint8Array.of(0xd6, 0xd0))).toBeUndefined();
});

test("a byte order mark stays, so that decoding loses no byte", () => {
  expect(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe("\uFEFFa");
});

test("joins and prints bytes", () => {
  expect(encodeHex(concatBytes(Uint8Array.of(0, 15), Uint8Array.of(255)))).toBe("000fff");
});
