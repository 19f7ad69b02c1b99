// One agent: where it stands, what it did, what came of it, and a box for the next prompt.

import { useState, type ReactNode } from "react";

import type { Api } from "./api";
import { DiffView } from "./diff-view";
import { FollowUpForm } from "./follow-up-form";
import { safeLink } from "./link";
import { TranscriptView } from "./transcript-view";
import { isStoppable, type Agent, type AgentRepository } from "./types";
import { useAgent } from "./use-agent";

interface Props {
  api: Api;
  id: string;
  onRefused: (why: string) => void;
}

export function AgentPage({ api, id, onRefused }: Props): ReactNode {
  const { agent, transcript, connection, fault, reload } = useAgent(api, id, onRefused);
  const [diff, setDiff] = useState<string>();
  const [failure, setFailure] = useState<string>();

  const attempt = (work: Promise<unknown>) => {
    setFailure(undefined);
    work.then(reload, (error: unknown) => setFailure(error instanceof Error ? error.message : String(error)));
  };
  const alert = fault ?? failure;

  return (
    <>
      {alert !== undefined && (
        <p role="alert" className="alert">
          {alert}
        </p>
      )}
      {agent !== undefined && (
        <AgentHead agent={agent} connection={connection}>
          {isStoppable(agent.state) && (
            <button type="button" className="quiet" onClick={() => attempt(api.stop(id))}>
              Stop
            </button>
          )}
          <button type="button" className="quiet" onClick={() => attempt(api.diff(id).then(setDiff))}>
            {diff === undefined ? "Show diff" : "Refresh diff"}
          </button>
        </AgentHead>
      )}
      {diff !== undefined && <DiffView diff={diff} />}
      <TranscriptView items={transcript.items} />
      {agent !== undefined && <FollowUpForm onPrompt={(text) => attempt(api.followUp(id, text))} />}
    </>
  );
}

function RepositoryEntries({ one }: { one: AgentRepository }): ReactNode {
  const pullRequest = safeLink(one.pullRequestUrl);
  return (
    <>
      <Entry name="Repository" value={one.repository} />
      <Entry name="Folder" value={one.folder} />
      <Entry name="Base" value={one.baseRef} />
      <Entry name="Branch" value={one.branch} />
      <Entry name="Commit" value={one.head?.slice(0, 10)} />
      {pullRequest !== undefined && (
        <>
          <dt>Pull request</dt>
          <dd>
            <a href={pullRequest}>{pullRequest}</a>
          </dd>
        </>
      )}
    </>
  );
}

interface HeadProps {
  agent: Agent;
  connection: string;
  children?: ReactNode;
}

export function AgentHead({ agent, connection, children }: HeadProps): ReactNode {
  return (
    <section className="card head">
      <h1>{agent.name}</h1>
      <p>
        <span className={`state state-${agent.state}`}>{agent.state}</span> <span className="faint">{connection}</span>
      </p>
      <dl>
        <Entry name="Model" value={agent.model} />
        {agent.repositories.map((one) => (
          <RepositoryEntries key={one.repository} one={one} />
        ))}
      </dl>
      <ol className="runs">
        {agent.runs.map((run) => (
          <li key={run.id}>
            <span className={`state state-${run.state}`}>{run.state}</span>
            {run.attempt > 1 && <span className="faint"> attempt {run.attempt}</span>}
            {run.cause !== undefined && (
              <>
                {" "}
                <code>{run.cause}</code>
              </>
            )}{" "}
            {run.message ?? run.summary}
          </li>
        ))}
      </ol>
      <div className="actions">{children}</div>
    </section>
  );
}

function Entry({ name, value }: { name: string; value: string | undefined }): ReactNode {
  if (value === undefined) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}
