import { expect, test } from "vitest";

import { safeImage, safeLink } from "./links";

test.each([
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  " javascript:alert(1)",
  "java\tscript:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "vbscript:x",
  "blob:https://a/b",
  "file:///etc/passwd",
  "//evil.example/x",
  "/agents",
  "https://bank.example@evil.example/",
  "",
])("is no link: %s", (address) => {
  expect(safeLink(address)).toBeUndefined();
});

test("pages may be linked to", () => {
  expect(safeLink("https://example.com/a?b#c")).toBe("https://example.com/a?b#c");
  expect(safeLink("http://127.0.0.1:8080/pulls/1")).toBe("http://127.0.0.1:8080/pulls/1");
});

test("only images that are whole are shown", () => {
  expect(safeImage("data:image/png;base64,iVBORw0KGgo=")).toBeDefined();
  expect(safeImage("data:image/svg+xml;base64,PHN2Zz4=")).toBeUndefined();
  expect(safeImage("https://evil.example/x.png")).toBeUndefined();
  expect(safeImage("/api/v1/session")).toBeUndefined();
});
