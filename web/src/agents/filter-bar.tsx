// Search, filters and order of the list.

import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode, type RefObject } from "react";

import type { AgentSummary, Facet } from "../api/types";
import { ALL_STATES, words } from "../text/states";
import { shortRepository, visible } from "../text/visible";
import { SEARCH_MOST_CHARS, SORTS, type Filter } from "./filter";
import { useStayingFacets } from "./leaving";
import { useFacets } from "./use-agents";

interface Props {
  filter: Filter;
  /** What the list has, also of those that are about to leave it. */
  found: readonly AgentSummary[];
  onChange: (part: Partial<Filter>) => void;
  searchRef: RefObject<HTMLInputElement | null>;
  /** Leads from the search to the list. */
  onLeave: () => void;
}

const WRITTEN_MS = 150;
const WITHOUT_A_SERVER_THAT_COUNTS: readonly Facet[] = ALL_STATES.map((value) => ({ value, count: 0 }));

export function FilterBar({ filter, found, onChange, searchRef, onLeave }: Props): ReactNode {
  const last = useFacets(filter);
  const facets = useStayingFacets(last.facets, last.countedAt, filter, found);
  const counted = facets?.states ?? WITHOUT_A_SERVER_THAT_COUNTS;
  const shown = ALL_STATES.flatMap((state) => counted.filter((facet) => facet.value === state && (facet.count > 0 || filter.states.includes(state))));
  const turnState = (state: string) =>
    onChange({ states: filter.states.includes(state) ? filter.states.filter((each) => each !== state) : [...filter.states, state] });
  const [text, setText] = useWritten(filter.q, (q) => onChange({ q }));
  const keys = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      onLeave();
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (text === "") onLeave();
      else setText("");
    }
  };
  return (
    <search className="filters">
      <input
        ref={searchRef}
        type="search"
        aria-label="Search agents"
        aria-keyshortcuts="/"
        placeholder="Search agents   /"
        maxLength={SEARCH_MOST_CHARS}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={keys}
      />
      <Choice label="Repository" all="All repositories" chosen={filter.repositories} facets={facets?.repositories ?? []} name={shortRepository} onChange={(repositories) => onChange({ repositories })} />
      <Choice label="Model" all="All models" chosen={filter.models} facets={facets?.models ?? []} name={visible} onChange={(models) => onChange({ models })} />
      <select
        aria-label="Order"
        value={filter.sort}
        onChange={(event) => {
          const sort = SORTS.find((each) => each.name === event.target.value);
          if (sort !== undefined) onChange({ sort: sort.name, order: sort.order });
        }}
      >
        {SORTS.map((sort) => (
          <option key={sort.name} value={sort.name}>
            {sort.label}
          </option>
        ))}
      </select>
      <button type="button" className="quiet" onClick={() => onChange({ order: filter.order === "asc" ? "desc" : "asc" })} aria-label={filter.order === "asc" ? "Ascending; turn round" : "Descending; turn round"}>
        <span aria-hidden="true">{filter.order === "asc" ? "↑" : "↓"}</span>
      </button>
      <div className="narrowing">
        {shown.length > 0 && (
          <div role="group" aria-label="State" className="chips">
            {shown.map(({ value, count }) => (
              <button key={value} type="button" className="chip" aria-pressed={filter.states.includes(value)} onClick={() => turnState(value)}>
                <span className={`dot ${words(value).tone}`} aria-hidden="true" />
                {words(value).label} {count}
              </button>
            ))}
          </div>
        )}
        <span className="toggles">
          <label className="check">
            <input type="checkbox" checked={filter.grouped} onChange={(event) => onChange({ grouped: event.target.checked })} /> Group
          </label>
          <label className="check">
            <input type="checkbox" checked={filter.archived !== "no"} onChange={(event) => onChange({ archived: event.target.checked ? "yes" : "no" })} /> Archived
          </label>
        </span>
      </div>
    </search>
  );
}

/** A text as it is written, told once nobody has written for a moment: browsers refuse an address for every key. */
function useWritten(told: string, tell: (text: string) => void): [string, (text: string) => void] {
  const [text, setText] = useState(told);
  const lastTold = useRef(told);
  const latest = useRef(tell);
  latest.current = tell;
  useEffect(() => {
    // Somebody else changed it: a link, or the way back.
    if (told !== lastTold.current) setText(told);
    lastTold.current = told;
  }, [told]);
  useEffect(() => {
    if (text === lastTold.current) return;
    const timer = setTimeout(() => {
      lastTold.current = text;
      latest.current(text);
    }, WRITTEN_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return [text, setText];
}

interface ChoiceProps {
  label: string;
  all: string;
  chosen: readonly string[];
  facets: readonly Facet[];
  name: (value: string) => string;
  onChange: (chosen: readonly string[]) => void;
}

function Choice({ label, all, chosen, facets, name, onChange }: ChoiceProps): ReactNode {
  const current = chosen[0] ?? "";
  const known = current === "" || facets.some((facet) => facet.value === current) ? facets : [{ value: current, count: 0 }, ...facets];
  return (
    <select aria-label={label} value={current} onChange={(event) => onChange(event.target.value === "" ? [] : [event.target.value])}>
      <option value="">{all}</option>
      {known.map((facet) => (
        <option key={facet.value} value={facet.value}>
          {name(facet.value)} ({facet.count})
        </option>
      ))}
    </select>
  );
}
