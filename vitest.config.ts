import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

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
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "node",
          include: ["tests/gateway/**/*.test.ts", "tests/sandbox/**/*.test.ts", "tests/node/**/*.test.ts"],
          maxWorkers: 2,
        },
      },
    ],
  },
});
