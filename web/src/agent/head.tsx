// An agent's name, where it works, what state it is in, and what may be done with it.

import type { ReactNode } from "react";

import type { Connection } from "../api/follow";
import type { Agent } from "../api/types";
import { causeWords } from "../text/causes";
import { count, money, plural } from "../text/format";
import { awaitedWords, isFinal, words } from "../text/states";
import { shortRepository, visible } from "../text/visible";
import { CopyButton } from "../ui/copy-button";
import { StateMark } from "../ui/state-mark";
import { When } from "../ui/when";
import { Actions } from "./actions";

interface Props {
  agent: Agent;
  connection: Connection;
}

export const CONNECTIONS: Record<Connection, string> = {
  connecting: "Connecting …",
  live: "Live",
  lost: "Connection lost; trying again …",
};

export function Head({ agent, connection }: Props): ReactNode {
  const waiting = agent.runs.filter((run) => run.state === "queued").length;
  const awaited = awaitedWords(agent.awaiting);
  const active = agent.runs.find((run) => !isFinal(run.state));
  return (
    <header className="agent-head">
      <div className="title">
        {/* Takes the focus when the button that had it is gone. */}
        <h1 tabIndex={-1}>{visible(agent.name)}</h1>
        <Actions agent={agent} />
      </div>
      <p className="status">
        {/* What the page is looked at for: that it ended, failed or waits for somebody is said to who does not see it, too. */}
        <span role="status">
          <StateMark state={agent.state} />
          {awaited !== undefined && <span className="tag awaited">{awaited}</span>}
        </span>
        {active !== undefined && <span className="faint">{words(active.state).meaning}</span>}
        {waiting > 0 && active?.state !== "queued" && <span className="tag">{plural(waiting, "prompt")} waiting</span>}
        {agent.archivedAt !== undefined && <span className="tag">archived</span>}
        <span className={`connection ${connection}`} role="status">
          {(active !== undefined || connection === "lost") && CONNECTIONS[connection]}
        </span>
      </p>
      {agent.lastError !== undefined && agent.state === "failed" && (
        <p className="what-went-wrong">
          <strong>{causeWords(agent.lastError.cause).what}.</strong> {causeWords(agent.lastError.cause).help}
        </p>
      )}
      <dl className="meta">
        {agent.repositories.map((one) => (
          <div key={`${one.folder ?? ""} ${one.repository}`}>
            <dt>{one.folder === undefined ? "Repository" : visible(one.folder)}</dt>
            <dd>
              <bdi title={visible(one.repository)}>{shortRepository(one.repository)}</bdi>
              {one.baseRef !== undefined && <span className="faint"> from {visible(one.baseRef)}</span>}
              {one.branch !== undefined && (
                <>
                  {" "}
                  → <code>{visible(one.branch)}</code> <CopyButton text={one.branch} label="Copy" />
                </>
              )}
            </dd>
          </div>
        ))}
        <div>
          <dt>Model</dt>
          <dd>
            {visible(agent.model)}
            {agent.effort !== undefined && <span className="faint"> ({visible(agent.effort)})</span>}
          </dd>
        </div>
        <div>
          <dt>Started</dt>
          <dd>
            <When at={agent.createdAt} />
          </dd>
        </div>
        {agent.costCents !== undefined && (
          <div>
            <dt>Cost</dt>
            <dd>{money(agent.costCents)}</dd>
          </div>
        )}
        {agent.tokens !== undefined && agent.tokens > 0 && (
          <div>
            <dt>Tokens</dt>
            <dd>{count(agent.tokens)}</dd>
          </div>
        )}
      </dl>
    </header>
  );
}
