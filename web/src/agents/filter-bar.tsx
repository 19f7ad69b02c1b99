// Search, filters and order of the list.

import type { KeyboardEvent, ReactNode, RefObject } from "react";

import type { Facet } from "../api/types";
import { ALL_STATES, words } from "../text/states";
import { shortRepository, visible } from "../text/visible";
import { SEARCH_MOST_CHARS, SORTS, type Filter } from "./filter";
import { useFacets } from "./use-agents";

interface Props {
  filter: Filter;
  onChange: (part: Partial<Filter>) => void;
  searchRef: RefObject<HTMLInputElement | null>;
  /** Leads from the search to the list. */
  onLeave: () => void;
}

const WITHOUT_A_SERVER_THAT_COUNTS: readonly Facet[] = ALL_STATES.map((value) => ({ value, count: 0 }));

export function FilterBar({ filter, onChange, searchRef, onLeave }: Props): ReactNode {
  const facets = useFacets(filter);
  const counted = facets?.states ?? WITHOUT_A_SERVER_THAT_COUNTS;
  const shown = ALL_STATES.flatMap((state) => counted.filter((facet) => facet.value === state && (facet.count > 0 || filter.states.includes(state))));
  const turnState = (state: string) =>
    onChange({ states: filter.states.includes(state) ? filter.states.filter((each) => each !== state) : [...filter.states, state] });
  const keys = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      onLeave();
    } else if (event.key === "Escape" && filter.q !== "") {
      event.preventDefault();
      onChange({ q: "" });
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
        value={filter.q}
        onChange={(event) => onChange({ q: event.target.value })}
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
      <span className="toggles">
        <label className="check">
          <input type="checkbox" checked={filter.grouped} onChange={(event) => onChange({ grouped: event.target.checked })} /> Group
        </label>
        <label className="check">
          <input type="checkbox" checked={filter.archived !== "no"} onChange={(event) => onChange({ archived: event.target.checked ? "yes" : "no" })} /> Archived
        </label>
      </span>
      {shown.length > 0 && (
        <div role="group" aria-label="State" className="chips">
          {shown.map(({ value, count }) => (
            <button key={value} type="button" className={`chip ${words(value).tone}`} aria-pressed={filter.states.includes(value)} onClick={() => turnState(value)}>
              <span className="dot" aria-hidden="true" />
              {words(value).label} {count}
            </button>
          ))}
        </div>
      )}
    </search>
  );
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
