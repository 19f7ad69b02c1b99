import { expect, test } from "vitest";

import { Tries } from "./tries";

test("the same has one key until it is done, something else has another", () => {
  const tries = new Tries();
  const picture = { data: "x" };
  const first = tries.keyFor({ text: "a" }, [picture]);
  expect(tries.keyFor({ text: "a" }, [picture])).toBe(first);
  expect(tries.keyFor({ text: "a" })).not.toBe(first);
  const changed = tries.keyFor({ text: "b" }, [picture]);
  expect(changed).not.toBe(first);
  expect(tries.keyFor({ text: "b" }, [{ ...picture }])).not.toBe(changed);
  const last = tries.keyFor({ text: "c" });
  tries.done();
  expect(tries.keyFor({ text: "c" })).not.toBe(last);
});
