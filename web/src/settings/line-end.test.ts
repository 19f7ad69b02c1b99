import { expect, test } from "vitest";

import { withoutLineEnd } from "./line-end";

test.each([
  ["a token that was copied with its line", "ghp_token\n", "ghp_token"],
  ["one with empty lines behind it", "ghp_token\n\n", "ghp_token"],
  ["one as it is", "ghp_token", "ghp_token"],
  ["a key of several lines, with its last line end", "-----BEGIN\nabc\n\n-----END\n", "-----BEGIN\nabc\n\n-----END\n"],
  ["nothing but line ends", "\n\n", ""],
])("%s", (_, pasted, sent) => {
  expect(withoutLineEnd(pasted)).toBe(sent);
});
