// The transcript: only what is in sight is there, and the end stays in sight while it grows.

import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react";

import type { Connection } from "../../api/follow";
import { Spinner } from "../../ui/spinner";
import type { Transcript } from "./read";
import { AgentId } from "./agent-id";
import { TranscriptRow } from "./rows";

interface Props {
  agentId: string;
  transcript: Transcript;
  connection: Connection;
}

const ROW_PX = 56;
/** Who is this near to the end follows it. */
const NEAR_PX = 120;

function isAtEnd(): boolean {
  const { scrollHeight } = document.documentElement;
  return window.scrollY + window.innerHeight >= scrollHeight - NEAR_PX;
}

export function TranscriptView({ agentId, transcript, connection }: Props): ReactNode {
  const { items } = transcript;
  const list = useRef<HTMLDivElement>(null);
  const [follows, setFollows] = useState(true);
  const followsNow = useRef(true);
  const [opened, setOpened] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [margin, setMargin] = useState(0);
  const virtual = useWindowVirtualizer({
    count: items.length,
    estimateSize: () => ROW_PX,
    overscan: 6,
    getItemKey: (place) => items[place]?.key ?? place,
    scrollMargin: margin,
  });

  useLayoutEffect(() => {
    const top = list.current === null ? 0 : list.current.getBoundingClientRect().top + window.scrollY;
    if (Math.abs(top - margin) > 1) setMargin(top);
  });

  useEffect(() => {
    const scrolled = () => {
      followsNow.current = isAtEnd();
      setFollows(followsNow.current);
    };
    // Only what people do ends following; heights that are measured late do not.
    const away = (event: WheelEvent | KeyboardEvent | TouchEvent) => {
      if (event instanceof WheelEvent && event.deltaY >= 0) return;
      if (event instanceof KeyboardEvent && !["PageUp", "ArrowUp", "Home"].includes(event.key)) return;
      followsNow.current = false;
    };
    window.addEventListener("scrollend", scrolled);
    window.addEventListener("wheel", away, { passive: true });
    window.addEventListener("touchmove", away, { passive: true });
    window.addEventListener("keydown", away);
    return () => {
      window.removeEventListener("scrollend", scrolled);
      window.removeEventListener("wheel", away);
      window.removeEventListener("touchmove", away);
      window.removeEventListener("keydown", away);
    };
  }, []);

  const toEnd = useCallback(() => {
    followsNow.current = true;
    setFollows(true);
    window.scrollTo(0, document.documentElement.scrollHeight);
  }, []);
  const height = virtual.getTotalSize();
  useLayoutEffect(() => {
    if (followsNow.current && items.length > 0) window.scrollTo(0, document.documentElement.scrollHeight);
  }, [height, items]);

  const turn = useCallback((key: string, open: boolean) => {
    followsNow.current = false;
    setOpened((old) => new Map(old).set(key, open));
  }, []);

  if (items.length === 0) return connection === "live" ? <p className="empty">Nothing yet. It begins as soon as a worker is free.</p> : <Spinner label="Loading the transcript" />;
  return (
    <AgentId value={agentId}>
      <div className="transcript" ref={list} role="feed" aria-label="Transcript" aria-busy={connection !== "live"} style={{ height }}>
        {virtual.getVirtualItems().map((row) => {
          const item = items[row.index];
          if (item === undefined) return null;
          return (
            <article
              key={row.key}
              ref={virtual.measureElement}
              data-index={row.index}
              aria-posinset={row.index + 1}
              aria-setsize={items.length}
              style={{ transform: `translateY(${row.start - margin}px)` }}
            >
              <TranscriptRow item={item} opened={opened.get(item.key)} onTurn={turn} />
            </article>
          );
        })}
      </div>
      {!follows && (
        <button type="button" className="to-end" onClick={toEnd}>
          ↓ Latest
        </button>
      )}
    </AgentId>
  );
}
