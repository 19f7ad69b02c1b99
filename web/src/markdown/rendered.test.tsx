import { act, cleanup, render } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import Rendered from "./rendered";

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const html = (text: string) => render(<Rendered text={text} />).container;

test("Markdown becomes elements", () => {
  const page = html("# Head\n\n- [x] done\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n`code` and [a link](https://example.com/x)");
  expect(page.querySelector("h2")?.textContent).toBe("Head");
  expect(page.querySelector("td")?.textContent).toBe("1");
  expect(page.querySelector("a")?.getAttribute("rel")).toBe("noopener noreferrer nofollow");
});

test.each([
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
  "[x](javascript:alert(1))",
  "![x](javascript:alert(1))",
  "![x](https://evil.example/pixel.png)",
  "<svg onload=alert(1)>",
  "[x]: javascript:alert(1)\n\n[x]",
  "<javascript:alert(1)>",
])("hostile text stays text: %s", (text) => {
  const page = html(text);
  expect(page.querySelector("script, iframe, svg, object, embed, img, style, link, form")).toBeNull();
  for (const anchor of page.querySelectorAll("a")) expect(anchor.getAttribute("href")).toMatch(/^https?:/);
  for (const element of page.querySelectorAll("*")) {
    for (const name of element.getAttributeNames()) expect(name).not.toMatch(/^on/);
  }
});

test("what is half open is closed while it streams", () => {
  const { container } = render(<Rendered text={"Now **bold and"} streams />);
  expect(container.querySelector("strong")).not.toBeNull();
});

test("while it streams, what is over is not laid out again, and the rest now and then", () => {
  vi.useFakeTimers();
  const { container, rerender } = render(<Rendered text={"# Over\n\nOn **it"} streams />);
  const [head, strong] = [container.querySelector("h2"), () => container.querySelector("strong")?.textContent];
  rerender(<Rendered text={"# Over\n\nOn **it go"} streams />);
  rerender(<Rendered text={"# Over\n\nOn **it goes"} streams />);
  expect(strong()).toBe("it");
  act(() => void vi.advanceTimersByTime(100));
  expect(strong()).toBe("it goes");
  expect(container.querySelector("h2")).toBe(head);
  rerender(<Rendered text={"# Over\n\nOn **it goes on**"} />);
  expect(strong()).toBe("it goes on");
});

test("a text that streams refers to what stands in it once it is whole", () => {
  const text = "[here]\n\n[here]: https://example.com/x";
  const { container, rerender } = render(<Rendered text={text} streams />);
  rerender(<Rendered text={text} />);
  expect(container.querySelector("a")?.getAttribute("href")).toBe("https://example.com/x");
});

test.each([
  ["prose", "safe \u202eevil\u001b[31m", "safe ⟨U+202E⟩evil⟨U+001B⟩[31m"],
  ["a heading", "# a\u202eb", "a⟨U+202E⟩b"],
  ["a table", "| a\u202eb |\n|---|", "a⟨U+202E⟩b"],
  ["the words of a link", "[a\u202eb](https://example.com/)", "a⟨U+202E⟩b"],
  ["the name of an image", "![a\u202eb](https://example.com/)", "[a⟨U+202E⟩b]"],
  ["what looks like HTML", "<b title='\u202e'>", "<b title='⟨U+202E⟩'>"],
  ["what is too much to lay out", `${">".repeat(40)} a\u202eb`, `${">".repeat(40)} a⟨U+202E⟩b`],
  ["pictures and line ends, which stay", "👩‍💻 one\r\ntwo", "👩‍💻 one\ntwo"],
])("nothing hides in %s", (_, text, shown) => {
  expect(html(text).textContent).toBe(shown);
});
