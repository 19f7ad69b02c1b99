import { defineConfig } from "vitest/config";

// One that a busy machine made late runs again, and is named.
const common = { testTimeout: 90_000, hookTimeout: 60_000, retry: 2 };

// The page in a real browser, before the real program named by OUTWORK_BIN. What measures time is no test of every change: `npm run measure`.
export default defineConfig({
  test: {
    projects: [
      { test: { ...common, name: "page", include: ["e2e/**/*.e2e.ts"], exclude: ["e2e/size.e2e.ts"], maxWorkers: 2, sequence: { groupOrder: 0 } } },
      { test: { ...common, name: "size", include: ["e2e/size.e2e.ts"], maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
});
