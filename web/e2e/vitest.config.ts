import { defineConfig } from "vitest/config";

const common = { testTimeout: 90_000, hookTimeout: 60_000 };

// The page in a real browser, before the real program named by OUTWORK_BIN. What measures time comes last, alone.
export default defineConfig({
  test: {
    projects: [
      { test: { ...common, name: "page", include: ["e2e/**/*.e2e.ts"], exclude: ["e2e/size.e2e.ts"], maxWorkers: 2, sequence: { groupOrder: 0 } } },
      { test: { ...common, name: "size", include: ["e2e/size.e2e.ts"], maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
});
