// What the list of agents shows, as it stands in the page's address. Pure.

import type { paths } from "../api/schema";
import { ALL_STATES } from "../text/states";

type AgentQuery = NonNullable<paths["/api/v1/agents"]["get"]["parameters"]["query"]>;

export type Sort = "created" | "updated" | "name" | "cost";

export interface Filter {
  q: string;
  states: readonly string[];
  repositories: readonly string[];
  models: readonly string[];
  sort: Sort;
  order: "asc" | "desc";
  archived: "no" | "yes" | "only";
  grouped: boolean;
}

export const SORTS: readonly { name: Sort; label: string; order: Filter["order"] }[] = [
  { name: "created", label: "Newest", order: "desc" },
  { name: "updated", label: "Last active", order: "desc" },
  { name: "name", label: "Name", order: "asc" },
  { name: "cost", label: "Cost", order: "desc" },
];

export function readFilter(query: URLSearchParams): Filter {
  const sort = SORTS.find((each) => each.name === query.get("sort")) ?? SORTS[0]!;
  const order = query.get("order");
  const archived = query.get("archived");
  return {
    q: query.get("q") ?? "",
    states: query.getAll("state").filter((state) => (ALL_STATES as string[]).includes(state)),
    repositories: query.getAll("repository"),
    models: query.getAll("model"),
    sort: sort.name,
    order: order === "asc" || order === "desc" ? order : sort.order,
    archived: archived === "yes" || archived === "only" ? archived : "no",
    grouped: query.get("group") === "repository",
  };
}

/** The address of the list with that filter; what is as usual stays out of it. */
export function filterAddress(filter: Filter): string {
  const query = new URLSearchParams();
  if (filter.q !== "") query.set("q", filter.q);
  for (const state of filter.states) query.append("state", state);
  for (const repository of filter.repositories) query.append("repository", repository);
  for (const model of filter.models) query.append("model", model);
  if (filter.sort !== "created") query.set("sort", filter.sort);
  if (filter.order !== SORTS.find((each) => each.name === filter.sort)?.order) query.set("order", filter.order);
  if (filter.archived !== "no") query.set("archived", filter.archived);
  if (filter.grouped) query.set("group", "repository");
  const text = query.toString();
  return text === "" ? "/agents" : `/agents?${text}`;
}

/** The same as the server is asked for it. */
export function wireQuery(filter: Filter): AgentQuery {
  const q = wordsOf([...filter.q].slice(0, SEARCH_MOST_CHARS).join("")).slice(0, WORDS_MOST).join(" ");
  return {
    ...(q === "" ? {} : { q }),
    ...(filter.states.length === 0 ? {} : { state: [...filter.states] }),
    ...(filter.repositories.length === 0 ? {} : { repository: [...filter.repositories] }),
    ...(filter.models.length === 0 ? {} : { model: [...filter.models] }),
    ...(filter.sort === "created" && filter.order === "desc" ? {} : { sort: filter.sort, order: filter.order }),
    ...(filter.archived === "no" ? {} : { archived: filter.archived === "only" ? "only" : "true" }),
  };
}

/** The server's limits of a search. */
const WORDS_MOST = 6;
export const SEARCH_MOST_CHARS = 200;

function wordsOf(q: string): string[] {
  return q.split(/\s+/).filter((word) => word !== "");
}

/** Why not all of a search is asked for. */
export function whyNotSearched(q: string): string | undefined {
  if (wordsOf(q).length > WORDS_MOST) return `Only the first ${WORDS_MOST} words are searched for.`;
  return q.length > SEARCH_MOST_CHARS ? `Only the first ${SEARCH_MOST_CHARS} characters are searched for.` : undefined;
}

/** Whether anything is filtered out, so that an empty list can say why. */
export function isNarrowed(filter: Filter): boolean {
  return filter.q.trim() !== "" || filter.states.length + filter.repositories.length + filter.models.length > 0 || filter.archived === "only";
}
