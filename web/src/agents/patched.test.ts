import { expect, test } from "vitest";

import type { AgentList, AgentSummary } from "../api/types";
import type { Filter } from "./filter";
import { patched, type Changes } from "./patched";

const NEWEST: Pick<Filter, "sort" | "order"> = { sort: "created", order: "desc" };

/** An agent that was made in that minute, and changed so often. */
function agent(minute: number, more: Partial<AgentSummary> & { changes?: number } = {}): AgentSummary {
  const { changes = 0, ...rest } = more;
  const at = (second: number) => `2026-05-02T08:${String(minute).padStart(2, "0")}:${String(second).padStart(2, "0")}.000Z`;
  return { id: `bc-${minute}`, name: `Agent ${minute}`, createdAt: at(0), updatedAt: at(changes), state: "working", ...rest } as AgentSummary;
}

function listOf(pages: readonly (readonly AgentSummary[])[], end: "whole" | "more" = "whole") {
  const total = pages.flat().length;
  const made: AgentList[] = pages.map((agents, place) => ({ agents: [...agents], total, ...(place < pages.length - 1 || end === "more" ? { nextCursor: `after ${place}` } : {}) }));
  return { pages: made, pageParams: pages.map(() => undefined) };
}

const ids = (list: { pages: readonly AgentList[] }) => list.pages.map((page) => page.agents.map(({ id }) => id));
const both = (...agents: AgentSummary[]): Changes => ({ all: agents, matching: agents });
const totals = (list: { pages: readonly AgentList[] }) => list.pages.map(({ total }) => total);

test("who no longer matches leaves, who never did stays out", () => {
  const list = listOf([[agent(4), agent(3)], [agent(2), agent(1)]]);
  const found = patched(list, { all: [agent(9, { changes: 1 }), agent(3, { changes: 1 })], matching: [], total: 3 }, NEWEST);
  expect(ids(found)).toEqual([["bc-4"], ["bc-2", "bc-1"]]);
  expect(totals(found)).toEqual([3, 3]);
});

test("who matches now comes in at its place, whoever was there is newer at his", () => {
  const list = listOf([[agent(6), agent(4)], [agent(3), agent(1)]]);
  const found = patched(list, both(agent(7), agent(5, { changes: 1 }), agent(2, { changes: 2 }), agent(3, { changes: 1, state: "failed" })), NEWEST);
  expect(ids(found)).toEqual([["bc-7", "bc-6", "bc-5", "bc-4"], ["bc-3", "bc-2", "bc-1"]]);
  expect(found.pages[1]?.agents[0]?.state).toBe("failed");
});

test("who belongs behind what was read comes with the next page, or at the end if there is none", () => {
  const old = agent(0, { changes: 5 });
  expect(ids(patched(listOf([[agent(3)], [agent(2)]], "more"), both(old), NEWEST))).toEqual([["bc-3"], ["bc-2"]]);
  expect(ids(patched(listOf([[agent(3)], [agent(2)]]), both(old), NEWEST))).toEqual([["bc-3"], ["bc-2", "bc-0"]]);
});

test("the total is the server's, however often somebody on an unread page changes", () => {
  let list: ReturnType<typeof patched> = listOf([[agent(3)], [agent(2)]], "more");
  for (const changes of [1, 2, 3]) list = patched(list, { ...both(agent(0, { changes })), total: 1000 }, NEWEST);
  expect(totals(list)).toEqual([1000, 1000]);
  // Who left from there is in no page, and missing in the total.
  list = patched(list, { all: [agent(0, { changes: 4 })], matching: [], total: 999 }, NEWEST);
  expect(totals(list)).toEqual([999, 999]);
  expect(ids(list)).toEqual([["bc-3"], ["bc-2"]]);
});

test.each([
  ["updated", "desc", [3, 2, 1], [1, 3, 2]],
  ["updated", "asc", [1, 2, 3], [2, 3, 1]],
  ["name", "asc", [2, 3, 1], [1, 2, 3]],
  ["cost", "desc", [3, 2, 1], [1, 3, 2]],
] as const)("by %s, %s, a change can move it", (sort, order, before, after) => {
  const agents = new Map([agent(1, { name: "z" }), agent(2, { name: "b", costCents: 1 }), agent(3, { name: "c", costCents: 2 })].map((one) => [one.id, one]));
  const [first, second, third] = before.map((minute) => agents.get(`bc-${minute}`)!) as [AgentSummary, AgentSummary, AgentSummary];
  const changed = agent(1, { name: "a", costCents: 3, updatedAt: "2026-05-02T09:00:00.000Z" });
  const found = patched(listOf([[first], [second, third]]), both(changed), { sort, order });
  expect(ids(found).flat()).toEqual(after.map((minute) => `bc-${minute}`));
});

test("what is known already changes nothing", () => {
  const list = listOf([[agent(2, { changes: 3 }), agent(1)]]);
  expect(patched(list, both(agent(2, { changes: 3 }), agent(1)), NEWEST)).toBe(list);
  expect(patched(list, { all: [agent(5)], matching: [] }, NEWEST)).toBe(list);
});
