// Agents that are about to be deleted, or just were. They are out of sight at once, though the server is told only when it is too late for an undo.

import { skipToken, useQuery, type QueryClient } from "@tanstack/react-query";
import { useMemo } from "react";

import type { Agent, AgentSummary, Facet, Facets } from "../api/types";
import type { TakeBack } from "../ui/toasts";
import type { Filter } from "./filter";
import type { FoundAgents } from "./use-agents";

const LEAVING = ["leaving"];

type Counted = Pick<AgentSummary, "id" | "state" | "model" | "archivedAt"> & { repositories: readonly { repository: string }[] };

interface Leaver {
  /** How it is kept after all, as long as that can be. */
  takeBack?: TakeBack;
  /** When the server said that it is gone, in ms since 1970. */
  deletedAt?: number;
}

type Leaving = ReadonlyMap<string, Leaver & { agent: Counted }>;

const NONE: Leaving = new Map();

export function leave(queries: QueryClient, agent: Counted | Agent, how: Leaver): void {
  queries.setQueryData<Leaving>(LEAVING, (old) => new Map(old).set(agent.id, { ...how, agent }));
}

export function stay(queries: QueryClient, id: string): void {
  queries.setQueryData<Leaving>(LEAVING, (old) => new Map([...(old ?? NONE)].filter(([one]) => one !== id)));
}

export function useLeaving(): Leaving {
  return useQuery<Leaving>({ queryKey: LEAVING, queryFn: skipToken, staleTime: Number.POSITIVE_INFINITY, gcTime: Number.POSITIVE_INFINITY }).data ?? NONE;
}

/** The list without them. */
export function useStaying(found: FoundAgents): FoundAgents {
  const leaving = useLeaving();
  const agents = useMemo(() => (leaving.size === 0 ? found.agents : found.agents.filter(({ id }) => !leaving.has(id))), [found.agents, leaving]);
  return { ...found, agents, total: found.total === undefined ? undefined : found.total - (found.agents.length - agents.length) };
}

/** What is counted in the filters without them: `facets` is what the server counted last, at `countedAt`. */
export function useStayingFacets(facets: Facets | undefined, countedAt: number, filter: Filter, found: readonly AgentSummary[]): Facets | undefined {
  const leaving = useLeaving();
  return useMemo(() => {
    if (facets === undefined || leaving.size === 0) return facets;
    const going = [...leaving.values()].filter(({ agent, deletedAt }) => (deletedAt === undefined || deletedAt > countedAt) && isCounted(agent, filter, found));
    if (going.length === 0) return facets;
    const agents = going.map(({ agent }) => agent);
    return {
      ...facets,
      states: without(facets.states, agents.map(({ state }) => [state])),
      models: without(facets.models, agents.map(({ model }) => [model])),
      repositories: without(facets.repositories, agents.map(({ repositories }) => repositories.map(({ repository }) => repository))),
    };
  }, [facets, countedAt, leaving, filter, found]);
}

/** Whether the server counts it. Only the server searches, so that of a search those are known that it found. */
function isCounted(agent: Counted, filter: Filter, found: readonly AgentSummary[]): boolean {
  if (filter.q.trim() !== "") return found.some(({ id }) => id === agent.id);
  return filter.archived === "yes" || (filter.archived === "only") === (agent.archivedAt !== undefined);
}

function without(facets: readonly Facet[], values: readonly (readonly string[])[]): Facet[] {
  return facets.map((facet) => ({ ...facet, count: Math.max(0, facet.count - values.filter((each) => each.includes(facet.value)).length) }));
}
