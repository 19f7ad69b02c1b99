// The list of agents, page by page, kept current while it is looked at.

import { useInfiniteQuery, useQuery, useQueryClient, type InfiniteData } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";

import { api, take } from "../api/client";
import type { AgentList, AgentSummary, Facets } from "../api/types";
import { wireQuery, type Filter } from "./filter";
import { patched, type Changes } from "./patched";

const PAGE = 100;
const POLL_MS = 3000;
/** So many pages are read again as they are; of more only what changed is put in its place. */
const REREAD_PAGES = 3;
/** A change is written so much later than its stamp at most: it waits its turn, and clocks of several servers differ. */
const LATE_MOST_MS = 10_000;

async function readPage(query: ReturnType<typeof wireQuery>, cursor?: string, signal?: AbortSignal, limit = PAGE): Promise<AgentList> {
  const asked = { ...query, limit, ...(cursor === undefined ? {} : { cursor }) };
  const page = await take(api.GET("/api/v1/agents", { params: { query: asked }, ...(signal === undefined ? {} : { signal }) }));
  return page as AgentList;
}

/** Longer lists are brought up to date by their changes alone. */
function isShort(query: { state: { data: InfiniteData<AgentList> | undefined } }): boolean {
  return (query.state.data?.pages.length ?? 0) <= REREAD_PAGES;
}

/** One that changed its place between the reading of two pages is in both, and shown once. */
function joined(list: InfiniteData<AgentList> | undefined): AgentSummary[] {
  const agents = new Map<string, AgentSummary>();
  for (const agent of list?.pages.flatMap((page) => page.agents) ?? []) if (!agents.has(agent.id)) agents.set(agent.id, agent);
  return [...agents.values()];
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
    refetchOnWindowFocus: isShort,
    refetchOnMount: isShort,
  });
  const agents = useMemo(() => joined(list.data), [list.data]);
  useChanges(filter, key, list.isPlaceholderData ? undefined : list.data);
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

/** What is known of changes: those up to a time, and of them the latest one by one. */
interface Seen {
  key: readonly unknown[];
  until: string;
  /** By an agent's id, when it changed last. */
  stamps: ReadonlyMap<string, string>;
}

interface Found extends Changes {
  /** Whether there is no more than was read. */
  isWhole: boolean;
}

/** Asks what moved since the newest that is known, and brings the list up to it. */
function useChanges(filter: Filter, key: readonly unknown[], list: InfiniteData<AgentList> | undefined): void {
  const queries = useQueryClient();
  const [last, setSeen] = useState<Seen>();
  // Only at first the list says it: what does not match never comes into it, and pages that are read later are newer than what was changed before.
  const seen = last?.key === key ? last : seenIn(key, list?.pages.flatMap((page) => page.agents) ?? []);
  const asked = wireQuery(filter);
  const changes = useQuery({
    queryKey: ["agents-changed", asked, seen.until],
    queryFn: ({ signal }) => readChanges(asked, seen, signal),
    enabled: list !== undefined,
    refetchInterval: POLL_MS,
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
  useEffect(() => {
    const found = changes.data;
    const old = queries.getQueryData<InfiniteData<AgentList>>(key);
    if (found === undefined || old === undefined) return;
    setSeen(withSeen({ ...seen, key }, found.all));
    const next = patched(old, found, filter);
    if (next === old) return;
    // More changes than a page has are not all known.
    if (old.pages.length > REREAD_PAGES && found.isWhole) queries.setQueryData(key, next);
    else void queries.invalidateQueries({ queryKey: key });
    void queries.invalidateQueries({ queryKey: ["facets"] });
  }, [changes.data]);
}

async function readChanges(asked: ReturnType<typeof wireQuery>, seen: Seen, signal: AbortSignal): Promise<Found> {
  const moved = { sort: "updated", order: "desc", ...(seen.until === "" ? {} : { updatedAfter: lateFor(seen.until) }) };
  const isNew = (agent: AgentSummary) => seen.stamps.get(agent.id) !== agent.updatedAt;
  const { agents } = await readPage({ ...moved, archived: "true" }, undefined, signal);
  const all = agents.filter(isNew);
  const isWhole = agents.length < PAGE;
  if (all.length === 0) return { all, matching: [], isWhole };
  const matching = (await readPage({ ...asked, ...moved }, undefined, signal)).agents.filter(isNew);
  const { total } = await readPage(asked, undefined, signal, 1);
  return { all, matching, total, isWhole };
}

/** From then on a change may be written that nobody saw when all up to `until` was read. */
function lateFor(until: string): string {
  return new Date(Date.parse(until) - LATE_MOST_MS).toISOString();
}

function seenIn(key: readonly unknown[], agents: readonly AgentSummary[]): Seen {
  return withSeen({ key, until: "", stamps: new Map() }, agents);
}

function withSeen(seen: Seen, agents: readonly AgentSummary[]): Seen {
  const later = newest(agents);
  const until = later > seen.until ? later : seen.until;
  if (until === "") return seen;
  const from = lateFor(until);
  const stamps = [...seen.stamps, ...agents.map((agent) => [agent.id, agent.updatedAt] as const)];
  return { ...seen, until, stamps: new Map(stamps.filter(([, at]) => at >= from)) };
}

function newest(agents: readonly AgentSummary[]): string {
  return agents.reduce((most, agent) => (agent.updatedAt > most ? agent.updatedAt : most), "");
}

/** How many there are of each, and when that was counted, in ms since 1970. */
export function useFacets(filter: Filter): { facets: Facets | undefined; countedAt: number } {
  const asked = wireQuery({ ...filter, states: [], repositories: [], models: [], sort: "created", order: "desc" });
  const facets = useQuery({
    queryKey: ["facets", asked],
    queryFn: ({ signal }) => take(api.GET("/api/v1/agents/facets", { params: { query: asked }, signal })),
    placeholderData: (old) => old,
    retry: false,
  });
  return { facets: facets.data, countedAt: facets.dataUpdatedAt };
}
