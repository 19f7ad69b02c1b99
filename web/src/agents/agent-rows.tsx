// The rows of the list: only those in sight are there, however many there are.

import { defaultRangeExtractor, useWindowVirtualizer, type Range } from "@tanstack/react-virtual";
import { useCallback, useEffect, useImperativeHandle, useMemo, useRef, useState, type KeyboardEvent, type ReactNode, type Ref } from "react";

import { AgentRow } from "./agent-row";
import type { Row } from "./rows";
import { shortRepository } from "../text/visible";

export interface RowsHandle {
  focus(): void;
}

interface Props {
  rows: readonly Row[];
  total: number | undefined;
  hasMore: boolean;
  isLoadingMore: boolean;
  onMore: () => void;
  onFold: (repository: string) => void;
  ref: Ref<RowsHandle>;
}

const ROW_PX = 62;
/** More is fetched when so many rows are left below. */
const AHEAD = 30;
/** A page at a time for Page Up and Page Down. */
const LEAP = 10;

export function AgentRows({ rows, total, hasMore, isLoadingMore, onMore, onFold, ref }: Props): ReactNode {
  const list = useRef<HTMLUListElement>(null);
  // Which one it is, not the how-manieth: others come in above it.
  const [current, setCurrent] = useState<string>();
  const at = useMemo(() => Math.max(0, rows.findIndex((row) => row.key === current)), [rows, current]);
  const wantsFocus = useRef(false);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_PX,
    overscan: 8,
    getItemKey: useCallback((place: number) => rows[place]?.key ?? place, [rows]),
    // The row that the Tab key leads to is there, also out of sight.
    rangeExtractor: useCallback((range: Range) => [...new Set([...defaultRangeExtractor(range), Math.min(at, range.count - 1)])].sort((one, other) => one - other), [at]),
    scrollMargin: list.current?.offsetTop ?? 0,
  });
  const items = virtual.getVirtualItems();
  const last = virtual.range?.endIndex ?? 0;
  useEffect(() => {
    if (hasMore && !isLoadingMore && last > rows.length - AHEAD) onMore();
  }, [hasMore, isLoadingMore, last, rows.length]);

  const go = (place: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, place));
    wantsFocus.current = true;
    setCurrent(rows[next]?.key);
    virtual.scrollToIndex(next, { align: "auto" });
    focusRow(next);
  };
  const focusRow = (place: number) => {
    const row = list.current?.querySelector<HTMLElement>(`[data-index="${place}"] [data-main]`);
    if (row === null || row === undefined) return;
    wantsFocus.current = false;
    row.focus({ preventScroll: true });
  };
  useImperativeHandle(ref, () => ({ focus: () => go(at) }));
  // The row may come only after scrolling.
  useEffect(() => {
    if (wantsFocus.current) focusRow(at);
  });

  const keys = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = { ArrowDown: at + 1, j: at + 1, ArrowUp: at - 1, k: at - 1, PageDown: at + LEAP, PageUp: at - LEAP, Home: 0, End: rows.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  };

  return (
    <>
      <div className="row columns" aria-hidden="true">
        <span>State</span>
        <span>Agent</span>
        <span>Repository</span>
        <span>Pull request</span>
        <span>Model</span>
        <span className="numeric">Cost</span>
        <span className="numeric">Age</span>
      </div>
      <ul className="rows" ref={list} style={{ height: virtual.getTotalSize() }} onKeyDown={keys} aria-label="Agents">
        {items.map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          return (
            <li
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              aria-setsize={hasMore ? (total ?? -1) : rows.length}
              aria-posinset={item.index + 1}
              style={{ transform: `translateY(${item.start - virtual.options.scrollMargin}px)` }}
              onFocus={() => setCurrent(row.key)}
            >
              {row.kind === "agent" ? (
                <AgentRow agent={row.agent} isCurrent={item.index === at} />
              ) : (
                <button type="button" data-main className="group fold" aria-expanded={!row.folded} tabIndex={item.index === at ? 0 : -1} onClick={() => onFold(row.repository)}>
                  {row.repository === "" ? "Without a repository" : shortRepository(row.repository)} <span className="faint">
                    {row.count}
                    {/* More of it may be among those that are not read yet. */}
                    {hasMore && "+"}
                  </span>
                </button>
              )}
            </li>
          );
        })}
      </ul>
      {isLoadingMore && (
        <p className="faint" role="status">
          Loading more …
        </p>
      )}
    </>
  );
}
