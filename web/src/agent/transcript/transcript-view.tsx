// The transcript: only what is in sight is there, and the end stays in sight while it grows.

import { useWindowVirtualizer, type VirtualItem } from "@tanstack/react-virtual";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type ReactNode, type RefObject } from "react";

import type { Connection } from "../../api/follow";
import type { Run } from "../../api/types";
import { isFinal } from "../../text/states";
import { Spinner } from "../../ui/spinner";
import { currentView, followsAfter } from "./following";
import type { Transcript } from "./read";
import { AgentId } from "./agent-id";
import { AgentRuns } from "./agent-runs";
import { IsConnected } from "./connected";
import { nameOf } from "./name-of";
import { TranscriptRow } from "./rows";
import { WaitingPrompts, waitingRuns } from "./waiting-prompts";

interface Props {
  agentId: string;
  transcript: Transcript;
  connection: Connection;
  runs: readonly Run[];
  place: RefObject<Place>;
}

const ROW_PX = 56;

/** What of a transcript's reading is kept while another tab is looked at. */
export interface Place {
  follows: boolean;
  /** The first row in sight, and how far below the window's top it began; heights above it may be others when it is come back to. */
  row: { key: string; below: number } | undefined;
  opened: ReadonlyMap<string, boolean>;
  /** What was measured, so that the rows are there at once and do not run past the reader. */
  measured: VirtualItem[];
  margin: number;
}

export function placeAtEnd(): Place {
  return { follows: true, row: undefined, opened: new Map(), measured: [], margin: 0 };
}

export function TranscriptView({ agentId, transcript, connection, place, runs }: Props): ReactNode {
  const { items, runsBeganAt, version } = transcript;
  // The transcript grows in place: its version tells that it has.
  const waiting = useMemo(() => waitingRuns(runs, runsBeganAt), [runs, runsBeganAt, version]);
  const list = useRef<HTMLDivElement>(null);
  const [follows, setFollows] = useState(place.current.follows);
  const followsNow = useRef(place.current.follows);
  /** Where the page stood when it was last looked at. */
  const top = useRef(0);
  const [opened, setOpened] = useState(place.current.opened);
  const [margin, setMargin] = useState(place.current.margin);
  const [{ row: back, measured }] = useState(place.current);
  // A new function would make the virtualizer lay out all rows anew.
  const keyOf = useCallback((index: number) => items[index]?.key ?? index, [items]);
  const virtual = useWindowVirtualizer({
    count: items.length,
    estimateSize: () => ROW_PX,
    overscan: 6,
    getItemKey: keyOf,
    initialMeasurementsCache: measured,
    // Used by the way back alone.
    scrollPaddingStart: back?.below ?? 0,
    scrollMargin: margin,
  });

  useLayoutEffect(() => {
    const top = list.current === null ? 0 : list.current.getBoundingClientRect().top + window.scrollY;
    if (Math.abs(top - margin) > 1) setMargin(top);
  });

  const follow = useCallback((follows: boolean) => {
    followsNow.current = follows;
    setFollows(follows);
  }, []);
  // Who follows is kept at the end below; the virtualizer's own corrections would look like moves of the reader.
  virtual.shouldAdjustScrollPositionOnItemSizeChange = useCallback<NonNullable<typeof virtual.shouldAdjustScrollPositionOnItemSizeChange>>(
    (row, _, instance) => {
      const above = instance.scrollOffset ?? 0;
      if (followsNow.current) return false;
      // What was only estimated was wrong above the reader also while he moves up.
      return instance.itemSizeCache.has(row.key) ? row.end <= above && instance.scrollDirection !== "backward" : row.start < above;
    },
    [],
  );
  useEffect(() => {
    const scrolled = () => {
      const view = currentView();
      follow(followsAfter(followsNow.current, top.current, view));
      top.current = view.top;
    };
    window.addEventListener("scroll", scrolled, { passive: true });
    return () => window.removeEventListener("scroll", scrolled);
  }, [follow]);

  const toEnd = useCallback(() => {
    follow(true);
    window.scrollTo(0, document.documentElement.scrollHeight);
    top.current = window.scrollY;
  }, [follow]);
  const height = virtual.getTotalSize();
  useLayoutEffect(() => {
    if (!followsNow.current || items.length === 0) return;
    window.scrollTo(0, document.documentElement.scrollHeight);
    top.current = window.scrollY;
  }, [height, version, waiting]);

  const isShown = items.length > 0;
  useLayoutEffect(() => {
    if (!isShown || followsNow.current || back === undefined) return;
    const index = items.findIndex(({ key }) => key === back.key);
    // It goes there again until the rows on the way are measured, unless the reader moves.
    if (index >= 0) virtual.scrollToIndex(index, { align: "start" });
    top.current = window.scrollY;
  }, [isShown, back, virtual]);
  useLayoutEffect(
    () => () => {
      const first = virtual.getVirtualItems().find((row) => row.end > window.scrollY);
      const row = first === undefined ? undefined : { key: String(first.key), below: first.start - window.scrollY };
      place.current = { ...place.current, follows: followsNow.current, row, measured: virtual.takeSnapshot(), margin: virtual.options.scrollMargin };
    },
    [place, virtual],
  );

  const turn = useCallback(
    (key: string, open: boolean) => {
      follow(false);
      setOpened((old) => {
        const next = new Map(old).set(key, open);
        place.current = { ...place.current, opened: next };
        return next;
      });
    },
    [follow, place],
  );

  if (items.length === 0) {
    const isAtWork = runs.some((run) => !isFinal(run.state));
    return (
      <>
        <WaitingPrompts runs={waiting} />
        {connection === "live" && isAtWork ? <p className="empty">Nothing yet. It begins as soon as a worker is free.</p> : <Spinner label="Loading the transcript" />}
      </>
    );
  }
  return (
    <AgentId value={agentId}>
      <AgentRuns value={runs}>
        <IsConnected value={connection !== "lost"}>
        <div className="transcript" ref={list} role="list" aria-label="Transcript" aria-busy={connection !== "live"} style={{ height }}>
          {virtual.getVirtualItems().map((row) => {
            const item = items[row.index];
            if (item === undefined) return null;
            return (
              <div
                role="listitem"
                key={row.key}
                ref={virtual.measureElement}
                data-index={row.index}
                aria-label={nameOf(item)}
                aria-posinset={row.index + 1}
                aria-setsize={items.length}
                style={{ transform: `translateY(${row.start - margin}px)` }}
              >
                <TranscriptRow item={item} opened={opened.get(item.key)} onTurn={turn} />
              </div>
            );
          })}
        </div>
        </IsConnected>
        <WaitingPrompts runs={waiting} />
        {!follows && (
          <button type="button" className="to-end" onClick={toEnd}>
            ↓ Latest
          </button>
        )}
      </AgentRuns>
    </AgentId>
  );
}
