/** How far back Alipay's bills go. */
import { expect, it } from "vitest";
import { requestedPeriod } from "../../sandbox/alipay/bills-calendar.ts";

const NOW = Date.parse("2026-11-22T10:00:00+08:00");

it.each(["2020-11-22", "2020-11", "2020-12-31", "2026-11-21", "2026-10"])("%s can be had", (date) => {
  expect(requestedPeriod(NOW, date)).toMatchObject({ date });
});

it.each(["2020-11-21", "2020-10", "2020-02-20", "2020-01", "2019-12-31"])("%s lies too far back", (date) => {
  expect(() => requestedPeriod(NOW, date)).toThrow("六年");
});

it("on the last day of February six years are up where there is no such day", () => {
  const leapDay = Date.parse("2028-02-29T10:00:00+08:00");
  expect(requestedPeriod(leapDay, "2022-03-01")).toMatchObject({ date: "2022-03-01" });
  expect(() => requestedPeriod(leapDay, "2022-02-28")).toThrow("六年");
});
