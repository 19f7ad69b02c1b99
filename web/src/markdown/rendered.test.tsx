import { render } from "@testing-library/react";
import { expect, test } from "vitest";

import Rendered from "./rendered";

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
