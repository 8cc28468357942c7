/** What is deployed is the service, and nothing that belongs to a developer's machine. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT, reach } from "./support/import-graph.ts";

/** Files of the project that can be reached from one of them, and what of Node.js. */
function madeOf(entry: string) {
  const imported = [...reach([join(ROOT, entry)]).keys()];
  return {
    files: imported.filter((name) => existsSync(join(ROOT, name))),
    ofNode: imported.filter((name) => name.startsWith("node:")),
  };
}

test("the Worker is made of nothing from the simulator, the gateway, scripts or tests", () => {
  const { files, ofNode } = madeOf("src/index.ts");
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter((name) => !/^(?:src|db)\//.test(name))).toEqual([]);
  expect(ofNode).toEqual([]);
});

test("the walk would see what is forbidden", () => {
  const { files, ofNode } = madeOf("tests/node/worker.test.ts");
  expect(files).toContain("tests/setup/slot.ts");
  expect(ofNode).toContain("node:http");
});

test("Cloudflare adds no lines of its own to the log, which would hold buyers' addresses and queries", () => {
  const settings = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
  const [, logs = ""] = /^\[observability\.logs\]$([^[]*)/m.exec(settings) ?? [];
  expect(logs).toMatch(/^invocation_logs = false$/m);
});
