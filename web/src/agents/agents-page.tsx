// All agents at a glance.

import { useDeferredValue, useMemo, useRef, useState, type ReactNode } from "react";

import { Link } from "../app/link";
import { navigate } from "../app/router";
import { useShortcuts } from "../app/shortcuts";
import { useIsReadOnly, WhyReadOnly } from "../session/read-only";
import { plural } from "../text/format";
import { Failure } from "../ui/failure";
import { Spinner } from "../ui/spinner";
import { AgentRows, type RowsHandle } from "./agent-rows";
import { filterAddress, isNarrowed, readFilter, whyNotSearched, type Filter } from "./filter";
import { FilterBar } from "./filter-bar";
import { useStaying } from "./leaving";
import { rowsOf } from "./rows";
import { useAgents } from "./use-agents";

export function AgentsPage({ query }: { query: URLSearchParams }): ReactNode {
  const filter = useMemo(() => readFilter(query), [query.toString()]);
  const refusal = whyNotSearched(filter.q);
  const read = useAgents(useDeferredValue(filter));
  const found = useStaying(read);
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => rowsOf(found.agents, filter.grouped, folded), [found.agents, filter.grouped, folded]);
  const list = useRef<RowsHandle>(null);
  const search = useRef<HTMLInputElement>(null);
  const toList = (event: KeyboardEvent) => (event.target instanceof Element && event.target.closest(".rows") !== null ? false : list.current?.focus());
  useShortcuts({ "/": () => search.current?.focus(), j: toList, ArrowDown: toList });

  const change = (part: Partial<Filter>) => navigate(filterAddress({ ...filter, ...part }), "replace");
  const fold = (repository: string) =>
    setFolded((old) => {
      const next = new Set(old);
      if (!next.delete(repository)) next.add(repository);
      return next;
    });

  return (
    <div className="agents-page">
      <div className="page-head">
        <h1>Agents</h1>
        <p className="faint" role="status">
          {found.total !== undefined && (isNarrowed(filter) ? `${plural(found.total, "match", "matches")}` : plural(found.total, "agent"))}
        </p>
      </div>
      <FilterBar filter={filter} found={read.agents} onChange={change} searchRef={search} onLeave={() => (list.current === null ? search.current?.blur() : list.current.focus())} />
      {refusal !== undefined && (
        <p role="alert" className="bad">
          {refusal}
        </p>
      )}
      {found.error !== null && <Failure error={found.error} onRetry={found.reload} />}
      {found.isLoading && <Spinner label="Loading agents" />}
      {!found.isLoading && found.error === null && rows.length === 0 && <Nothing filter={filter} onClear={() => change({ q: "", states: [], repositories: [], models: [], archived: "no" })} />}
      {rows.length > 0 && <AgentRows ref={list} rows={rows} total={found.total} hasMore={found.hasMore} isLoadingMore={found.isLoadingMore} onMore={found.loadMore} onFold={fold} />}
    </div>
  );
}

function Nothing({ filter, onClear }: { filter: Filter; onClear: () => void }): ReactNode {
  const isReadOnly = useIsReadOnly();
  if (isNarrowed(filter)) {
    return (
      <div className="empty">
        <p>No agent matches.</p>
        <button type="button" onClick={onClear}>
          Show all
        </button>
      </div>
    );
  }
  return (
    <div className="empty">
      <p>No agents yet. Give one a repository and something to do.</p>
      {isReadOnly ? (
        <WhyReadOnly what="no agent can be launched" />
      ) : (
        <Link className="button primary" to="/launch">
          Launch an agent
        </Link>
      )}
    </div>
  );
}
