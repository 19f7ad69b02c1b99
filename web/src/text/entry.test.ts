import { expect, test } from "vitest";

import { causeWords } from "./causes";
import { entry } from "./entry";
import { words } from "./states";

test.each(["__proto__", "constructor", "toString", "hasOwnProperty"])("what every object has is no entry: %s", (name) => {
  expect(entry({ ok: 1 }, name)).toBeUndefined();
  expect(causeWords(name).what).toBe(name);
  expect(words(name)).toEqual({ label: name, tone: "quiet", meaning: "" });
});

test("an entry is found", () => {
  expect(entry({ ok: 1 }, "ok")).toBe(1);
});
