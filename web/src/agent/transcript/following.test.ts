import { expect, test } from "vitest";

import { followsAfter } from "./following";

const at = (top: number, whole = 2000) => ({ top, height: 500, whole });

test.each([
  ["the page grew below: nobody moved", true, 1500, at(1500, 2400), true],
  ["it shrank, and the browser moved to its end", true, 1500, at(1300, 1800), true],
  ["a small move up, as by a wheel or a scrollbar", true, 1500, at(1490), false],
  ["moving on up", false, 1490, at(900), false],
  ["down, but not to the end", false, 900, at(1200), false],
  ["down to near the end", false, 1200, at(1400), true],
  ["near the end, but away from it", false, 1450, at(1400), false],
  ["at the end", false, 1450, at(1499), true],
  ["brought to the end while much came", true, 1500, at(1900, 2600), true],
])("%s", (_, followed, before, view, follows) => {
  expect(followsAfter(followed, before, view)).toBe(follows);
});
