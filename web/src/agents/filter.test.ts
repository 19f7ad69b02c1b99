import { expect, test } from "vitest";

import type { AgentSummary } from "../api/types";
import { filterAddress, isNarrowed, readFilter, whyNotSearched, wireQuery } from "./filter";
import { rowsOf } from "./rows";

const read = (text: string) => readFilter(new URLSearchParams(text));

test("a filter survives its address", () => {
  for (const text of ["", "q=a+b&state=failed&state=working", "repository=https%3A%2F%2Fa%2Fb&model=m", "sort=name", "sort=name&order=desc", "archived=only&group=repository"]) {
    const filter = read(text);
    expect(read(filterAddress(filter).split("?")[1] ?? "")).toEqual(filter);
  }
  expect(filterAddress(read(""))).toBe("/agents");
});

test("what no list can be asked for is left out", () => {
  expect(read("state=evil&sort=evil&order=up&archived=perhaps")).toEqual(read(""));
});

test("the server is asked for what differs from the usual", () => {
  expect(wireQuery(read(""))).toEqual({});
  expect(wireQuery(read("q=+x+&state=failed&sort=updated&archived=yes"))).toEqual({ q: "x", state: ["failed"], sort: "updated", order: "desc", archived: "true" });
  expect(isNarrowed(read("sort=name"))).toBe(false);
  expect(isNarrowed(read("q=x"))).toBe(true);
});

const agent = (id: string, repository: string) => ({ id, repositories: [{ repository }] }) as AgentSummary;

test("groups keep the order of their first agents, and fold", () => {
  const agents = [agent("1", "b"), agent("2", "a"), agent("3", "b")];
  expect(rowsOf(agents, false, new Set()).map((row) => row.key)).toEqual(["1", "2", "3"]);
  expect(rowsOf(agents, true, new Set()).map((row) => row.key)).toEqual(["group b", "1", "3", "group a", "2"]);
  expect(rowsOf(agents, true, new Set(["b"])).map((row) => row.key)).toEqual(["group b", "group a", "2"]);
});

test("a search that is longer than the server takes is cut, and says so", () => {
  const filter = readFilter(new URLSearchParams({ q: "one two three four five six seven" }));
  expect(wireQuery(filter)["q"]).toBe("one two three four five six");
  expect(whyNotSearched(filter.q)).toBe("Only the first 6 words are searched for.");
  const long = readFilter(new URLSearchParams({ q: "x".repeat(300) }));
  expect(wireQuery(long)["q"]).toBe("x".repeat(200));
  expect(whyNotSearched(long.q)).toBe("Only the first 200 characters are searched for.");
  expect(whyNotSearched("as usual")).toBeUndefined();
});
