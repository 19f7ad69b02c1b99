// Brings pages of agents that were read up to what changed since, without reading them again. Pure.

import type { InfiniteData } from "@tanstack/react-query";

import type { AgentList, AgentSummary } from "../api/types";
import type { Filter } from "./filter";

/** What changed since the pages were read. */
export interface Changes {
  /** Whatever the filter says. */
  all: readonly AgentSummary[];
  /** Those that match it. */
  matching: readonly AgentSummary[];
  /** How many match in all, also on pages that were not read; absent if nothing changed. */
  total?: number | undefined;
}

type List = InfiniteData<AgentList>;
type Order = Pick<Filter, "sort" | "order">;

/** The list with those that match at their places, and without those that no longer do; itself if it has all that already. */
export function patched(list: List, changes: Changes, order: Order): List {
  const known = new Map(list.pages.flatMap((page) => page.agents.map((agent) => [agent.id, agent] as const)));
  const isNewer = (agent: AgentSummary) => agent.updatedAt > (known.get(agent.id)?.updatedAt ?? "");
  const coming = changes.matching.filter(isNewer);
  const matching = new Set(changes.matching.map(({ id }) => id));
  const leaving = changes.all.filter((agent) => known.has(agent.id) && !matching.has(agent.id) && isNewer(agent));
  const total = changes.total ?? list.pages[0]?.total ?? 0;
  if (coming.length + leaving.length === 0 && list.pages.every((page) => page.total === total)) return list;

  const moved = new Set([...coming, ...leaving].map(({ id }) => id));
  const pages = list.pages.map((page) => ({ ...page, total, agents: page.agents.filter(({ id }) => !moved.has(id)) }));
  for (const agent of coming) insert(pages, agent, order);
  return { ...list, pages };
}

/** One that belongs behind the last page comes with the next. */
function insert(pages: AgentList[], agent: AgentSummary, order: Order): void {
  for (const page of pages) {
    const place = page.agents.findIndex((other) => compare(agent, other, order) < 0);
    if (place < 0) continue;
    page.agents.splice(place, 0, agent);
    return;
  }
  const last = pages.at(-1);
  if (last !== undefined && last.nextCursor === undefined) last.agents.push(agent);
}

/** As the server sorts: by what is asked for, then by the id, all of it turned round if the greatest come first. */
function compare(one: AgentSummary, other: AgentSummary, { sort, order }: Order): number {
  const found = order === "asc" ? [one, other] : [other, one];
  const [first, second] = found.map((agent) => keyOf(agent, sort)) as [string | number, string | number];
  if (first !== second) return first < second ? -1 : 1;
  const [firstId = "", secondId = ""] = found.map(({ id }) => id);
  return firstId < secondId ? -1 : firstId > secondId ? 1 : 0;
}

function keyOf(agent: AgentSummary, sort: Filter["sort"]): string | number {
  switch (sort) {
    case "created":
      return agent.createdAt;
    case "updated":
      return agent.updatedAt;
    case "name":
      return agent.name.toLowerCase();
    case "cost":
      // What has no price comes before what costs nothing.
      return agent.costCents ?? -1;
  }
}
