import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { WORKERS } from "./tests/setup/workers.ts";

/** Milliseconds. A busy machine is slow, and slowness is no fault of what is tested. */
const PATIENCE = 30_000;

const BUNDLED = [
  "@planetscale/database",
  "drizzle-orm",
  "drizzle-orm/mysql-core",
  "drizzle-orm/planetscale-serverless",
  "zod",
];

const shared = { testTimeout: PATIENCE, hookTimeout: PATIENCE, maxWorkers: WORKERS };

export default defineConfig({
  test: {
    globalSetup: "tests/setup/world.ts",
    projects: [
      {
        plugins: [cloudflareTest({ wrangler: { configPath: "./wrangler.toml" } })],
        test: {
          ...shared,
          name: "workerd",
          include: ["tests/unit/**/*.test.ts", "tests/integration/**/*.test.ts"],
          isolate: false,
          setupFiles: "tests/setup/fresh-books.ts",
          // Bundled as in a deployed Worker: many small modules are slow to load, and slow to use.
          deps: { optimizer: { ssr: { enabled: true, include: BUNDLED } } },
        },
      },
      {
        test: {
          ...shared,
          name: "node",
          include: ["tests/gateway/**/*.test.ts", "tests/sandbox/**/*.test.ts", "tests/node/**/*.test.ts"],
          isolate: false,
        },
      },
      {
        test: {
          ...shared,
          // Each file in a process of its own, whose time and chance it takes over.
          name: "virtual time",
          include: ["tests/simulation/**/*.test.ts", "tests/crash-points/**/*.test.ts"],
        },
      },
    ],
  },
});
