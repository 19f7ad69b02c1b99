import { expect, test } from "vitest";

import { highlight, languageOf } from "./highlight";

test("the ending of a name says its language", () => {
  expect(languageOf("src/main.rs")).toBe("rust");
  expect(languageOf("Dockerfile")).toBe("dockerfile");
  expect(languageOf("LICENSE")).toBeUndefined();
  expect(languageOf("x.constructor")).toBeUndefined();
  expect(languageOf("__proto__")).toBeUndefined();
});

test("every line keeps its text, across comments of several lines too", () => {
  const lines = ["/* one", "<script>alert(1)</script>", "three */ const x = `a", "b`;", ""];
  const tokens = highlight(lines, "typescript");
  expect(tokens?.map((line) => line.map((token) => token.text).join(""))).toEqual(lines);
  expect(tokens?.[1]?.[0]?.className).toContain("hljs-comment");
});

test("a minified file stays plain", () => {
  expect(highlight(["x".repeat(3000)], "javascript")).toBeUndefined();
});
