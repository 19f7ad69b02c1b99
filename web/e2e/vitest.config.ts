import { defineConfig } from "vitest/config";

// The page in a real browser, before the real program named by OUTWORK_BIN.
export default defineConfig({
  test: {
    include: ["e2e/**/*.e2e.ts"],
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 60_000,
  },
});
