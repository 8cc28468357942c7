import { expect, it } from "vitest";
import { ERRORS, type ErrorCode } from "../../src/errors.ts";
import { isFinal } from "../../src/kept-errors.ts";

const CODES = Object.keys(ERRORS).filter((code): code is ErrorCode => code in ERRORS);

it("keeps refusals of what was asked for, and nothing that asks to come again or to ask otherwise", () => {
  const kept = CODES.filter(isFinal);
  expect(new Set(kept.map((code) => ERRORS[code].status))).toEqual(new Set([409, 422]));
  expect(CODES.filter((code) => [409, 422].includes(ERRORS[code].status) && !isFinal(code))).toEqual([
    "AUTHORISATION_BUSY",
    "IDEMPOTENCY_KEY_REUSED",
    "REQUEST_IN_PROGRESS",
  ]);
});
