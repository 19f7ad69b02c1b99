import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { AgentSummary } from "../api/types";
import { readFilter } from "./filter";
import { useAgents } from "./use-agents";

const at = (ms: number) => new Date(Date.UTC(2026, 4, 2, 8) + ms).toISOString();
const agent = (id: string, ms: number, state: string) => ({ id, name: id, createdAt: at(0), updatedAt: at(ms), state }) as AgentSummary;

/** What the server has. */
let agents: AgentSummary[];
let asked: URLSearchParams[];

beforeEach(() => {
  asked = [];
  vi.stubGlobal("fetch", (request: Request) => {
    const query = new URL(request.url).searchParams;
    asked.push(query);
    const after = query.get("updatedAfter");
    const found = agents.filter((one) => (after === null || one.updatedAt > after) && (query.getAll("state").length === 0 || query.getAll("state").includes(one.state)));
    return Promise.resolve(Response.json({ agents: found.slice(0, Number(query.get("limit"))), total: found.length }));
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function shows(address = "") {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const wrapper = ({ children }: { children: ReactNode }) => <QueryClientProvider client={queries}>{children}</QueryClientProvider>;
  const filter = readFilter(new URLSearchParams(address));
  const { result } = renderHook(() => useAgents(filter), { wrapper });
  const poll = () => queries.refetchQueries({ queryKey: ["agents-changed"] });
  return { states: () => Object.fromEntries(result.current.agents.map(({ id, state }) => [id, state])), total: () => result.current.total, poll };
}

test("a change that is written after a later one was seen is seen all the same", async () => {
  agents = [agent("a", 0, "working"), agent("b", 50, "working")];
  const { states, poll } = shows();
  await waitFor(() => expect(states()).toEqual({ a: "working", b: "working" }));
  agents = [agent("a", 0, "working"), agent("b", 120, "succeeded")];
  await poll();
  await waitFor(() => expect(states()).toEqual({ a: "working", b: "succeeded" }));
  agents = [agent("a", 100, "failed"), agent("b", 120, "succeeded")];
  await poll();
  await waitFor(() => expect(states()).toEqual({ a: "failed", b: "succeeded" }));
});

test("what leaves the filter leaves the list and its total, and while nothing moves one small request is made", async () => {
  agents = [agent("a", 0, "working"), agent("b", 50, "working")];
  const { states, total, poll } = shows("state=working");
  await waitFor(() => expect(states()).toEqual({ a: "working", b: "working" }));
  agents = [agent("a", 0, "working"), agent("b", 100, "failed")];
  await poll();
  await waitFor(() => expect(states()).toEqual({ a: "working" }));
  expect(total()).toBe(1);
  await poll();
  const before = asked.length;
  await poll();
  expect(asked.slice(before).map((query) => query.get("state"))).toEqual([null]);
});
