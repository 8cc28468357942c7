import { expect, it } from "vitest";
import { createLogger } from "../../../src/telemetry/log.ts";

it("names the event of every line, whatever fields it carries", () => {
  const lines: string[] = [];
  const log = createLogger(
    { requestId: "r1" },
    (line) => lines.push(line),
    () => 0,
  );
  log.info("callback.handled", { event: "PROFITSHARING", level: "none", outcome: "IGNORED" });
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { requestId: "r1", outcome: "IGNORED", time: "1970-01-01T00:00:00.000Z", level: "info", event: "callback.handled" },
  ]);
});
