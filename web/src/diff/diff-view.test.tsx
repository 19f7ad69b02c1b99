import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";

import DiffView from "./diff-view";

afterEach(() => {
  cleanup();
  history.replaceState(null, "", "/");
});

const file = (path: string, line: string) => `diff --git a/${path} b/${path}\nnew file mode 100644\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+${line}\n`;
const MANY = Array.from({ length: 60 }, (_, place) => file(`f${place}.txt`, `line ${place}`)).join("");
const section = (name: string) => within(screen.getByRole("region", { name })).getAllByRole("button")[0]!.getAttribute("aria-expanded");

test("a new empty file is empty, and one that was only renamed the same", () => {
  render(<DiffView diff={"diff --git a/x b/x\nnew file mode 100644\ndiff --git a/y b/z\nrename from y\nrename to z\n"} layout="unified" />);
  expect(screen.getByText("Empty file.")).toBeDefined();
  expect(screen.getByText("Its content is the same.")).toBeDefined();
});

test("a line break in a name is seen", () => {
  const { container } = render(<DiffView diff={'diff --git "a/a\\nb.txt" "b/a\\nb.txt"\nnew file mode 100644\n'} layout="unified" />);
  expect(container.querySelector(".file-name")?.textContent).toBe("a⟨U+000A⟩b.txt");
});

test.each(["unified", "split"] as const)("of a very long line the begin is there, and the whole at a word: %s", (layout) => {
  const { container } = render(<DiffView diff={file("x", "a".repeat(1_000_000))} layout={layout} />);
  expect(container.textContent!.length).toBeLessThan(3000);
  fireEvent.click(screen.getByRole("button", { name: /Show the whole line, 1,000,000/ }));
  expect(container.querySelector(".whole-line")?.textContent?.length).toBe(1_000_000);
});

test("a long list of files is closed, has a filter, and opens the file that it leads to", () => {
  render(<DiffView diff={MANY} layout="unified" />);
  const list = within(screen.getByRole("navigation", { name: "Changed files" }));
  expect(list.queryAllByRole("link")).toEqual([]);
  fireEvent.click(list.getByRole("button", { name: "List of files" }));
  expect(list.getAllByRole("link").length).toBe(60);
  fireEvent.change(list.getByRole("searchbox"), { target: { value: "f59" } });
  expect(list.getAllByRole("link").map((link) => link.textContent)).toEqual(["f59.txt"]);
  expect(section("f59.txt")).toBe("false");
  fireEvent.click(list.getByRole("link"));
  expect(section("f59.txt")).toBe("true");
  fireEvent.click(list.getByRole("link"));
  expect(section("f59.txt")).toBe("true");
});

test("an address with a file opens it", () => {
  history.replaceState(null, "", "/agents?id=a#file-58");
  render(<DiffView diff={MANY} layout="unified" />);
  expect(section("f58.txt")).toBe("true");
  expect(section("f59.txt")).toBe("false");
});
