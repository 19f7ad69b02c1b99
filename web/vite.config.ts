import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// `npm run dev` serves the page and passes everything else to the server at OUTWORK_URL, with the key of
// OUTWORK_API_KEY if there is one; without it the page asks for a key, as it does in earnest.
const target = process.env["OUTWORK_URL"] ?? "http://127.0.0.1:8080";
const key = process.env["OUTWORK_API_KEY"];
const through = { target, ...(key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } }) };

export default defineConfig({
  plugins: [react()],
  resolve: {
    alias: {
      // Its variant for browsers decodes through `innerHTML`, which our policy refuses.
      "decode-named-character-reference": fileURLToPath(new URL("node_modules/decode-named-character-reference/index.js", import.meta.url)),
    },
  },
  build: {
    target: "es2022",
    // The server's content security policy allows nothing inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": through, "/v0": through, "/v1": through, "/pulls": through, "/artifacts": through } },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"] },
});
