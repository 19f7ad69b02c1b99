import { expect, test } from "vitest";

import { age, bytes, count, duration, money, plural } from "./format";
import { shortRepository, visible } from "./visible";

test("durations", () => {
  expect([16, 1300, 42_000, 65_000, 3_600_000, 7_800_000, -5].map(duration)).toEqual(["16 ms", "1.3 s", "42 s", "1 min 5 s", "1 h", "2 h 10 min", "0 ms"]);
});

test("ages", () => {
  const now = Date.parse("2026-05-02T12:00:00Z");
  const of = (moment: string) => age(moment, now);
  expect(of("2026-05-02T11:59:30Z")).toBe("now");
  expect(of("2026-05-02T11:00:00Z")).toBe("1 h");
  expect(of("2026-04-30T11:00:00Z")).toBe("2 d");
  expect(of("2025-01-01T00:00:00Z")).toBe("2025-01-01");
  expect(of("nonsense")).toBe("");
});

test("amounts", () => {
  expect([999, 1234, 123_456, 4_500_000].map(count)).toEqual(["999", "1.2k", "123k", "4.5M"]);
  expect([0, 0.3, 123].map(money)).toEqual(["$0", "<$0.01", "$1.23"]);
  expect([5, 1500, 2_500_000].map(bytes)).toEqual(["5 B", "1.5 kB", "2.5 MB"]);
  expect(plural(1, "file")).toBe("1 file");
  expect(plural(2000, "match", "matches")).toBe("2,000 matches");
});

test("nothing hides in a name", () => {
  expect(visible("gnp.\u202eexe\u0000")).toBe("gnp.⟨U+202E⟩exe⟨U+0000⟩");
});

test("a repository is told apart by its last part", () => {
  expect(shortRepository("https://git.example.com/acme/tools.git")).toBe("acme/tools");
  expect(shortRepository("git@git.example.com:acme/tools")).toBe("acme/tools");
  expect(shortRepository("file:///srv/git/tools.git")).toBe("tools");
  expect(shortRepository("")).toBe("");
});
