import { expect, test } from "vitest";

import { clean, lastOf, paletteColour, pieces } from "./ansi";

const text = (input: string) => pieces(input).map((piece) => piece.text).join("");

test("colours become classes", () => {
  expect(pieces("a\u001b[31mred\u001b[0mb")).toEqual([
    { text: "a", className: "" },
    { text: "red", className: "ansi-red" },
    { text: "b", className: "" },
  ]);
  expect(pieces("\u001b[1;92;44mx")[0]).toMatchObject({ className: "ansi-bold ansi-bright-green ansi-on-blue" });
});

test("colours beyond the sixteen are numbers and nothing else", () => {
  expect(pieces("\u001b[38;2;1;2;3mx")[0]).toMatchObject({ foreground: "1, 2, 3" });
  expect(pieces("\u001b[38;5;196mx")[0]).toMatchObject({ foreground: "255, 0, 0" });
  expect(paletteColour(232)).toBe("8, 8, 8");
});

test.each([
  ["a title", "\u001b]0;evil\u0007shown"],
  ["a link", "\u001b]8;;javascript:alert(1)\u001b\\shown\u001b]8;;\u001b\\"],
  ["a clipboard", "\u001b]52;c;ZXZpbA==\u0007shown"],
  ["a cursor", "\u001b[2J\u001b[1;1Hshown"],
  ["a device control string", "\u001bPevil\u001b\\shown"],
  ["a character set", "\u001b(0shown\u001b(B"],
  ["a bell and a null", "\u0007sho\u0000wn"],
  ["an 8-bit sequence", "\u009b2Jshown"],
  ["a sequence without an end", "shown\u001b[3"],
])("what a terminal would obey is dropped: %s", (_, input) => {
  expect(text(input)).toBe("shown");
});

test("a returning line leaves what it wrote last", () => {
  expect(clean("10%\r50%\r100%\ndone\r\n")).toBe("100%\ndone\n");
  expect(clean("abc\b\bX")).toBe("aX");
});

test("plain text stays one piece", () => {
  expect(pieces("<b>no & markup</b>\n")).toEqual([{ text: "<b>no & markup</b>\n", className: "" }]);
  expect(pieces("")).toEqual([]);
});

test("the end of an output does not begin inside a sequence", () => {
  const output = "old \u001b[38;5;196mred\u001b[0m\n";
  for (let most = 0; most <= output.length; most += 1) expect("old red\n".endsWith(text(lastOf(output, most)))).toBe(true);
  expect(lastOf(output, output.length - 7)).toBe("red\u001b[0m\n");
  expect(lastOf("a\u001b]0;a long title\u0007shown", 10)).toBe("shown");
  expect(lastOf("👍👍", 3)).toBe("👍");
  expect(lastOf("plain", 3)).toBe("ain");
});
