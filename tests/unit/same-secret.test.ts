import { expect, it } from "vitest";
import { isSameSecret } from "../../src/security/same-secret.ts";

it.each([
  ["the same", "s3cret", "s3cret", true],
  ["one more", "s3cret", "s3cret ", false],
  ["one less", "s3cret", "s3cre", false],
  ["another case", "s3cret", "S3cret", false],
  ["nothing", "s3cret", "", false],
  ["nothing twice", "", "", true],
])("%s", async (_, a, b, same) => {
  expect(await isSameSecret(a, b)).toBe(same);
});
