import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, expect, test } from "vitest";

import type { AgentSummary, Facets } from "../api/types";
import { readFilter, type Filter } from "./filter";
import { leave, stay, useStayingFacets } from "./leaving";

afterEach(cleanup);

const AGENT = { id: "a", state: "succeeded", model: "m", repositories: [{ repository: "r" }] } as unknown as AgentSummary;
const FACETS: Facets = { states: [{ value: "succeeded", count: 3 }, { value: "failed", count: 1 }], models: [{ value: "m", count: 4 }], repositories: [{ value: "r", count: 2 }] } as Facets;
const NO_ONE: AgentSummary[] = [];

function counts(filter: Filter, countedAt = 10, found: AgentSummary[] = NO_ONE) {
  const queries = new QueryClient();
  const wrapper = ({ children }: { children: ReactNode }) => <QueryClientProvider client={queries}>{children}</QueryClientProvider>;
  const { result, rerender } = renderHook(() => useStayingFacets(FACETS, countedAt, filter, found), { wrapper });
  const now = () => [...(result.current?.states ?? []), ...(result.current?.models ?? []), ...(result.current?.repositories ?? [])].map(({ count }) => count);
  return { queries, now, rerender };
}
const filter = (address: string) => readFilter(new URLSearchParams(address));

test("what is about to be deleted is not counted, until it is kept or the server counts without it", async () => {
  const { queries, now } = counts(filter("state=failed"));
  await waitFor(() => expect(now()).toEqual([3, 1, 4, 2]));
  leave(queries, AGENT, {});
  await waitFor(() => expect(now()).toEqual([2, 1, 3, 1]));
  leave(queries, AGENT, { deletedAt: 20 });
  await waitFor(() => expect(now()).toEqual([2, 1, 3, 1]));
  leave(queries, AGENT, { deletedAt: 5 });
  await waitFor(() => expect(now()).toEqual([3, 1, 4, 2]));
  leave(queries, AGENT, {});
  await waitFor(() => expect(now()).toEqual([2, 1, 3, 1]));
  stay(queries, AGENT.id);
  await waitFor(() => expect(now()).toEqual([3, 1, 4, 2]));
});

test.each([
  ["archived=only", NO_ONE, 3],
  ["archived=yes", NO_ONE, 2],
  ["q=word", NO_ONE, 3],
  ["q=word", [AGENT], 2],
])("what was not counted is not taken off: %s", async (address, found, left) => {
  const counted = { ...AGENT, id: "b", state: "failed", ...(address === "archived=only" ? { archivedAt: "2026-05-02T08:00:00.000Z" } : {}) } as AgentSummary;
  const { queries, now } = counts(filter(address), 10, [...found, counted]);
  leave(queries, AGENT, {});
  leave(queries, counted, {});
  await waitFor(() => expect(now()[1]).toBe(0));
  expect(now()[0]).toBe(left);
});
