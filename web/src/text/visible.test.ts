import { expect, test } from "vitest";

import { visible, visibleCode, visiblePath, visibleProse } from "./visible";

test.each([
  ["a Hangul filler, a letter to JavaScript", "\u3164"],
  ["its half width", "\uffa0"],
  ["the fillers of syllables", "\u115f\u1160"],
  ["a Mongolian vowel separator", "\u180e"],
  ["a grapheme joiner", "\u034f"],
  ["line ends of JavaScript", "\u2028\u2029"],
  ["variation selectors", "\ufe00\u{e0100}\u{e01ef}"],
  ["tags, of which instructions are made", "\u{e0049}\u{e0067}\u{e007f}"],
  ["an override", "\u202e"],
  ["isolates", "\u2066\u2069"],
  ["zero-width characters", "\u200b\u200d\u2060\ufeff\u00ad"],
  ["controls", "\u0000\u001b\u007f\u009b\r"],
])("nothing hides: %s", (_, hidden) => {
  const marks = [...hidden].map((character) => `⟨U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}⟩`).join("");
  expect(visible(`a${hidden}b`)).toBe(`a${marks}b`);
  expect(visibleCode(`a${hidden}b`)).toBe(`a${marks}b`);
});

test.each(["plain\ttext\nof two lines", "ünï 漢字 العربية עברית हिन्दी 한국어", "⚠️ ❤️ 👩‍💻 👍🏽 1️⃣ ©"])("what is seen stays: %s", (text) => {
  expect(visible(text)).toBe(text);
});

test("in code a picture has no privilege", () => {
  expect(visibleCode("⚠\ufe0f")).toBe("⚠⟨U+FE0F⟩");
  expect(visible("x\ufe0f")).toBe("x⟨U+FE0F⟩");
  expect(visibleCode("a\u2800b")).toBe("a⟨U+2800⟩b");
});

test("a name is one line, and prose has the line ends of any system", () => {
  expect(visiblePath("a\nb\t.txt")).toBe("a⟨U+000A⟩b⟨U+0009⟩.txt");
  expect(visibleProse("one\r\ntwo\rthree")).toBe("one\ntwo\nthree");
});
