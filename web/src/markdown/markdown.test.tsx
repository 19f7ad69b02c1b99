import { render, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { isCostly } from "./depth";
import { Markdown } from "./markdown";

// React tells of what a boundary caught.
beforeEach(() => void vi.spyOn(console, "error").mockReturnValue());
afterEach(() => void vi.restoreAllMocks());

const EMPHASIS = (depth: number) => `${"**a _b ".repeat(depth)}deep${"_ **".repeat(depth)}`;

test.each([
  ["quotes", `${"> ".repeat(10_000)}deep`],
  ["lists", `${"- ".repeat(10_000)}deep`],
  ["numbered lists", `${"1. ".repeat(10_000)}deep`],
  ["emphasis", EMPHASIS(5000)],
  ["emphasis that the parser is asked about", EMPHASIS(100)],
])("what is nested too deep is shown as it is: %s", async (_, text) => {
  const { container } = render(<Markdown text={text} />);
  await waitFor(() => expect(container.textContent).toContain("deep"));
  expect(container.querySelectorAll("*").length).toBeLessThan(500);
});

test.each(["> - 1. > deep", "-".repeat(500), "* * *\n".repeat(500), `${"snake_case_name ".repeat(3000)}`, "- **bold** _slanted_\n\n".repeat(3000), "[1, 2, 3]\n".repeat(3000)])("what people write is not costly", (text) => {
  expect(isCostly(text)).toBe(false);
});

test.each([
  ["inside a word", `x${"*".repeat(99_990)}x`],
  ["with words between", `${`x${"*".repeat(500)}x`.repeat(190)}`],
  ["of both kinds", `x${"*_".repeat(49_990)}x`],
  ["after a word", `x${"*".repeat(99_990)}`],
])("a row of marks costs what its length does: %s", (_, text) => {
  const began = performance.now();
  isCostly(text);
  // Quadratic it took a minute; linear it takes some milliseconds.
  expect(performance.now() - began).toBeLessThan(1000);
});

test("marks beside words are counted, row by row", () => {
  expect(isCostly("a** ".repeat(2100))).toBe(true);
  expect(isCostly(" **a".repeat(2100))).toBe(true);
  expect(isCostly("a**b ".repeat(2100))).toBe(false);
});
