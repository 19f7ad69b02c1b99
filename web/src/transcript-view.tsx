// What an agent did, in order. Everything that it wrote is shown as text, never as markup.

import { memo, type ReactNode } from "react";

import { safeLink } from "./link";
import type { Item } from "./transcript";

export function TranscriptView({ items }: { items: readonly Item[] }): ReactNode {
  return (
    <section className="transcript" aria-label="Transcript">
      {items.map((item) => (
        <Row key={item.key} item={item} />
      ))}
    </section>
  );
}

const Row = memo(function Row({ item }: { item: Item }): ReactNode {
  switch (item.kind) {
    case "prompt":
      return (
        <article className="card prompt">
          <Text text={item.text} />
          {item.imageCount > 0 && <p className="faint">{item.imageCount} images</p>}
        </article>
      );
    case "answer":
      return item.what === "text" ? (
        <article className="answer" aria-busy={item.streams}>
          <Text text={item.text} />
        </article>
      ) : (
        <details className="thinking">
          <summary>{item.streams ? "Thinking …" : "Thought"}</summary>
          <Text text={item.text} />
        </details>
      );
    case "tool":
      return <Tool item={item} />;
    case "state":
      return (
        <p className="notice">
          <span className={`state state-${item.to}`}>{item.to}</span> {item.cause !== undefined && <code>{item.cause}</code>}{" "}
          {item.message}
        </p>
      );
    case "pull-request": {
      const link = safeLink(item.url);
      const words = `Pull request #${item.number}`;
      return <p className="notice">{link === undefined ? words : <a href={link}>{words}</a>}</p>;
    }
    case "notice":
      return <p className="notice">{item.text}</p>;
  }
});

function Tool({ item }: { item: Item & { kind: "tool" } }): ReactNode {
  const { result } = item;
  const status = result?.status ?? "running";
  const lines = item.input.trim().split("\n");
  const exit = result?.exitStatus === undefined || result.exitStatus === 0 ? "" : ` ${result.exitStatus}`;
  return (
    <details className={`card tool tool-${status}`} open={result === undefined}>
      <summary>
        <code>{item.name}</code> {lines[0]}
        {lines.length > 1 && " …"} <span className="faint">{`${status}${exit}`}</span>
        {item.tookMs !== undefined && <span className="faint"> {(item.tookMs / 1000).toFixed(1)} s</span>}
      </summary>
      <pre className="input">{item.input}</pre>
      {item.output !== "" && <pre className="output">{item.output}</pre>}
    </details>
  );
}

function Text({ text }: { text: string }): ReactNode {
  return <div className="text">{text}</div>;
}
