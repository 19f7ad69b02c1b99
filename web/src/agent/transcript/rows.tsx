// One row of a transcript, by its kind. Everything in it may be hostile: text stays text.

import { memo, useContext, type ReactNode } from "react";

import { StopOnError } from "../../app/stop-on-error";
import { Markdown } from "../../markdown/markdown";
import { safeLink } from "../../markdown/links";
import { duration, moment, plural } from "../../text/format";
import { visible } from "../../text/visible";
import { CopyButton } from "../../ui/copy-button";
import { StateMark } from "../../ui/state-mark";
import type { AnswerItem, CommitItem, Item, NetworkItem, PromptItem, PullRequestItem, StateItem } from "./item";
import { AgentId } from "./agent-id";
import { PlainRow } from "./plain-row";
import { Reason } from "./reason";
import { ToolRow } from "./tool-row";
import { Unbegun } from "./unbegun";

export interface RowProps<Of extends Item = Item> {
  item: Of;
  /** Whether the reader opened or closed it; as it usually is if he did neither. */
  opened: boolean | undefined;
  onTurn: (key: string, open: boolean) => void;
}

export const TranscriptRow = memo(function TranscriptRow(props: RowProps): ReactNode {
  const { item } = props;
  return (
    <StopOnError place={`${item.key} ${item.kind === "answer" && item.streams ? "streams" : "whole"}`} instead={<PlainRow item={item} />}>
      <Row {...props} />
    </StopOnError>
  );
});

function Row({ item, opened, onTurn }: RowProps): ReactNode {
  switch (item.kind) {
    case "prompt":
      return <Prompt item={item} />;
    case "answer":
      return item.what === "thinking" ? <Thinking item={item} opened={opened} onTurn={onTurn} /> : <Answer item={item} />;
    case "tool":
      return <ToolRow item={item} opened={opened} onTurn={onTurn} />;
    case "state":
      return <State item={item} />;
    case "unbegun":
      return <Unbegun item={item} />;
    case "commit":
      return <Commit item={item} />;
    case "pull-request":
      return <PullRequest item={item} />;
    case "network":
      return <Network item={item} />;
    case "notice":
      return <p className={`notice ${item.tone}`}>{visible(item.text)}</p>;
  }
}

function Prompt({ item }: { item: PromptItem }): ReactNode {
  return (
    <div className="prompt">
      <p className="who">
        <strong>{item.number === 1 ? "Prompt" : `Follow-up ${item.number - 1}`}</strong>
        <time dateTime={item.at}>{moment(item.at)}</time>
        {item.imageCount > 0 && <span className="tag">{plural(item.imageCount, "image")}</span>}
      </p>
      <Markdown text={item.text} />
      {item.imageCount > 0 && <PromptImages runId={item.runId} count={item.imageCount} />}
    </div>
  );
}

function PromptImages({ runId, count }: { runId: string; count: number }): ReactNode {
  const agentId = useContext(AgentId);
  return (
    <ul className="thumbnails" aria-label="Images">
      {Array.from({ length: count }, (_, number) => {
        const address = `/api/v1/agents/${encodeURIComponent(agentId)}/runs/${encodeURIComponent(runId)}/images/${number}`;
        return (
          <li key={number}>
            <img src={address} alt={`Image ${number + 1} of the prompt`} loading="lazy" />
          </li>
        );
      })}
    </ul>
  );
}

function Answer({ item }: { item: AnswerItem }): ReactNode {
  return (
    <div className="answer" aria-busy={item.streams}>
      <Markdown text={item.text} streams={item.streams} />
    </div>
  );
}

function Thinking({ item, opened, onTurn }: RowProps<AnswerItem>): ReactNode {
  const open = opened ?? false;
  const took = item.tookMs === undefined ? "" : ` for ${duration(item.tookMs)}`;
  return (
    <div className="thinking">
      <button type="button" className="fold" aria-expanded={open} onClick={() => onTurn(item.key, !open)}>
        {item.streams ? "Thinking …" : `Thought${took}`}
      </button>
      {open && (
        <div className="thought">
          <Markdown text={item.text} streams={item.streams} />
        </div>
      )}
    </div>
  );
}

function State({ item }: { item: StateItem }): ReactNode {
  return (
    <div className={`end ${item.to}`}>
      <p>
        <StateMark state={item.to} />
        {item.tookMs !== undefined && <span className="faint"> after {duration(item.tookMs)}</span>}
      </p>
      <Reason cause={item.cause} message={item.message} />
    </div>
  );
}

function Commit({ item }: { item: CommitItem }): ReactNode {
  return (
    <p className="notice commit">
      Committed <code>{visible(item.commit.slice(0, 10))}</code> “{visible(item.subject)}”: {plural(item.fileCount, "file")}{" "}
      <span className="counts">
        <span className="plus">+{item.insertions}</span> <span className="minus">−{item.deletions}</span>
      </span>
    </p>
  );
}

function Network({ item }: { item: NetworkItem }): ReactNode {
  const times = item.count === 1 ? "" : ` ${item.count} times`;
  return (
    <div className="network">
      <p>
        <strong>{item.verdict === "refused" ? "Not allowed to reach" : "Could not reach"}</strong> <code>{visible(item.host)}</code>
        {times}
        {item.verdict === "refused" && (
          <>
            {" "}
            <CopyButton text={item.host} label="Copy" />
          </>
        )}
      </p>
      {item.reason !== undefined && <p className="faint">{visible(item.reason)}</p>}
    </div>
  );
}

function PullRequest({ item }: { item: PullRequestItem }): ReactNode {
  const link = safeLink(item.url);
  const words = `Pull request #${item.number}`;
  return (
    <p className="notice">
      {link === undefined ? (
        words
      ) : (
        <a href={link} rel="noopener noreferrer" target="_blank">
          {words}
        </a>
      )}{" "}
      is open.
    </p>
  );
}
