import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { WORKERS } from "./tests/setup/workers.ts";

/** Milliseconds. A busy machine is slow, and slowness is no fault of what is tested. */
const PATIENCE = 30_000;

export default defineConfig({
  test: {
    globalSetup: "tests/setup/world.ts",
    projects: [
      {
        plugins: [cloudflareTest({ wrangler: { configPath: "./wrangler.toml" } })],
        test: {
          name: "workerd",
          include: ["tests/unit/**/*.test.ts", "tests/integration/**/*.test.ts"],
          isolate: false,
          testTimeout: PATIENCE,
          hookTimeout: PATIENCE,
          maxWorkers: WORKERS,
        },
      },
      {
        test: {
          name: "node",
          testTimeout: PATIENCE,
          hookTimeout: PATIENCE,
          include: [
            "tests/gateway/**/*.test.ts",
            "tests/sandbox/**/*.test.ts",
            "tests/node/**/*.test.ts",
            "tests/simulation/**/*.test.ts",
            "tests/crash-points/**/*.test.ts",
          ],
          maxWorkers: WORKERS,
        },
      },
    ],
  },
});
