import { expect, test } from "vitest";

import { blocksOf } from "./blocks";

test.each([
  ["paragraphs", "one\ntwo\n\nthree", ["one\ntwo\n\n", "three"]],
  ["a loose list", "- one\n\n- two\n\n  more\n\nend", ["- one\n\n- two\n\n  more\n\n", "end"]],
  ["code with empty lines", "```js\na\n\nb\n```\n\nend", ["```js\na\n\nb\n```\n\n", "end"]],
  ["code in which a shorter fence stands", "````\n```\n\nb\n````\n\nend", ["````\n```\n\nb\n````\n\n", "end"]],
  ["code that is not over", "text\n\n~~~\na\n\nb", ["text\n\n", "~~~\na\n\nb"]],
  ["what only looks like a list or a fence", "```a```\n\n**b**\n\n12 c", ["```a```\n\n", "**b**\n\n", "12 c"]],
  ["nothing", "", [""]],
])("%s", (_, text, blocks) => {
  expect(blocksOf(text)).toEqual(blocks);
});

test("whatever comes behind, only the last block changes, and nothing is lost", () => {
  const text = "# Head\n\nOne **bold**\n\n1. a\n\n2. b\n\n```\nx\n\ny\n```\n\n> q\n\n| a |\n|---|\n\nlast\n";
  for (let end = 1; end <= text.length; end += 1) {
    const blocks = blocksOf(text.slice(0, end));
    expect(blocks.join("")).toBe(text.slice(0, end));
    const later = blocksOf(text);
    expect(later.slice(0, blocks.length - 1)).toEqual(blocks.slice(0, -1));
  }
});
