// One agent in the list.

import { memo, type ReactNode } from "react";

import type { AgentRepository, AgentSummary } from "../api/types";
import { Link } from "../app/link";
import { agentAddress } from "../app/router";
import { safeLink } from "../markdown/links";
import { causeWords } from "../text/causes";
import { money } from "../text/format";
import { awaitedWords } from "../text/states";
import { shortRepository, visible } from "../text/visible";
import { PullRequestMark } from "../ui/pull-request-mark";
import { StateMark } from "../ui/state-mark";
import { When } from "../ui/when";

interface Props {
  agent: AgentSummary;
  isCurrent: boolean;
}

export const AgentRow = memo(function AgentRow({ agent, isCurrent }: Props): ReactNode {
  const [first, ...others] = agent.repositories;
  return (
    <div className="row agent-row">
      <StateMark state={agent.state} />
      <span className="name">
        <Link to={agentAddress(agent.id)} data-main tabIndex={isCurrent ? 0 : -1}>
          {visible(agent.name)}
        </Link>
        {awaitedWords(agent.awaiting) !== undefined && <span className="tag awaited">{awaitedWords(agent.awaiting)}</span>}
        {agent.archivedAt !== undefined && <span className="tag">archived</span>}
        <span className="under">{visible(under(agent))}</span>
      </span>
      <span className="repository">
        {first === undefined ? (
          <span className="faint">none</span>
        ) : (
          <>
            <bdi title={visible(first.repository)}>{shortRepository(first.repository)}</bdi>
            {others.length > 0 && <span className="faint"> +{others.length}</span>}
            {first.branch !== undefined && (
              <span className="under" title={visible(first.branch)}>
                {visible(first.branch)}
              </span>
            )}
          </>
        )}
      </span>
      <span className="pull-requests">
        {agent.repositories.map((one) => (
          <PullRequestLink key={one.repository} repository={one} isCurrent={isCurrent} />
        ))}
      </span>
      <span className="model">{visible(agent.model)}</span>
      <span className="numeric cost">{agent.costCents === undefined ? "" : money(agent.costCents)}</span>
      <span className="numeric age">
        <When at={agent.createdAt} />
      </span>
    </div>
  );
});

/** What went wrong, or the first line of what the agent said. */
function under(agent: AgentSummary): string {
  if (agent.lastError !== undefined) return causeWords(agent.lastError.cause).what;
  return (agent.summary ?? "").split("\n", 1)[0] ?? "";
}

function PullRequestLink({ repository, isCurrent }: { repository: AgentRepository; isCurrent: boolean }): ReactNode {
  const state = repository.pullRequestState;
  const link = safeLink(repository.pullRequestUrl);
  if (link === undefined) return null;
  const number = /\/(\d+)\/?$/.exec(new URL(link).pathname)?.[1];
  return (
    <span className="pull-request-link">
      <a href={link} rel="noopener noreferrer" target="_blank" tabIndex={isCurrent ? 0 : -1}>
        {number === undefined ? "Link" : `#${number}`}
      </a>
      {state !== undefined && <PullRequestMark state={state} />}
    </span>
  );
}
