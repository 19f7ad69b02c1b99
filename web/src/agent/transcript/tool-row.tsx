// A tool call: one line, and behind it what was asked and what came of it.

import { useContext, useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react";

import { lastOf } from "../../ansi/ansi";
import { AnsiText } from "../../ansi/ansi-text";
import { duration } from "../../text/format";
import { visible, visibleCode } from "../../text/visible";
import { CopyButton } from "../../ui/copy-button";
import { IsConnected } from "./connected";
import type { ToolItem } from "./item";
import { callText } from "./tool-call";
import type { RowProps } from "./rows";

/** Of a longer output the end is shown first: that is where what went wrong stands. */
const SHOWN_CHARS = 20_000;
const NEAR_PX = 40;

const STATUS: Record<ToolItem["status"], string> = { running: "running", ok: "", error: "failed", interrupted: "interrupted", stopped: "stopped" };
/** What the server says where it left the middle of an output out. */
const LEFT_OUT = /\n\[… \d+ bytes left out/;

export function ToolRow({ item, opened, onTurn }: RowProps<ToolItem>): ReactNode {
  // What runs and what failed is looked at; what went well is not.
  const open = opened ?? item.status === "running";
  const { title, input } = callText(item);
  return (
    <div className={`tool ${item.status}`}>
      <button type="button" className="fold" aria-expanded={open} onClick={() => onTurn(item.key, !open)}>
        <span className="tool-name">{visible(item.name)}</span>
        <code className="tool-title">{visibleCode(title)}</code>
        <span className="tool-status">
          {STATUS[item.status]}
          {item.exitStatus !== undefined && item.exitStatus !== 0 && ` (${item.exitStatus})`}
        </span>
        <span className="took">{item.status === "running" ? <Running since={item.startedAt} /> : item.tookMs !== undefined && duration(item.tookMs)}</span>
      </button>
      {open && (
        <div className="tool-body">
          <div className="code-block">
            <pre className="input" tabIndex={0}>
              {visibleCode(input)}
            </pre>
            <CopyButton text={input} />
          </div>
          <Output text={item.output} grows={item.status === "running"} />
        </div>
      )}
    </div>
  );
}

function Output({ text, grows }: { text: string; grows: boolean }): ReactNode {
  const [whole, setWhole] = useState(false);
  const box = useRef<HTMLPreElement>(null);
  const isAtEnd = useRef(true);
  // What runs is followed, unless somebody reads further up.
  useLayoutEffect(() => {
    if (grows && isAtEnd.current) box.current?.scrollTo(0, box.current.scrollHeight);
  }, [text, grows]);
  const scrolled = ({ currentTarget }: { currentTarget: HTMLElement }) => {
    isAtEnd.current = currentTarget.scrollTop + currentTarget.clientHeight >= currentTarget.scrollHeight - NEAR_PX;
  };
  if (text === "") return null;
  const cut = !whole && text.length > SHOWN_CHARS;
  return (
    <div className="code-block">
      {cut && (
        <button type="button" className="quiet" onClick={() => setWhole(true)}>
          {LEFT_OUT.test(text) ? "Show what was kept," : "Show all"} {text.length.toLocaleString("en-US")} characters
        </button>
      )}
      <pre className="output" tabIndex={0} ref={box} onScroll={scrolled}>
        <AnsiText text={cut ? lastOf(text, SHOWN_CHARS) : text} />
      </pre>
      <CopyButton text={text} />
    </div>
  );
}

function Running({ since }: { since: string }): ReactNode {
  const isConnected = useContext(IsConnected);
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isConnected) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isConnected]);
  return duration(Math.max(0, now - Date.parse(since)));
}
