import { expect, test } from "vitest";
import { addDays, dayOf, newestReady, readyAt, spanOf } from "../../../../src/payments/reconciliation/calendar.ts";

const at = (text: string) => new Date(text);
const TEN = { readyAtHour: 10 };

test("days begin at midnight in Beijing", () => {
  expect(dayOf(at("2026-11-21T15:59:59.999Z"))).toBe("2026-11-21");
  expect(dayOf(at("2026-11-21T16:00:00Z"))).toBe("2026-11-22");
  expect(spanOf("2026-11-22")).toEqual({ from: at("2026-11-21T16:00:00Z"), to: at("2026-11-22T16:00:00Z") });
});

test("days follow each other over the ends of months and years", () => {
  expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
  expect(addDays("2028-03-01", -1)).toBe("2028-02-29");
});

test("a bill is ready from its hour of the next day on", () => {
  expect(readyAt("2026-11-21", TEN)).toEqual(at("2026-11-22T02:00:00Z"));
  expect(newestReady(at("2026-11-22T01:59:59.999Z"), TEN)).toBe("2026-11-20");
  expect(newestReady(at("2026-11-22T02:00:00Z"), TEN)).toBe("2026-11-21");
});
