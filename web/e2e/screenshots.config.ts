import { defineConfig } from "vitest/config";

// Pictures of every page, in both themes and three widths, in e2e/screenshots.
export default defineConfig({
  test: { include: ["e2e/screenshots.ts"], testTimeout: 300_000, hookTimeout: 60_000 },
});
