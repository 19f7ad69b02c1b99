// One agent: where it stands, what it did, what came of it, and a box for the next prompt.

import { useState, type ReactNode } from "react";

import type { Api } from "./api";
import { DiffView } from "./diff-view";
import { FollowUpForm } from "./follow-up-form";
import { safeLink } from "./link";
import { TranscriptView } from "./transcript-view";
import { isStoppable, type Agent } from "./types";
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

interface HeadProps {
  agent: Agent;
  connection: string;
  children?: ReactNode;
}

export function AgentHead({ agent, connection, children }: HeadProps): ReactNode {
  const pullRequest = safeLink(agent.pullRequestUrl);
  return (
    <section className="card head">
      <h1>{agent.name}</h1>
      <p>
        <span className={`state state-${agent.state}`}>{agent.state}</span> <span className="faint">{connection}</span>
      </p>
      <dl>
        <Entry name="Repository" value={agent.repository} />
        <Entry name="Base" value={agent.baseRef} />
        <Entry name="Branch" value={agent.branch} />
        <Entry name="Commit" value={agent.head?.slice(0, 10)} />
        <Entry name="Model" value={agent.model} />
        {pullRequest !== undefined && (
          <>
            <dt>Pull request</dt>
            <dd>
              <a href={pullRequest}>{pullRequest}</a>
            </dd>
          </>
        )}
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
