// The list of agents, page by page, kept current while it is looked at.

import { useInfiniteQuery, useQuery, useQueryClient, type InfiniteData } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";

import { api, take } from "../api/client";
import type { AgentList, AgentSummary, Facets } from "../api/types";
import { wireQuery, type Filter } from "./filter";

const PAGE = 100;
const POLL_MS = 3000;
/** So many pages are read again as they are; of more only what changed is put in place. */
const REREAD_PAGES = 3;

async function readPage(query: ReturnType<typeof wireQuery>, cursor?: string, signal?: AbortSignal): Promise<AgentList> {
  const asked = { ...query, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
  const page = await take(api.GET("/api/v1/agents", { params: { query: asked }, ...(signal === undefined ? {} : { signal }) }));
  return page as AgentList;
}

export interface FoundAgents {
  agents: readonly AgentSummary[];
  total: number | undefined;
  isLoading: boolean;
  error: unknown;
  hasMore: boolean;
  isLoadingMore: boolean;
  loadMore: () => void;
  reload: () => void;
}

export function useAgents(filter: Filter): FoundAgents {
  const asked = wireQuery(filter);
  const key = useMemo(() => ["agents", asked], [JSON.stringify(asked)]);
  const list = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => readPage(asked, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: (old) => old,
  });
  const agents = useMemo(() => list.data?.pages.flatMap((page) => page.agents) ?? [], [list.data]);
  useChanges(key, agents, list.data !== undefined && !list.isPlaceholderData);
  return {
    agents,
    total: list.data?.pages[0]?.total,
    isLoading: list.isPending,
    error: list.error,
    hasMore: list.hasNextPage,
    isLoadingMore: list.isFetchingNextPage,
    loadMore: () => {
      if (!list.isFetchingNextPage) void list.fetchNextPage();
    },
    reload: () => void list.refetch(),
  };
}

/** Asks what moved since the newest that is known, and brings the list up to it. */
function useChanges(key: readonly unknown[], agents: readonly AgentSummary[], ready: boolean): void {
  const queries = useQueryClient();
  const newest = useMemo(() => agents.reduce((most, agent) => (agent.updatedAt > most ? agent.updatedAt : most), ""), [agents]);
  const changes = useQuery({
    queryKey: ["agents-changed", newest],
    queryFn: () => readPage({ ...(newest === "" ? {} : { updatedAfter: newest }), sort: "updated", archived: "true" }),
    enabled: ready,
    refetchInterval: POLL_MS,
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
  useEffect(() => {
    const changed = changes.data?.agents.filter((agent) => agent.updatedAt > newest) ?? [];
    if (changed.length === 0) return;
    const list = queries.getQueryData<InfiniteData<AgentList>>(key);
    if (list !== undefined && list.pages.length > REREAD_PAGES) queries.setQueryData(key, patched(list, changed));
    else void queries.invalidateQueries({ queryKey: key });
    void queries.invalidateQueries({ queryKey: ["facets"] });
  }, [changes.data]);
}

/** The list with newer versions of the agents that it has; those it lacks stand at its head until it is read again. */
export function patched(list: InfiniteData<AgentList>, changed: readonly AgentSummary[]): InfiniteData<AgentList> {
  const left = new Map(changed.map((agent) => [agent.id, agent]));
  const pages = list.pages.map((page) => ({
    ...page,
    agents: page.agents.map((agent) => {
      const newer = left.get(agent.id);
      left.delete(agent.id);
      return newer ?? agent;
    }),
  }));
  const first = pages[0];
  const added = [...left.values()].filter((agent) => agent.archivedAt === undefined);
  if (first !== undefined && added.length > 0) pages[0] = { ...first, agents: [...added, ...first.agents] };
  return { ...list, pages };
}

export function useFacets(filter: Filter): Facets | undefined {
  const asked = wireQuery({ ...filter, states: [], repositories: [], models: [], sort: "created", order: "desc" });
  const facets = useQuery({
    queryKey: ["facets", asked],
    queryFn: () => take(api.GET("/api/v1/agents/facets", { params: { query: asked } })),
    placeholderData: (old) => old,
    retry: false,
  });
  return facets.data;
}
